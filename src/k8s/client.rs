//! The objects of a live cluster, read with as few rights as they need: `list`, page by page, and `get` of one namespace.
//!
//! Asynchronous, and the only part of this library that is; whoever calls it brings the runtime. It writes nothing to a
//! cluster. A kind that the cluster does not serve has no objects; one that may not be read is reported as such, and the
//! rest is read. What is held in memory is bounded by [`Budget`], each page by [`PAGE_MAX`].

mod connect;
mod error;
mod list;
mod pods;
mod served;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;

pub use connect::Cluster;
pub use error::{Failure, Refusal};
pub use served::Served;

use self::list::Lister;
use super::Kind;

/// Bytes of one page of a list that are taken at most: objects are 1.5 MB at most, and large ones come by 50.
const PAGE_MAX: usize = 96 << 20;

/// What to read.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub kinds: Vec<Kind>,
    /// The only namespace; `None`: all of them. Kinds without namespaces are read in full, but for [`Kind::Namespace`].
    pub namespace: Option<String>,
    /// Which values of a Secret are kept; of the others only the keys are.
    pub keeps: fn(&str) -> bool,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// In the order of the kinds that were asked for, then of namespace and name.
    pub objects: Vec<Served>,
    /// Kinds that may not be read.
    pub refused: Vec<Refusal>,
    /// Kinds that the cluster does not know.
    pub unknown: Vec<Kind>,
}

/// How much was read, and may be.
#[derive(Debug)]
pub struct Budget {
    objects: AtomicU64,
    bytes: AtomicU64,
    max_objects: u64,
    max_bytes: u64,
}

impl Budget {
    #[must_use]
    pub fn new(max_objects: u64, max_bytes: u64) -> Self {
        Self { objects: AtomicU64::new(0), bytes: AtomicU64::new(0), max_objects, max_bytes }
    }

    /// Objects kept and bytes that came so far.
    #[must_use]
    pub fn used(&self) -> (u64, u64) {
        (self.objects.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    fn take(&self, objects: u64, bytes: u64) -> Result<(), Failure> {
        let objects = self.objects.fetch_add(objects, Ordering::Relaxed) + objects;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if objects > self.max_objects {
            return Err(Failure::TooManyObjects { max: self.max_objects });
        }
        if bytes > self.max_bytes {
            return Err(Failure::TooManyBytes { max: self.max_bytes });
        }
        Ok(())
    }

    /// Objects that were not kept after all.
    fn give_back(&self, objects: u64) {
        self.objects.fetch_sub(objects, Ordering::Relaxed);
    }
}

impl Cluster {
    /// Reads all objects of the kinds wanted, several kinds at once. Dropped before it is done, it ends all requests.
    ///
    /// # Errors
    /// The cluster cannot be reached, does not know who asks, has no such namespace, or more than `budget` allows.
    pub async fn read(&self, wanted: &Wanted, budget: &Arc<Budget>) -> Result<Reading, Failure> {
        let mut reading = Reading::default();
        let lister = Lister::new(self, wanted, Arc::clone(budget));
        let mut tasks = JoinSet::new();
        for (at, kind) in wanted.kinds.iter().copied().enumerate() {
            let lister = lister.clone();
            tasks.spawn(async move { (at, kind, lister.list(kind).await) });
        }
        let mut lists: Vec<(usize, Vec<Served>)> = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (at, kind, result) = done.map_err(|err| Failure::Broken(err.to_string()))?;
            match result? {
                list::Outcome::Read(objects) => lists.push((at, objects)),
                list::Outcome::Unknown => reading.unknown.push(kind),
                list::Outcome::Refused(refusal) => reading.refused.push(refusal),
            }
        }
        lists.sort_by_key(|(at, _)| *at);
        reading.objects = lists.into_iter().flat_map(|(_, objects)| objects).collect();
        reading.unknown.sort_unstable();
        reading.refused.sort_by_key(|refusal| refusal.kind);
        pods::leave_out_explained(&mut reading.objects);
        Ok(reading)
    }
}

impl Reading {
    /// The kinds that may not be read.
    #[must_use]
    pub fn unread(&self) -> BTreeSet<Kind> {
        self.refused.iter().map(|refusal| refusal.kind).collect()
    }
}
