//! A file system in memory that loses power, for tests: what no sync has made durable is gone after a crash, or there, or
//! there in part, as luck has it.
//!
//! - Data: any subset of the writes since the last sync, each whole, torn at any byte, in blocks of 512 or 4096, or as a
//!   length that got ahead of its data (zeros).
//! - Names: those of a folder change one after the other, and a crash keeps as many of the first as it likes, which is
//!   what ext4 and XFS show; or any of them, which POSIX allows. A rename happens or does not.
//! - A sync that fails has dropped what it did not write: the next one succeeds and does not bring it back. What the
//!   process sees of it is what it wrote, or what is on the disk.
//! - Any call can be made to fail at its N-th time, the disk can be full in the middle of a write, and the process can
//!   end before its N-th change.

mod data;
mod faults;
mod luck;
mod names;

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

pub(super) use faults::Op;

use self::data::Data;
use self::faults::Faults;
use self::luck::Luck;
use self::names::Names;
use super::disk::{Disk, File, FileSystem, Lock, OpenFile};

/// The file system; clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Model(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    nodes: Vec<Node>,
    locks: Vec<(PathBuf, u64)>,
    /// Lives so far: a lock of an earlier one is no lock.
    life: u64,
    faults: Faults,
    luck: Luck,
    /// Bytes that all files together may have.
    room: Option<usize>,
}

#[derive(Debug)]
enum Node {
    File(Data),
    Folder(Names),
}

const ROOT: usize = 0;

impl Model {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            nodes: vec![Node::Folder(Names::default())],
            locks: Vec::new(),
            life: 0,
            faults: Faults::default(),
            luck: Luck::of(2),
            room: None,
        })))
    }

    pub(super) fn disk(&self) -> Disk {
        Disk::on(self.clone())
    }

    /// The next `op` fails with `kind`.
    pub(super) fn plan(&self, op: Op, kind: io::ErrorKind) {
        self.plan_after(op, 0, kind);
    }

    /// The `op` after the next `skip` fails with `kind`.
    pub(super) fn plan_after(&self, op: Op, skip: u32, kind: io::ErrorKind) {
        self.state().faults.plan(op, skip, kind);
    }

    /// The process ends after `changes` more calls that change something: nothing it does then has any effect.
    pub(super) fn end_after(&self, changes: u32) {
        self.state().faults.end_after(changes);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state().faults.has_ended()
    }

    /// Failures that are planned and have not come.
    pub(super) fn planned(&self) -> usize {
        self.state().faults.planned()
    }

    /// Nothing fails any more.
    pub(super) fn mend(&self) {
        let mut state = self.state();
        state.faults = Faults::default();
        state.room = None;
    }

    /// All files together may grow by `more` bytes.
    pub(super) fn leave_room(&self, more: usize) {
        let mut state = self.state();
        state.room = Some(state.used() + more);
    }

    /// Decides what is left of a sync that fails.
    pub(super) fn seed(&self, seed: u64) {
        self.state().luck = Luck::of(seed);
    }

    /// Power is lost and comes back: of what no sync has made durable nothing is left (seed 0), all (1), or some. Locks
    /// are free and nothing fails any more; who had a file open must be gone by now.
    pub(super) fn crash(&self, seed: u64) {
        let mut state = self.state();
        let mut luck = Luck::of(seed);
        for node in &mut state.nodes {
            match node {
                Node::File(data) => data.crash(&mut luck),
                Node::Folder(names) => names.crash(&mut luck),
            }
        }
        state.locks.clear();
        state.life += 1;
        state.faults = Faults::default();
        state.room = None;
    }

    /// Puts a file there, durably, as if it had always been.
    pub(super) fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let mut at = ROOT;
        for name in names_of(path.parent().expect("a folder")) {
            at = match state.folder(at).find(name) {
                Some(found) => found,
                None => state.add(at, name, Node::Folder(Names::default())),
            };
        }
        let name = path.file_name().expect("a name");
        state.folder(at).unlink(name);
        state.add(at, name, Node::File(Data::durable(bytes)));
        state.nodes.iter_mut().for_each(|node| {
            if let Node::Folder(names) = node {
                names.sync();
            }
        });
    }

    /// What a process sees of a file; `None` when there is none.
    pub(super) fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let mut state = self.state();
        let node = state.find(path).ok()?;
        state.data(node).ok().map(|data| data.seen().to_vec())
    }

    /// Names in a folder that is there, as a process sees them.
    pub(super) fn names(&self, folder: &Path) -> Vec<OsString> {
        let mut state = self.state();
        let Ok(folder) = state.find(folder) else { return Vec::new() };
        state.folder(folder).all().map(|(name, _)| name.clone()).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("not poisoned")
    }

    /// The state, unless `op` is to fail.
    fn enter(&self, op: Op) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.faults.check(op)?;
        Ok(state)
    }

    fn file(&self, node: usize) -> File {
        Box::new(Open { model: self.clone(), node, at: 0 })
    }
}

impl State {
    fn find(&mut self, path: &Path) -> io::Result<usize> {
        names_of(path).try_fold(ROOT, |at, name| match &self.nodes[at] {
            Node::Folder(names) => names.find(name).ok_or_else(|| io::ErrorKind::NotFound.into()),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        })
    }

