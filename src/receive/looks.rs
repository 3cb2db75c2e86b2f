//! What bytes that are not what they should be look like: the cold path that makes "corrupt input" a cause.

use crate::wire::{self, Detected, Encoding};

/// How to get under a size limit; `FLAG` is to be replaced.
pub(crate) const SMALLER: &str = "raise `FLAG` here, or lower `max_samples_per_send` at the sender";

/// Bytes of output spent on a guess.
const EFFORT: usize = 1 << 20;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Looks {
    pub(crate) what: String,
    pub(crate) mend: String,
}

/// What a `body` that is not `encoding` is instead; `None` where there is nothing to add.
pub(crate) fn body(encoding: Encoding, body: &[u8]) -> Option<Looks> {
    if let Detected::Only(protocol) = wire::detect(body) {
        return Some(Looks {
            what: format!("a {} message without compression", protocol.as_str()),
            mend: "compress it, or set `Content-Encoding: identity`".to_owned(),
        });
    }
    let inner = [Encoding::Snappy, Encoding::Zstd].into_iter().find(|&e| e != encoding && opens(e, body))?;
    Some(Looks {
        what: inner.as_str().to_owned(),
        mend: format!("set `Content-Encoding: {}`", inner.as_str()),
    })
}

/// What a decompressed `message` that is no protobuf is instead.
pub(crate) fn message(encoding: Encoding, message: &[u8]) -> Option<Looks> {
    if message.starts_with(b"\x1f\x8b") {
        return Some(Looks {
            what: "gzip".to_owned(),
            mend: "leave gzip out, remote write has snappy".to_owned(),
        });
    }
    let inner = [Encoding::Zstd, Encoding::Snappy].into_iter().find(|&e| opens(e, message))?;
    Some(match encoding {
        Encoding::Identity => Looks {
            what: inner.as_str().to_owned(),
            mend: format!("set `Content-Encoding: {}`", inner.as_str()),
        },
        _ => {
            Looks { what: format!("{} once more", inner.as_str()), mend: "compress the body once".to_owned() }
        }
    })
}

/// Whether `bytes` are `encoding`, shown by decompressing them to a message of either version, within reason.
fn opens(encoding: Encoding, bytes: &[u8]) -> bool {
    let mut out = Vec::new();
    match wire::decompress(encoding, bytes, EFFORT, &mut out) {
        Ok(()) => matches!(wire::detect(&out), Detected::Only(_)),
        Err(err) => encoding == Encoding::Zstd && err.is_limit(),
    }
}
