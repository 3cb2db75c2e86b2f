//! Frames out of a stream of bytes that may be damaged, torn or still growing.
//!
//! Reads in order and holds one frame in memory. After damage it goes on at the next place where magic, salt and
//! checksum are right, so a damaged frame costs itself and nothing else. A body that holds frames is never
//! looked into while its own frame is sound, and after damage its frames have another salt.
//!
//! The salt is that of the first frame that is sound. When the header of a segment is damaged that is the next
//! one; only when both are damaged can a frame inside the second one's body name the salt.

use std::io::{self, Read};

use bytes::Bytes;

use super::frame::{HEAD, Head, MAGIC, MAX_RECORD};
use super::segment;

/// Bytes asked from the stream at once.
const CHUNK: usize = 256 << 10;

/// Memory kept between frames; a larger buffer is given back after use.
const KEEP: usize = 4 << 20;

/// Bytes that may be checksummed in vain before the rest of the stream is given up: keeps a file made of
/// frames that claim each other from costing the square of its length.
const VAIN: u64 = 4 << 30;

/// What is wrong where a frame should begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    #[error("no frame begins here")]
    NoFrame,
    #[error("the frame is of another segment")]
    Salt,
    #[error("the frame claims {0} bytes, more than any record has")]
    Length(u32),
    #[error("CRC-32C does not match the record")]
    Checksum,
    #[error("the frame is cut short")]
    CutShort,
    #[error("too many false frames: the rest is not searched")]
    GivenUp,
}

/// What comes next in the stream.
#[derive(Debug)]
pub(super) enum Step {
    Frame {
        offset: u64,
        record: Bytes,
    },
    /// Bytes that are no sound frame, with one after them.
    Damage {
        offset: u64,
        len: u64,
        fault: Fault,
    },
    /// Bytes at the end that are no sound frame: a torn write, or damage. They are not consumed: when the
    /// stream grows, the next step tries again.
    Tail {
        offset: u64,
        len: u64,
        fault: Fault,
    },
    /// Nothing is left; the stream may grow.
    End,
}

/// Splits a stream into frames.
#[derive(Debug)]
pub(super) struct Frames<R> {
    from: R,
    buffer: Vec<u8>,
    /// Start of what is unread in `buffer`.
    start: usize,
    /// Offset of `buffer[start]` in the stream.
    offset: u64,
    salt: Option<u64>,
    /// Where the damage that is being skipped began, and what it was.
    skipping: Option<(u64, Fault)>,
    vain: u64,
    /// An error of the stream that waits until what was read before it is used up.
    failed: Option<io::Error>,
}

/// What stands at one place of the buffer.
enum Look {
    Sound(Head),
    Short,
    Bad(Fault),
}

