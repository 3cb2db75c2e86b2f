//! Bodies that cost their sender little and a careless receiver much.

use std::io::Write as _;

use obsctl::wire::{self, Encoder, Encoding, Label, Protocol, Sample};
use prost::encoding::encode_varint;

/// Bytes of the largest message that the receiver reads by default.
const LARGEST: usize = 32 << 20;

/// A body and what its headers say of it.
pub(super) struct Body {
    pub(super) protocol: Protocol,
    pub(super) encoding: Encoding,
    pub(super) bytes: Vec<u8>,
}

impl Body {
    fn of(protocol: Protocol, encoding: Encoding, message: &[u8]) -> Self {
        let mut bytes = Vec::new();
        wire::compress(encoding, message, &mut bytes);
        Self { protocol, encoding, bytes }
    }

    pub(super) fn headers(&self) -> [(&'static str, &'static str); 2] {
        [("Content-Type", self.protocol.content_type()), ("Content-Encoding", self.encoding.as_str())]
    }
}

/// What a real sender sends: 2,000 series of eight labels.
pub(super) fn good() -> Body {
    let mut encoder = Encoder::new(Protocol::V1);
    for series in 0..2_000 {
        let number = series.to_string();
        let names = ["__name__", "cluster", "container", "instance", "job", "namespace", "pod", "series"];
        let labels = names.map(|name| Label { name, value: if name == "series" { &number } else { name } });
        encoder.series(labels, None, None);
        encoder.sample(Sample { value: f64::from(series), timestamp: 1_767_225_600_000, start: 0 });
    }
    let mut message = Vec::new();
    encoder.finish(&mut message);
    Body::of(Protocol::V1, Encoding::Snappy, &message)
}

/// 47 bytes that declare 4 GiB.
pub(super) fn forged_length() -> Body {
    let mut bytes = Vec::new();
    encode_varint(u64::from(u32::MAX), &mut bytes);
    bytes.resize(47, 0x10);
    Body { protocol: Protocol::V1, encoding: Encoding::Snappy, bytes }
}

/// `element` of `protocol` again and again, up to the largest message.
pub(super) fn elements(protocol: Protocol, encoding: Encoding, element: &[u8]) -> Body {
    Body::of(protocol, encoding, &element.repeat(LARGEST / element.len()))
}

/// One series of empty labels.
pub(super) fn labels() -> Body {
    let labels = b"\x0a\x00".repeat(LARGEST / 2 - 8);
    Body::of(Protocol::V1, Encoding::Snappy, &field(1, &labels))
}

/// 200,000 series without a name: sound protobuf, all of them refused one by one.
pub(super) fn nameless() -> Body {
    Body::of(Protocol::V1, Encoding::Snappy, &field(1, &field(1, b"\x0a\x01a\x12\x01b")).repeat(200_000))
}

/// 20,000 histograms, each with a span of four thousand million buckets.
pub(super) fn spans() -> Body {
    let mut span = vec![0x10]; // BucketSpan.length
    encode_varint(u64::from(u32::MAX), &mut span);
    let histogram = field(11, &span); // Histogram.positive_spans
    let name = field(1, b"\x0a\x08__name__\x12\x01h");
    let series = [name, field(4, &histogram)].concat();
    Body::of(Protocol::V1, Encoding::Snappy, &field(1, &series).repeat(20_000))
}

/// A zstd frame of zeros, one byte longer than what is read; it says so, or not.
pub(super) fn zstd(says_its_size: bool) -> Body {
    let message = vec![0; LARGEST + 1];
    let mut body = Body::of(Protocol::V1, Encoding::Zstd, &message);
    if !says_its_size {
        let mut writer = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("in memory");
        writer.write_all(&message).expect("in memory");
        body.bytes = writer.finish().expect("in memory");
    }
    body
}

/// A length-delimited field.
fn field(number: u64, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + 10);
    encode_varint(number << 3 | 2, &mut bytes);
    encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}
