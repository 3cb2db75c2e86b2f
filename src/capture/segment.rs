//! One segment: its name, its records, and how its bytes are opened.

use std::ffi::OsStr;
use std::io::{self, Read};

use bytes::Bytes;
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::index::Index;
use super::proto::{self, record::Kind};
use super::{RecordError, Request};
use crate::base::time::UnixNanos;

/// Format that this version writes, and the newest it reads.
pub(super) const FORMAT: u32 = 1;

/// Longest header record that is believed, in bytes.
pub(super) const MAX_HEADER: usize = 4 << 10;

/// Bytes of a request record beside the body, at most. Elements of a repeated field need more memory than they
/// have bytes, so this bounds what a record made on purpose can ask for.
pub(super) const MAX_BESIDE_BODY: usize = 8 << 20;

/// Field numbers of `Record.request` and `Request.body`.
const REQUEST: u32 = 2;
const BODY: u32 = 100;

/// How the bytes of a segment file are wrapped. Writers write plain ones; people compress sealed ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Wrap {
    Plain,
    Gzip,
    Zstd,
}

impl Wrap {
    /// The wrap that `name` says by its ending, and the name without it.
    pub(super) fn of(name: &str) -> (Self, &str) {
        if let Some(name) = name.strip_suffix(".gz") {
            (Self::Gzip, name)
        } else if let Some(name) = name.strip_suffix(".zst") {
            (Self::Zstd, name)
        } else {
            (Self::Plain, name)
        }
    }

    /// Reads through the wrap.
    pub(super) fn open<'a>(self, from: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Self::Plain => Box::new(from),
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(from)),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(from)?;
                decoder.window_log_max(27)?; // 128 MiB: what `zstd` itself writes without `--ultra`
                Box::new(decoder)
            }
        })
    }
}

/// File name of the segment whose first request has this sequence.
pub(super) fn name(first_sequence: u64) -> String {
    format!("{first_sequence:020}.rwcap")
}

/// First sequence and wrap of a segment, by its file name; `None` when it is no segment's.
pub(super) fn parse_name(name: &OsStr) -> Option<(u64, Wrap)> {
    let (wrap, name) = Wrap::of(name.to_str()?);
    let digits = name.strip_suffix(".rwcap")?;
    let valid = digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| valid)?, wrap))
}

/// The beginning of a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// 1; a reader refuses a larger one.
    pub format: u32,
    /// Program and version.
    pub writer: String,
    pub created: UnixNanos,
    pub first_sequence: u64,
}

/// A record, decoded.
#[expect(clippy::large_enum_variant, reason = "almost every record is a request")]
#[derive(Debug)]
pub(super) enum Record {
    Header(Header),
    Request(Request),
    Index(Index),
    /// A kind of record that this version does not know: skipped.
    Unknown,
}

/// Decodes a record whose checksum is right. The body is a slice of `record`, not a copy.
pub(super) fn decode(record: Bytes) -> Result<Record, RecordError> {
    let malformed = |err: prost::DecodeError| RecordError::Protobuf(err.to_string());
    let len = beside_body(&record).map_err(malformed)?;
    if len > MAX_BESIDE_BODY {
        return Err(RecordError::TooMuchBesideBody { len, max: MAX_BESIDE_BODY });
    }
    Ok(match proto::Record::decode(record).map_err(malformed)?.kind {
        Some(Kind::Header(header)) => Record::Header(Header {
            format: header.format,
            writer: header.writer,
            created: UnixNanos(header.created_unix_nano),
            first_sequence: header.first_sequence,
        }),
        Some(Kind::Request(request)) => Record::Request(request.try_into()?),
        Some(Kind::Index(index)) => Record::Index(index.into()),
        None => Record::Unknown,
    })
}

/// Whether `record` is a header.
pub(super) fn is_header(record: &[u8]) -> bool {
    record.len() <= MAX_HEADER
        && proto::Record::decode(record).is_ok_and(|record| matches!(record.kind, Some(Kind::Header(_))))
}

