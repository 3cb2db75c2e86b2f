//! Whatever people name when they want requests read: captures, segments, bodies, globs of them, stdin.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::path::{Component, Path, PathBuf};

use super::body;
use super::frame::MAGIC;
use super::segment::Wrap;
use super::{Item, Progress, ReadError, Reader};

/// Longest body, and longest text of one, that is read from a file, in bytes.
const MAX_BODY: u64 = 256 << 20;

/// Bytes looked at to tell what a stream is: enough for the first block of any compressed one.
const PEEK: u64 = 256 << 10;

/// Stands for stdin, and names it.
const STDIN: &str = "-";

/// Reads several paths, one after the other. An iterator of the same items for all of them: a bare body is a
/// request with sequence 0, received at 0 and without headers.
#[derive(Debug)]
pub struct Input {
    waiting: VecDeque<Source>,
    current: Option<Reader>,
    follow: bool,
    progress: Progress,
}

/// Something that was named and found.
#[derive(Debug)]
enum Source {
    Folder(Box<Reader>),
    File(PathBuf),
    Stdin,
}

impl Input {
    /// Finds `paths`: folders of captures, files (segments, bodies, each plain or compressed, bodies also as hex
    /// or base64), globs (`*`, `?`, `[a-z]`, where no file has that very name) and `-` for stdin.
    ///
    /// # Errors
    /// A path does not exist, a glob matches nothing, or a folder holds no capture. What a file holds shows when
    /// it is its turn.
    pub fn open(paths: &[PathBuf]) -> Result<Self, ReadError> {
        let mut input = Self {
            waiting: VecDeque::new(),
            current: None,
            follow: false,
            progress: Progress::towards(Some(0)),
        };
        let mut total = Some(0);
        for path in paths {
            if path.as_os_str() == STDIN {
                input.waiting.push_back(Source::Stdin);
                total = None;
                continue;
            }
            for path in expand(path)? {
                let (source, len) = input.find(path)?;
                total = total.and_then(|total| Some(total + len?));
                input.waiting.push_back(source);
            }
        }
        input.progress.set_total(total);
        Ok(input)
    }

    /// Follows the live capture in a folder: `next` gives `None` at the end, and goes on when asked again later.
    ///
    /// # Errors
    /// Anything but one folder that can be read.
    pub fn follow(paths: &[PathBuf]) -> Result<Self, ReadError> {
        let [folder] = paths else { return Err(ReadError::FollowsOneFolder) };
        let is_folder = std::fs::metadata(folder)
            .map_err(|source| ReadError::Io { file: folder.clone(), source })?
            .is_dir();
        if !is_folder {
            return Err(ReadError::FollowsOneFolder);
        }
        let reader = Reader::follow(folder)?;
        let progress = reader.progress();
        Ok(Self { waiting: VecDeque::new(), current: Some(reader), follow: true, progress })
    }

    /// How far it is over all paths.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// What `path` is, and its bytes if they can be known.
    fn find(&self, path: PathBuf) -> Result<(Source, Option<u64>), ReadError> {
        let meta = std::fs::metadata(&path).map_err(|source| ReadError::Io { file: path.clone(), source })?;
        Ok(if meta.is_dir() {
            let reader = Reader::open(&path)?;
            let total = reader.progress().total();
            (Source::Folder(Box::new(reader.counting(&self.progress))), total)
        } else {
            (Source::File(path), meta.is_file().then_some(meta.len()))
        })
    }

    /// Begins the next source; a bare body is given at once.
    fn begin(&mut self, source: Source) -> Result<Option<Item>, ReadError> {
        let path = match source {
            Source::Folder(reader) => {
                self.current = Some(*reader);
                return Ok(None);
            }
            Source::File(path) => path,
            Source::Stdin => PathBuf::from(STDIN),
        };
        let failed = |source| ReadError::Io { file: path.clone(), source };
        let from: Box<dyn Read + Send> = if path.as_os_str() == STDIN {
            Box::new(io::stdin())
        } else {
            Box::new(super::disk::Disk::default().open(&path).map_err(failed)?)
        };
        let mut from = self.progress.count(from);
        let mut beginning = Vec::new();
        from.by_ref().take(PEEK).read_to_end(&mut beginning).map_err(failed)?;
        let wrap = wrap_of(&beginning);
        let named = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| Wrap::of(name).1.ends_with(".rwcap"));
        if named || holds_frames(wrap, &beginning) {
            let regular =
                path.as_os_str() != STDIN && std::fs::metadata(&path).is_ok_and(|meta| meta.is_file());
            self.current = Some(if regular {
                self.progress.take_back(beginning.len());
                Reader::file(&path, wrap, &self.progress)
            } else {
                let from = Cursor::new(beginning).chain(from);
                Reader::stream(&path, wrap.open(from).map_err(failed)?, self.progress.clone())
            });
            return Ok(None);
        }
        let mut bytes = beginning;
        let room = MAX_BODY + 1 - bytes.len() as u64;
        from.by_ref().take(room).read_to_end(&mut bytes).map_err(failed)?;
        if wrap == Wrap::Gzip {
            // Not an encoding of remote write: somebody has packed the file.
            let mut unpacked = Vec::new();
            let from = wrap.open(Cursor::new(bytes)).map_err(failed)?;
            from.take(MAX_BODY + 1).read_to_end(&mut unpacked).map_err(failed)?;
            bytes = unpacked;
        }
        if bytes.len() as u64 > MAX_BODY {
            return Err(ReadError::TooLarge { file: path, max: MAX_BODY });
        }
        if bytes.is_empty() {
            return Err(ReadError::Empty { file: path });
        }
        match body::recognize(bytes) {
            Ok(request) => Ok(Some(Item::Request { request, file: path.into(), offset: 0 })),
            Err(tried) => Err(ReadError::Unrecognized { file: path, tried }),
        }
    }
}

