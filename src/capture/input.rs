//! TEMP
use super::*;
use crate::base::time::UnixNanos;
use crate::wire;
use std::path::{Path, PathBuf};
pub struct Input {
    q: std::collections::VecDeque<PathBuf>,
    r: Option<Reader>,
    p: Progress,
    follow: bool,
}
impl Input {
    pub fn open(p: &[PathBuf]) -> Result<Self, ReadError> {
        Ok(Self { q: p.iter().cloned().collect(), r: None, p: Progress::default(), follow: false })
    }
    pub fn follow(p: &[PathBuf]) -> Result<Self, ReadError> {
        Ok(Self { q: p.iter().cloned().collect(), r: None, p: Progress::default(), follow: true })
    }
    pub fn progress(&self) -> Progress {
        self.p.clone()
    }
}
impl Iterator for Input {
    type Item = Result<super::Item, ReadError>;
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(r) = &mut self.r {
            if let Some(x) = r.next() {
                return Some(x);
            }
            if self.follow {
                return None;
            }
            self.r = None;
        }
        let p = self.q.pop_front()?;
        if p.is_dir() || p.extension().is_some_and(|e| e == "rwcap") {
            self.r = Some(match if self.follow { Reader::follow(&p) } else { Reader::open(&p) } {
                Ok(r) => r,
                Err(e) => return Some(Err(e)),
            });
            return self.next();
        }
        let body = match std::fs::read(&p) {
            Ok(b) => b,
            Err(source) => return Some(Err(ReadError::Io { file: p, source })),
        };
        let mut m = Vec::new();
        let encoding = if wire::decompress(wire::Encoding::Snappy, &body, 1 << 25, &mut m).is_ok() {
            wire::Encoding::Snappy
        } else {
            m = body.clone();
            wire::Encoding::Identity
        };
        let protocol = match wire::detect(&m) {
            wire::Detected::Only(p) => p,
            _ => wire::Protocol::V1,
        };
        let dialect = if protocol == wire::Protocol::V1 { wire::Dialect::V1 } else { wire::Dialect::V2 };
        let request = Request {
            sequence: 0,
            received: UnixNanos(0),
            protocol,
            dialect,
            encoding,
            content_type: String::new(),
            content_encoding: String::new(),
            version: String::new(),
            user_agent: String::new(),
            retry_attempt: 0,
            tenant: None,
            counts: Default::default(),
            outcome: Default::default(),
            body: body.into(),
        };
        Some(Ok(super::Item::Request { request, file: Path::new(&p).into(), offset: 0 }))
    }
}