impl<R: Read> Frames<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from,
            buffer: Vec::new(),
            start: 0,
            offset: 0,
            salt: None,
            skipping: None,
            vain: 0,
            failed: None,
        }
    }

    /// The salt of the segment, once a sound frame was met.
    pub(super) fn salt(&self) -> Option<u64> {
        self.salt
    }

    /// The next step. After `Err` the stream is not to be read on.
    pub(super) fn next(&mut self) -> io::Result<Step> {
        loop {
            if !self.fill(1)? {
                return Ok(match self.skipping {
                    Some((offset, fault)) => Step::Tail { offset, len: self.offset - offset, fault },
                    None => Step::End,
                });
            }
            self.fill(HEAD)?;
            if let Some(head) = Head::parse(self.unread())
                && self.believe(0, head).is_ok()
            {
                self.fill(HEAD + head.length as usize)?;
            }
            match self.look(0) {
                Look::Sound(head) => {
                    if let Some((offset, fault)) = self.skipping.take() {
                        return Ok(Step::Damage { offset, len: self.offset - offset, fault });
                    }
                    return Ok(self.take(head));
                }
                Look::Short => return Ok(self.short()),
                Look::Bad(fault) => {
                    self.skipping.get_or_insert((self.offset, fault));
                    self.skip();
                }
            }
        }
    }

    /// Looks at the frame that may begin `at` bytes into what is unread.
    fn look(&mut self, at: usize) -> Look {
        let bytes = &self.buffer[self.start + at..];
        let Some(head) = Head::parse(bytes) else {
            let begins = bytes.len() < HEAD && MAGIC.starts_with(&bytes[..bytes.len().min(MAGIC.len())]);
            return if begins { Look::Short } else { Look::Bad(Fault::NoFrame) };
        };
        if let Err(fault) = self.believe(at, head) {
            return Look::Bad(fault);
        }
        let Some(record) = bytes[HEAD..].get(..head.length as usize) else { return Look::Short };
        if self.vain > VAIN {
            return Look::Bad(Fault::GivenUp);
        }
        if !head.covers(record) {
            self.vain += u64::from(head.length);
            return Look::Bad(Fault::Checksum);
        }
        // Segments may follow each other in one stream (`cat *.rwcap`): a header right after a sound frame
        // begins the next.
        if self.salt.is_some_and(|salt| salt != head.salt) && !segment::is_header(record) {
            return Look::Bad(Fault::Salt);
        }
        Look::Sound(head)
    }

    /// Whether the record of `head` is worth reading.
    fn believe(&self, at: usize, head: Head) -> Result<(), Fault> {
        if head.length as usize > MAX_RECORD {
            return Err(Fault::Length(head.length));
        }
        let of_another = self.salt.is_some_and(|salt| salt != head.salt);
        let in_order = at == 0 && self.skipping.is_none();
        if of_another && !(in_order && head.length as usize <= segment::MAX_HEADER) {
            return Err(Fault::Salt);
        }
        Ok(())
    }

    fn take(&mut self, head: Head) -> Step {
        let len = HEAD + head.length as usize;
        let record = Bytes::copy_from_slice(&self.unread()[HEAD..len]);
        let offset = self.offset;
        self.salt = Some(head.salt);
        self.consume(len);
        Step::Frame { offset, record }
    }

    /// The stream ends within the frame at hand. Either it is torn, or its length is damaged and sound frames
    /// follow within the bytes it claims.
    fn short(&mut self) -> Step {
        let unread = self.unread().len();
        let (offset, fault) = self.skipping.unwrap_or((self.offset, Fault::CutShort));
        let was_skipping = self.skipping.replace((offset, fault));
        let mut at = 1;
        while let Some(found) = find_magic(&self.unread()[at..]) {
            at += found;
            if let Look::Sound(_) = self.look(at) {
                self.consume(at);
                self.skipping = None;
                return Step::Damage { offset, len: self.offset - offset, fault };
            }
            at += 1;
        }
        self.skipping = was_skipping;
        Step::Tail { offset, len: self.offset + unread as u64 - offset, fault }
    }

    /// Skips to where the next frame may begin.
    fn skip(&mut self) {
        let rest = &self.unread()[1..];
        let step = match find_magic(rest) {
            Some(found) => 1 + found,
            // The end of the buffer may hold the beginning of a magic.
            None => 1 + rest.len().saturating_sub(MAGIC.len() - 1),
        };
        self.consume(step);
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn consume(&mut self, len: usize) {
        self.start += len;
        self.offset += len as u64;
        if self.start == self.buffer.len() {
            self.start = 0;
            self.buffer.clear();
            self.buffer.shrink_to(KEEP);
        }
    }

    /// Reads until `wanted` bytes are unread; `false` when the stream ends before.
    ///
    /// Memory grows with what the stream gives, never with what a frame claims.
    fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        while self.unread().len() < wanted {
            if self.start > 0 {
                self.buffer.drain(..self.start);
                self.start = 0;
            }
            if let Some(err) = self.failed.take() {
                return Err(err);
            }
            let missing = wanted - self.buffer.len();
            let limit = missing.max(CHUNK) as u64;
            match self.from.by_ref().take(limit).read_to_end(&mut self.buffer) {
                Ok(0) => return Ok(false),
                Ok(_) => {}
                Err(err) => self.failed = Some(err),
            }
        }
        Ok(true)
    }
}