impl Iterator for Input {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Result<Item, ReadError>> {
        loop {
            if let Some(reader) = &mut self.current {
                match reader.next() {
                    Some(item) => return Some(item),
                    None if self.follow => return None,
                    None => self.current = None,
                }
            }
            let source = self.waiting.pop_front()?;
            if let Some(given) = self.begin(source).transpose() {
                return Some(given);
            }
        }
    }
}

/// How a stream that begins like this is compressed.
fn wrap_of(beginning: &[u8]) -> Wrap {
    match beginning {
        [0x1F, 0x8B, ..] => Wrap::Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Wrap::Zstd,
        _ => Wrap::Plain,
    }
}

/// Whether a stream that begins like this is one of frames.
fn holds_frames(wrap: Wrap, beginning: &[u8]) -> bool {
    let mut magic = Vec::new();
    // The beginning may end within a block: what was read before that error is what counts.
    if let Ok(from) = wrap.open(beginning) {
        let _ = from.take(MAGIC.len() as u64).read_to_end(&mut magic);
    }
    magic == MAGIC
}

/// The paths that `path` names: itself, or, when nothing has that name and it is a glob (`*`, `?`, `[a-z]` in any of its
/// names), what matches, sorted.
///
/// # Errors
///
/// When the glob matches nothing, or is none.
pub fn expand(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let is_glob = path.to_str().is_some_and(|text| text.contains(['*', '?', '[']));
    if !is_glob || std::fs::symlink_metadata(path).is_ok() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = vec![PathBuf::new()];
    for component in path.components() {
        found = match component {
            Component::Normal(name) if name.to_str().is_some_and(|name| name.contains(['*', '?', '['])) => {
                let pattern = globset::GlobBuilder::new(name.to_str().unwrap_or_default())
                    .literal_separator(true)
                    .build()
                    .map_err(|err| ReadError::Glob {
                        pattern: path.to_owned(),
                        reason: err.kind().to_string(),
                    })?
                    .compile_matcher();
                found.iter().flat_map(|folder| matching(folder, &pattern)).collect()
            }
            other => found.into_iter().map(|folder| folder.join(other)).collect(),
        };
    }
    found.retain(|path| std::fs::symlink_metadata(path).is_ok());
    if found.is_empty() {
        let reason = "nothing matches".to_owned();
        return Err(ReadError::Glob { pattern: path.to_owned(), reason });
    }
    Ok(found)
}

