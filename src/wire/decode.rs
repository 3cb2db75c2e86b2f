//! The top level of a message: one pass for framing and symbols, then entries one by one.

use super::cursor::{Cursor, Known, LEN, key, room};
use super::scratch::Arena;
use super::text::Run;
use super::{
    DecodeError, Dialect, Entry, FamilyMetadata, Fault, Limits, Protocol, Scratch, Series, repeats, v1, v2,
};

const V1_SERIES: u32 = key(1, LEN);
const V1_METADATA: u32 = key(3, LEN);
const V1_FIELDS: &[Known] = &[Known::new(V1_SERIES, "time series"), Known::new(V1_METADATA, "metadata")];

const V2_SYMBOLS: u32 = key(4, LEN);
const V2_SERIES: u32 = key(5, LEN);
const V2_FIELDS: &[Known] = &[Known::new(V2_SYMBOLS, "symbol"), Known::new(V2_SERIES, "time series")];

/// Starts reading `message` (decompressed protobuf) of `protocol`.
///
/// Reads the top level once: framing is checked, entries are counted against `limits`, 2.0 symbols are collected
/// (and checked for UTF-8) wherever they stand; entries are not yet looked into.
///
/// # Errors
///
/// When the top level is malformed or passes a limit.
pub fn decode<'a>(
    protocol: Protocol,
    message: &'a [u8],
    limits: &Limits,
    scratch: &'a mut Scratch,
) -> Result<Entries<'a>, DecodeError> {
    if message.len() > limits.decoded {
        let (limit, count) = (limits.decoded, message.len() as u64);
        return Err(DecodeError::Limit { offset: limit, what: "bytes of message", limit, count });
    }
    let arena = std::mem::take(&mut scratch.arena).recycle();
    let mut entries = Entries {
        protocol,
        limits: *limits,
        rest: Cursor::new(message),
        left: 0,
        series_read: 0,
        created: false,
        started: false,
        arena,
        scratch,
    };
    entries.read_top_level()?;
    Ok(entries)
}

/// The entries of one request, in wire order. When dropped, its memory goes back to the [`Scratch`].
#[derive(Debug)]
pub struct Entries<'a> {
    pub(super) protocol: Protocol,
    pub(super) limits: Limits,
    rest: Cursor<'a>,
    /// Entries not yet read.
    left: usize,
    series_read: usize,
    created: bool,
    started: bool,
    pub(super) arena: Arena<'a>,
    scratch: &'a mut Scratch,
}