/// Bytes of `record` that are not the body of a request.
fn beside_body(mut record: &[u8]) -> Result<usize, prost::DecodeError> {
    let mut beside = 0;
    while !record.is_empty() {
        let before = record.len();
        let (tag, wire) = decode_key(&mut record)?;
        if (tag, wire) == (REQUEST, WireType::LengthDelimited) {
            let len = usize::try_from(decode_varint(&mut record)?).unwrap_or(usize::MAX);
            let (request, rest) = record.split_at(len.min(record.len()));
            beside += beside_field(request, BODY)?;
            record = rest;
        } else {
            skip_field(wire, tag, &mut record, DecodeContext::default())?;
            beside += before - record.len();
        }
    }
    Ok(beside)
}

fn beside_field(mut message: &[u8], left_out: u32) -> Result<usize, prost::DecodeError> {
    let mut beside = 0;
    while !message.is_empty() {
        let before = message.len();
        let (tag, wire) = decode_key(&mut message)?;
        skip_field(wire, tag, &mut message, DecodeContext::default())?;
        if tag != left_out {
            beside += before - message.len();
        }
    }
    Ok(beside)
}

/// Whether a segment with `salt` that ends with `tail` ends with its index: then it is sealed.
///
/// Only a frame that reaches to the very end counts, and its salt cannot be known to a sender, so a body that
/// ends with an index is not taken for one.
pub(super) fn sealing_index(salt: u64, tail: &[u8]) -> Option<Index> {
    (0..tail.len()).find_map(|at| {
        let frame = &tail[at..];
        let head = super::frame::Head::parse(frame).filter(|head| head.salt == salt)?;
        let record = frame.get(super::frame::HEAD..).filter(|record| head.covers(record))?;
        match proto::Record::decode(record).ok()?.kind? {
            Kind::Index(index) => Some(index.into()),
            _ => None,
        }
    })
}

/// Longest frame of an index: what to read of a segment's end.
pub(super) const MAX_INDEX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_their_sequences_and_parse_back() {
        let names: Vec<String> = [1, 9, 10, u64::MAX].into_iter().map(name).collect();
        assert!(names.is_sorted());
        assert_eq!(parse_name(OsStr::new(&names[2])), Some((10, Wrap::Plain)));
        assert_eq!(parse_name(OsStr::new(&format!("{}.gz", names[1]))), Some((9, Wrap::Gzip)));
        assert_eq!(parse_name(OsStr::new(&format!("{}.zst", names[3]))), Some((u64::MAX, Wrap::Zstd)));
        for other in ["1.rwcap", "0000000000000000000x.rwcap", "+0000000000000000001.rwcap", "wal", ".lock"] {
            assert_eq!(parse_name(OsStr::new(other)), None, "{other}");
        }
    }

    #[test]
    fn record_of_many_empty_rejections_is_refused_before_it_is_built() {
        let outcome = [0x0A, 0].repeat(MAX_BESIDE_BODY / 2 + 1); // rejections: {}
        let mut request = Vec::new();
        prost::encoding::bytes::encode(13, &outcome, &mut request);
        let mut record = Vec::new();
        prost::encoding::bytes::encode(REQUEST, &request, &mut record);
        let err = decode(record.into()).expect_err("refused");
        assert!(matches!(err, RecordError::TooMuchBesideBody { .. }), "{err}");
    }

    #[test]
    fn body_does_not_count_as_beside_itself() {
        let request = proto::Request {
            protocol: 1,
            encoding: 1,
            body: vec![0; MAX_BESIDE_BODY + 1].into(),
            ..Default::default()
        };
        let record = proto::Record { kind: Some(Kind::Request(request)) };
        assert!(matches!(decode(record.encode_to_vec().into()), Ok(Record::Request(_))));
    }

    #[test]
    fn unknown_kind_is_skipped() {
        assert!(matches!(decode(Bytes::from_static(&[0x7A, 1, 0])), Ok(Record::Unknown))); // field 15
        assert!(matches!(decode(Bytes::new()), Ok(Record::Unknown)));
    }
}