    /// The folder that a path is in, and its name there.
    fn place<'p>(&mut self, path: &'p Path) -> io::Result<(usize, &'p OsStr)> {
        let folder = self.find(path.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
        Ok((folder, path.file_name().ok_or(io::ErrorKind::InvalidInput)?))
    }

    fn folder(&mut self, node: usize) -> &mut Names {
        match &mut self.nodes[node] {
            Node::Folder(names) => names,
            Node::File(_) => panic!("not a folder"),
        }
    }

    fn data(&mut self, node: usize) -> io::Result<&mut Data> {
        match &mut self.nodes[node] {
            Node::File(data) => Ok(data),
            Node::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    fn add(&mut self, folder: usize, name: &OsStr, node: Node) -> usize {
        self.nodes.push(node);
        let node = self.nodes.len() - 1;
        self.folder(folder).link(name, node);
        node
    }

    /// Bytes of all files that have a name.
    fn used(&self) -> usize {
        let named = self.nodes.iter().flat_map(|node| match node {
            Node::Folder(names) => names.nodes(),
            Node::File(_) => Vec::new(),
        });
        named.map(|node| if let Node::File(data) = &self.nodes[node] { data.seen().len() } else { 0 }).sum()
    }
}

impl FileSystem for Model {
    fn is_folder(&self, path: &Path) -> io::Result<bool> {
        let mut state = self.enter(Op::List)?;
        let node = state.find(path)?;
        Ok(matches!(state.nodes[node], Node::Folder(_)))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.enter(Op::Create)?;
        let (folder, name) = state.place(path)?;
        if state.folder(folder).find(name).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.add(folder, name, Node::Folder(Names::default()));
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, bool)>> {
        let mut state = self.enter(Op::List)?;
        let folder = state.find(folder)?;
        let Node::Folder(names) = &state.nodes[folder] else {
            return Err(io::ErrorKind::NotADirectory.into());
        };
        let is_file = |node: usize| matches!(state.nodes[node], Node::File(_));
        Ok(names.all().map(|(name, node)| (name.clone(), is_file(node))).collect())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let mut state = self.enter(Op::Create)?;
        if state.locks.iter().any(|(locked, _)| locked == path) {
            return Ok(None);
        }
        let (folder, name) = state.place(path)?;
        if state.folder(folder).find(name).is_none() {
            state.add(folder, name, Node::File(Data::durable(&[])));
        }
        let life = state.life;
        state.locks.push((path.to_owned(), life));
        Ok(Some(Box::new(Held { model: self.clone(), path: path.to_owned(), life })))
    }

    fn is_locked(&self, path: &Path) -> bool {
        self.state().locks.iter().any(|(locked, _)| locked == path)
    }

    fn create_new(&self, path: &Path) -> io::Result<File> {
        let mut state = self.enter(Op::Create)?;
        let (folder, name) = state.place(path)?;
        if state.folder(folder).find(name).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = state.add(folder, name, Node::File(Data::default()));
        Ok(self.file(node))
    }

    fn open_append(&self, path: &Path) -> io::Result<File> {
        let node = self.enter(Op::Open)?.find(path)?;
        Ok(self.file(node))
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        self.open_append(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.enter(Op::Rename)?;
        let (folder, old) = state.place(from)?;
        let (other, new) = state.place(to)?;
        assert_eq!(folder, other, "only within a folder");
        if state.folder(folder).rename(old, new) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.enter(Op::Remove)?;
        let (folder, name) = state.place(path)?;
        let node = state.folder(folder).find(name).ok_or(io::ErrorKind::NotFound)?;
        state.data(node)?;
        state.folder(folder).unlink(name);
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.enter(Op::SyncFolder)?;
        let node = state.find(folder)?;
        state.folder(node).sync();
        Ok(())
    }
}

/// A lock that is held.
#[derive(Debug)]
struct Held {
    model: Model,
    path: PathBuf,
    life: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.model.state();
        state.locks.retain(|(path, life)| (path, life) != (&self.path, &self.life));
    }
}

/// A file that is open.
#[derive(Debug)]
struct Open {
    model: Model,
    node: usize,
    at: usize,
}

impl OpenFile for Open {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.model.state();
        let alive = !state.faults.has_ended();
        let mut fails = state.faults.check(Op::Write);
        let mut fits = if fails.is_err() { state.luck.below(bytes.len() + 1) } else { bytes.len() };
        if let Some(room) = state.room
            && fails.is_ok()
            && state.used() + bytes.len() > room
        {
            fits = room.saturating_sub(state.used());
            fails = Err(io::ErrorKind::StorageFull.into());
        }
        if alive {
            state.data(self.node)?.append(&bytes[..fits]); // a write that fails has often written something
        }
        fails
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.model.state();
        let alive = !state.faults.has_ended();
        let fails = state.faults.check(Op::Sync);
        let State { nodes, luck, faults, .. } = &mut *state;
        let Node::File(data) = &mut nodes[self.node] else { unreachable!("only files are opened") };
        match &fails {
            Ok(()) => data.sync(),
            Err(_) if alive && !faults.has_ended() => data.fail_sync(luck),
            Err(_) => {}
        }
        fails
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.model.enter(Op::SetLen)?;
        state.data(self.node)?.set_len(usize::try_from(len).expect("fits"));
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.model.enter(Op::Read)?.data(self.node)?.seen().len() as u64)
    }

    fn tail(&mut self, max: usize) -> io::Result<Vec<u8>> {
        let mut state = self.model.enter(Op::Read)?;
        let seen = state.data(self.node)?.seen();
        Ok(seen[seen.len().saturating_sub(max)..].to_vec())
    }
}

impl Read for Open {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.model.enter(Op::Read)?;
        let seen = state.data(self.node)?.seen();
        let len = (&seen[self.at.min(seen.len())..]).read(into)?;
        self.at += len;
        Ok(len)
    }
}

fn names_of(path: &Path) -> impl Iterator<Item = &OsStr> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    })
}