/// An element of the top level, of which a series is not yet read.
pub(super) enum Element<'a> {
    Series(Cursor<'a>),
    Metadata(FamilyMetadata<'a>),
}

impl<'a> Entries<'a> {
    fn read_top_level(&mut self) -> Result<(), DecodeError> {
        let mut cursor = self.rest;
        let mut run = Run::default();
        let mut first = None;
        while !cursor.at_end() {
            let at = cursor.pos();
            match (self.protocol, cursor.key("request")?) {
                (Protocol::V1, V1_SERIES | V1_METADATA) | (Protocol::V2, V2_SERIES) => {
                    room(self.left, self.limits.entries, at, "entries")?;
                    first.get_or_insert(at);
                    cursor.element("entry")?;
                    self.left += 1;
                }
                (Protocol::V2, V2_SYMBOLS) => {
                    if run.is_behind(at) {
                        run = Run::ahead(cursor.bytes(), at, V2_SYMBOLS as u8);
                    }
                    v2::symbol(cursor.element("symbol")?, &run, &self.limits, &mut self.arena)?;
                }
                (Protocol::V1, key) => cursor.other(key, V1_FIELDS, "request")?,
                (Protocol::V2, key) => cursor.other(key, V2_FIELDS, "request")?,
            }
        }
        // Nothing before the first entry is read again.
        self.rest.seek(first.unwrap_or_default());
        Ok(())
    }

    /// The next entry, or `None` at the end.
    ///
    /// # Errors
    ///
    /// When the entry is malformed or passes a limit. That ends the stream: `None` follows.
    #[allow(clippy::should_implement_trait)] // an entry borrows from `self`, which `Iterator` cannot say
    #[inline]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, DecodeError> {
        match self.next_element()? {
            None => Ok(None),
            Some(Element::Metadata(metadata)) => Ok(Some(Entry::Metadata(metadata))),
            Some(Element::Series(element)) => {
                self.read_series(element)?;
                Ok(Some(Entry::Series(self.series(element))))
            }
        }
    }

    /// The next element of the top level, a series not yet looked into.
    #[inline(always)]
    pub(super) fn next_element(&mut self) -> Result<Option<Element<'a>>, DecodeError> {
        while self.left > 0 {
            let key = self.rest.key("request")?;
            match (self.protocol, key) {
                (Protocol::V1, V1_SERIES) | (Protocol::V2, V2_SERIES) => {
                    self.left -= 1;
                    return self.rest.element("time series").map(|element| Some(Element::Series(element)));
                }
                (Protocol::V1, V1_METADATA) => {
                    self.left -= 1;
                    let metadata = v1::metadata(self.rest.element("metadata")?);
                    if metadata.is_err() {
                        self.left = 0;
                    }
                    return metadata.map(|metadata| Some(Element::Metadata(metadata)));
                }
                _ => self.rest.skip(key, "request")?,
            }
        }
        Ok(None)
    }

    /// Reads a series into the arena.
    #[inline]
    pub(super) fn read_series(&mut self, element: Cursor<'a>) -> Result<(), DecodeError> {
        self.arena.clear_entry();
        let read = match self.protocol {
            Protocol::V1 => v1::series(element, &self.limits, &mut self.arena),
            Protocol::V2 => v2::series(element, &self.limits, &mut self.arena),
        };
        if read.is_err() {
            self.left = 0;
        }
        read
    }

    /// The series that is in the arena.
    #[inline(always)]
    pub(super) fn series(&mut self, element: Cursor<'a>) -> Series<'_> {
        let arena = &self.arena;
        self.created |= arena.created != 0;
        if self.protocol == Protocol::V2 && !self.started {
            self.started = arena.has_start();
        }
        let index = self.series_read;
        self.series_read += 1;
        let (metadata, metadata_fault) = match v2::metadata(arena) {
            Some((metadata, fault)) => (Some(metadata), fault),
            None => (None, None),
        };
        Series {
            index,
            offset: element.pos(),
            len: element.left(),
            labels: &arena.labels,
            samples: &arena.samples,
            metadata,
            created: (arena.created != 0).then_some(arena.created),
            fault: arena.fault.or(metadata_fault).or(arena.exemplar_fault),
            protocol: self.protocol,
            message: self.rest.bytes(),
            arena,
        }
    }

    /// Takes back that the series read last was one: it is read again.
    pub(super) fn unread(&mut self) {
        self.series_read -= 1;
    }

    /// The dialect as far as read: 2.0 is `V2` until a created or start timestamp is met.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match (self.protocol, self.created, self.started) {
            (Protocol::V1, ..) => Dialect::V1,
            (Protocol::V2, false, false) => Dialect::V2,
            (Protocol::V2, true, false) => Dialect::V2Created,
            (Protocol::V2, false, true) => Dialect::V2Start,
            (Protocol::V2, true, true) => Dialect::V2Mixed,
        }
    }

    /// What is wrong with the 2.0 symbol table as a whole: it does not begin with the empty string. `None` on
    /// 1.0, and on a request with neither symbols nor entries left to read.
    #[must_use]
    pub fn symbols_fault(&self) -> Option<Fault> {
        let first = self.arena.symbols.first();
        let needed = self.protocol == Protocol::V2 && (first.is_some() || self.left + self.series_read > 0);
        (needed && first != Some(&"")).then_some(Fault::FirstSymbol)
    }

    /// Symbols that stand more than once in the table: allowed by receivers, against the specification. Counts
    /// the repetitions.
    #[must_use]
    pub fn duplicate_symbols(&mut self) -> usize {
        repeats::count(&self.arena.symbols, &mut self.arena.slots)
    }
}

impl Drop for Entries<'_> {
    fn drop(&mut self) {
        self.scratch.arena = std::mem::take(&mut self.arena).recycle();
    }
}
