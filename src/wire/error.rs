//! What can be wrong: with a message as a whole, with one entry of it, with a body.

use super::Encoding;

/// The message cannot be read on: its structure is broken, or it holds more than [`Limits`](super::Limits) allow.
///
/// `offset` is the byte of the message where reading stopped, `what` the thing that was being read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// A field says it is longer than what is left of the element it stands in.
    #[error("byte {offset}: {what} is cut short: {needed} bytes needed, {left} left")]
    Truncated { offset: usize, what: &'static str, needed: u64, left: usize },
    /// A varint of more than ten bytes, or of more than 64 bits.
    #[error("byte {offset}: {what}: varint is longer than 64 bits")]
    Varint { offset: usize, what: &'static str },
    /// A key that no protobuf writer makes: field 0, wire type 6 or 7, or more than 32 bits.
    #[error("byte {offset}: {what}: {key} is not a field key")]
    Key { offset: usize, what: &'static str, key: u64 },
    /// A field of the schema in another wire type than the schema gives it.
    #[error("byte {offset}: {what} has wire type {found}, expected {expected}")]
    WireType { offset: usize, what: &'static str, expected: u8, found: u8 },
    /// A group (of an unknown field) that ends without a start, or starts another than it ends.
    #[error("byte {offset}: {what}: end of group {field} without its start")]
    Group { offset: usize, what: &'static str, field: u32 },
    /// More than a limit allows. `count` is what was met when reading stopped: there may be more.
    #[error("byte {offset}: {count} {what}, the limit is {limit}")]
    Limit { offset: usize, what: &'static str, limit: usize, count: u64 },
}

impl DecodeError {
    /// Byte of the message at which reading stopped.
    #[must_use]
    pub fn offset(&self) -> usize {
        match *self {
            Self::Truncated { offset, .. }
            | Self::Varint { offset, .. }
            | Self::Key { offset, .. }
            | Self::WireType { offset, .. }
            | Self::Group { offset, .. }
            | Self::Limit { offset, .. } => offset,
        }
    }

    /// Whether the message may be sound but is more than we read (413 rather than 400).
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::Limit { .. })
    }
}

/// A fault of one entry, or of the symbol table: the rest of the request can still be read.
///
/// Positions (`label`, `exemplar`) count from 0 within the entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    #[error("label reference {reference} is past the symbol table ({symbols} symbols)")]
    LabelRef { reference: u32, symbols: usize },
    #[error("odd number of label references ({count})")]
    LabelRefCount { count: usize },
    #[error("help reference {reference} is past the symbol table ({symbols} symbols)")]
    HelpRef { reference: u32, symbols: usize },
    #[error("unit reference {reference} is past the symbol table ({symbols} symbols)")]
    UnitRef { reference: u32, symbols: usize },
    #[error("exemplar {exemplar}: label reference {reference} is past the symbol table ({symbols} symbols)")]
    ExemplarRef { exemplar: usize, reference: u32, symbols: usize },
    #[error("exemplar {exemplar}: odd number of label references ({count})")]
    ExemplarRefCount { exemplar: usize, count: usize },
    #[error("name of label {label} is not UTF-8")]
    LabelName { label: usize },
    #[error("value of label {label} is not UTF-8")]
    LabelValue { label: usize },
    #[error("exemplar {exemplar}: name of label {label} is not UTF-8")]
    ExemplarLabelName { exemplar: usize, label: usize },
    #[error("exemplar {exemplar}: value of label {label} is not UTF-8")]
    ExemplarLabelValue { exemplar: usize, label: usize },
    #[error("metric family name is not UTF-8")]
    Family,
    #[error("help text is not UTF-8")]
    Help,
    #[error("unit is not UTF-8")]
    Unit,
    /// Spec 2.0: `symbols[0]` is the empty string. Also said of a request with series and no table.
    #[error("symbol table does not begin with the empty string")]
    FirstSymbol,
}

/// Why a body is not what its encoding says, or too large.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecompressError {
    #[error("{} body cannot be decompressed: {detail}", .encoding.as_str())]
    Corrupt { encoding: Encoding, detail: String },
    /// `declared` is what the body says of itself; `None` where it says nothing and the limit was met on the way.
    #[error("{} body decompresses to {}, the limit is {limit} bytes", .encoding.as_str(), size(*.declared))]
    TooLarge { encoding: Encoding, declared: Option<u64>, limit: usize },
}

impl DecompressError {
    /// Whether the body may be sound but is more than we take (413 rather than 400).
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }
}

fn size(declared: Option<u64>) -> String {
    declared.map_or_else(|| "more".to_owned(), |bytes| format!("{bytes} bytes"))
}
