//! stderr, shared by the program's own lines and its logs, with one status line that stays below both.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Takes the cursor to the line's begin and clears it.
const CLEAR: &str = "\r\x1b[K";

/// Lines to one stream from many threads: each is written whole. Clones share the stream.
#[derive(Clone)]
pub(super) struct Stderr(Arc<Mutex<Inner>>);

struct Inner {
    to: Box<dyn Write + Send>,
    /// What stands below all lines, without a line end; empty: nothing.
    status: String,
}

impl Stderr {
    pub(super) fn new(to: Box<dyn Write + Send>) -> Self {
        Self(Arc::new(Mutex::new(Inner { to, status: String::new() })))
    }

    /// Replaces the status line; empty takes it away. Only for a terminal.
    pub(super) fn status(&self, text: &str) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.status == text {
            return;
        }
        text.clone_into(&mut inner.status);
        let line = format!("{CLEAR}{text}");
        // A stderr that cannot be written has nobody to tell; so below.
        let _ = inner.to.write_all(line.as_bytes()).and_then(|()| inner.to.flush());
    }
}

/// Every write is whole lines, as loggers write them.
impl Write for Stderr {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { to, status } = &mut *inner;
        if status.is_empty() {
            to.write_all(lines)?;
        } else {
            let mut all = CLEAR.as_bytes().to_vec();
            all.extend_from_slice(lines);
            all.extend_from_slice(status.as_bytes());
            to.write_all(&all)?;
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::Shared;

    #[test]
    fn the_status_line_stays_below_other_lines() {
        let shared = Shared::default();
        let mut stderr = Stderr::new(Box::new(shared.clone()));
        stderr.write_all(b"one\n").unwrap();
        stderr.status("3 requests");
        stderr.write_all(b"two\n").unwrap();
        stderr.status("");
        stderr.write_all(b"three\n").unwrap();
        let c = CLEAR;
        assert_eq!(shared.text(), format!("one\n{c}3 requests{c}two\n3 requests{c}three\n"));
    }
}