fn find_magic(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = bytes[from..].iter().position(|&byte| byte == MAGIC[0]) {
        from += found;
        let rest = &bytes[from..];
        if MAGIC.starts_with(&rest[..rest.len().min(MAGIC.len())]) {
            return Some(from);
        }
        from += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MemorySegment, request};
    use super::*;

    /// What scanning `bytes` gives: `F` and the offset of each frame, `D` or `T` and the range of damage or tail.
    fn scan(bytes: &[u8]) -> String {
        let mut frames = Frames::new(bytes);
        let mut seen = Vec::new();
        loop {
            match frames.next().expect("memory does not fail") {
                Step::Frame { offset, .. } => seen.push(format!("F{offset}")),
                Step::Damage { offset, len, .. } => seen.push(format!("D{offset}+{len}")),
                Step::Tail { offset, len, .. } => {
                    seen.push(format!("T{offset}+{len}"));
                    return seen.join(" ");
                }
                Step::End => return seen.join(" "),
            }
        }
    }

    #[test]
    fn damaged_length_costs_its_own_frame_only() {
        let segment = MemorySegment::of([request(1), request(2), request(3)]);
        let [header, one, two, three, index] = segment.offsets()[..] else { panic!("five frames") };
        let length = one as usize + 12;
        for (byte, value) in [(0, 0xFF), (1, 0xFF), (2, 0x10), (3, 0x0F), (3, 0xFF)] {
            let mut bytes = segment.bytes.clone();
            bytes[length + byte] = value;
            let expect = format!("F{header} D{one}+{} F{two} F{three} F{index}", two - one);
            assert_eq!(scan(&bytes), expect, "byte {byte} of the length is {value}");
        }
    }

    #[test]
    fn claimed_length_is_not_allocated() {
        let mut bytes = Vec::new();
        bytes.extend(MAGIC);
        bytes.extend([0; 8]);
        bytes.extend(u32::try_from(MAX_RECORD).expect("fits").to_le_bytes());
        bytes.extend([0; 1000]);
        let mut frames = Frames::new(&bytes[..]);
        assert!(matches!(frames.next(), Ok(Step::Tail { offset: 0, len: 1016, fault: Fault::CutShort })));
        assert!(frames.buffer.capacity() < 4 * CHUNK, "{}", frames.buffer.capacity());
    }

    #[test]
    fn memory_stays_that_of_one_frame() {
        let body = |n: u64| super::super::Request { body: vec![n as u8; 100_000].into(), ..request(n) };
        let segment = MemorySegment::of((1..=100).map(body));
        let mut frames = Frames::new(&segment.bytes[..]);
        while let Step::Frame { .. } = frames.next().expect("memory does not fail") {
            assert!(frames.buffer.capacity() < 4 * CHUNK, "{}", frames.buffer.capacity());
        }
    }

    #[test]
    fn tail_is_read_once_it_is_whole() {
        let segment = MemorySegment::of([request(1), request(2)]);
        let [_, one, two, _] = segment.offsets()[..] else { panic!("four frames") };
        for cut in one..=two {
            let (before, after) = segment.bytes.split_at(cut as usize);
            let mut frames = Frames::new(Growing::new(before, &after[..(two - cut) as usize]));
            let mut found = Vec::new();
            for _ in 0..6 {
                match frames.next().expect("memory does not fail") {
                    Step::Frame { offset, .. } => found.push(offset),
                    Step::Damage { .. } => panic!("cut at {cut}: damage"),
                    Step::Tail { .. } | Step::End => {}
                }
            }
            assert_eq!(found, [0, one], "cut at {cut}");
        }
    }

    #[test]
    fn segments_may_follow_each_other_in_one_stream() {
        let (one, two) = (MemorySegment::of([request(1)]), MemorySegment::of([request(2)]));
        let both = [&one.bytes[..], &two.bytes[..]].concat();
        let frames =
            one.offsets().into_iter().chain(two.offsets().into_iter().map(|at| at + one.bytes.len() as u64));
        assert_eq!(scan(&both), frames.map(|at| format!("F{at}")).collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn error_of_the_stream_comes_after_the_frames_before_it() {
        struct Failing<'a>(&'a [u8]);
        impl Read for Failing<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() { Err(io::ErrorKind::Other.into()) } else { self.0.read(into) }
            }
        }
        let segment = MemorySegment::of([request(1)]);
        let mut frames = Frames::new(Failing(&segment.bytes));
        for _ in segment.offsets() {
            assert!(matches!(frames.next(), Ok(Step::Frame { .. })));
        }
        assert!(frames.next().is_err());
    }

    #[test]
    fn zeros_at_the_end_are_a_tail() {
        let mut segment = MemorySegment::of([request(1)]);
        let end = segment.offsets()[2] as usize;
        segment.bytes.truncate(end);
        segment.bytes.extend([0; 5000]);
        assert_eq!(scan(&segment.bytes), format!("F0 F{} T{end}+5000", segment.offsets()[1]));
    }

    /// A stream that seems to end in its middle once.
    struct Growing<'a> {
        parts: Vec<&'a [u8]>,
    }

    impl<'a> Growing<'a> {
        fn new(before: &'a [u8], after: &'a [u8]) -> Self {
            Self { parts: vec![before, &[], after] }
        }
    }

    impl Read for Growing<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some(part) = self.parts.first_mut() else { return Ok(0) };
            let len = part.read(into)?;
            if len == 0 {
                self.parts.remove(0);
                // Two reads give nothing at the seam: one for the part, one for the pause.
            }
            Ok(len)
        }
    }
}