/// What is in `folder` under a name that matches, sorted. As a shell has it, a name that begins with a dot does
/// not match. A folder that cannot be listed holds nothing that does.
fn matching(folder: &Path, pattern: &globset::GlobMatcher) -> Vec<PathBuf> {
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(names) = super::disk::Disk::default().list(listed) else { return Vec::new() };
    let mut names: Vec<_> = names
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !name.as_encoded_bytes().starts_with(b".") && pattern.is_match(name))
        .collect();
    names.sort();
    names.into_iter().map(|name| folder.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::testing::{MemorySegment, open, request, sealed, sequences, small, write};
    use super::*;
    use crate::wire::{Encoding, Protocol};

    fn read(paths: &[PathBuf]) -> Vec<Item> {
        Input::open(paths).expect("found").map(|item| item.expect("readable")).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).expect("compressed");
        gzip.finish().expect("compressed")
    }

    /// Snappy of a 1.0 request with one label, `a="b"`.
    const BODY: [u8; 12] = [10, 36, 10, 8, 10, 6, 10, 1, 97, 18, 1, 98];

    #[test]
    fn several_paths_are_read_in_the_order_they_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        sealed(&one, 2);
        let segment = sealed(&two, 3);
        let body = folder.path().join("body.bin");
        std::fs::write(&body, BODY).expect("written");
        let paths = [segment, body, one];
        let input = Input::open(&paths).expect("found");
        let progress = input.progress();
        let items: Vec<Item> = input.map(|item| item.expect("readable")).collect();
        assert_eq!(sequences(&items), [1, 2, 3, 0, 1, 2]);
        assert_eq!(Some(progress.read()), progress.total());
        let Item::Request { request, file, .. } = &items[3] else { panic!("{items:?}") };
        assert_eq!((&request.body[..], file.as_ref()), (&BODY[..], paths[1].as_path()));
    }

    #[test]
    fn segments_are_told_by_content_whatever_their_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes = MemorySegment::of([request(1), request(2)]).bytes;
        let zstd = zstd::stream::encode_all(&bytes[..], 1).expect("compressed");
        for (name, bytes) in [("a", &bytes), ("b.gz", &gzip(&bytes)), ("c.bin", &zstd)] {
            let file = folder.path().join(name);
            std::fs::write(&file, bytes).expect("written");
            assert_eq!(sequences(&read(&[file])), [1, 2], "{name}");
        }
    }

    #[test]
    fn bodies_are_told_by_content_packed_or_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut snappy = Vec::new();
        crate::wire::compress(Encoding::Snappy, &BODY[2..], &mut snappy);
        let mut zstd = Vec::new();
        crate::wire::compress(Encoding::Zstd, &BODY[2..], &mut zstd);
        let mut zstd_of_snappy = Vec::new();
        crate::wire::compress(Encoding::Zstd, &snappy, &mut zstd_of_snappy);
        for (name, bytes, encoding) in [
            ("snappy", &snappy, Encoding::Snappy),
            ("zstd", &zstd, Encoding::Zstd),
            ("gzip of snappy", &gzip(&snappy), Encoding::Snappy),
            ("zstd of snappy", &zstd_of_snappy, Encoding::Snappy),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, bytes).expect("written");
            let items = read(&[file]);
            let [Item::Request { request, .. }] = &items[..] else { panic!("{name}: {items:?}") };
            assert_eq!((request.encoding, request.protocol), (encoding, Protocol::V1), "{name}");
        }
    }

    #[test]
    fn globs_find_what_a_shell_would() {
        let folder = tempfile::tempdir().expect("a folder");
        for run in ["run1", "run2", "other"] {
            let mut capture = open(&folder.path().join(run), small());
            write(&mut capture, 1..=30);
        }
        let glob = |pattern: &str| read(&[folder.path().join(pattern)]);
        let one = read(&[folder.path().join("run1")]).len();
        assert_eq!(glob("run*").len(), 2 * one);
        assert_eq!(glob("run?/*.rwcap").len(), 2 * one);
        assert_eq!(glob("*[2]/0000000000000000000?.rwcap").first(), glob("run2").first());
        let err = Input::open(&[folder.path().join("nope*")]).expect_err("no match").to_string();
        assert!(err.ends_with("nope*`: nothing matches"), "{err}");
    }

    #[test]
    fn what_cannot_be_found_is_said_before_anything_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = Input::open(&[folder.path().join("missing")]);
        assert!(matches!(missing, Err(ReadError::Io { .. })), "{missing:?}");
        let empty = Input::open(&[folder.path().to_owned()]);
        assert!(matches!(empty, Err(ReadError::NoSegment { .. })), "{empty:?}");
        let several = Input::follow(&[folder.path().to_owned(), folder.path().to_owned()]);
        assert!(matches!(several, Err(ReadError::FollowsOneFolder)), "{several:?}");
    }

    #[test]
    fn file_that_is_nothing_we_know_does_not_keep_the_others_from_being_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "dear diary").expect("written");
        let segment = sealed(&folder.path().join("capture"), 1);
        let items: Vec<_> = Input::open(&[text, segment]).expect("found").collect();
        assert!(
            matches!(items[..], [Err(ReadError::Unrecognized { .. }), Ok(Item::Request { .. })]),
            "{items:?}"
        );
    }

    #[test]
    fn empty_file_is_said_to_be_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in [("nothing", Vec::new()), ("nothing.gz", gzip(b""))] {
            let file = folder.path().join(name);
            std::fs::write(&file, bytes).expect("written");
            let items: Vec<_> = Input::open(&[file]).expect("found").collect();
            assert!(matches!(items[..], [Err(ReadError::Empty { .. })]), "{items:?}");
        }
    }

    #[test]
    fn live_capture_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut capture = open(folder.path(), small());
        let mut input = Input::follow(&[folder.path().to_owned()]).expect("found");
        for n in 1..=20 {
            assert!(input.next().is_none());
            write(&mut capture, [n]);
            assert!(matches!(input.next(), Some(Ok(Item::Request { request, .. })) if request.sequence == n));
        }
    }
}
