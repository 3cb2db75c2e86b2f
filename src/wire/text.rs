//! Checking many short strings for UTF-8 at once.
//!
//! Labels and symbols are short, so a `str::from_utf8` for each costs more than reading it. But they stand in
//! runs of one field, and the key and length bytes between them are ASCII as long as lengths are under 128: one
//! check of the whole run serves all of them. A string is only ever cut from checked text at character
//! boundaries, so a string that is not UTF-8 by itself never passes.

/// A run of neighbouring fields that was checked as a whole; empty until [`Run::ahead`] found one.
#[derive(Clone, Copy, Default)]
pub(super) struct Run<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Run<'a> {
    /// The run of fields with the one-byte key `key` and one-byte lengths that begins at `start`.
    pub(super) fn ahead(message: &'a [u8], start: usize, key: u8) -> Self {
        let mut end = start;
        while let Some(&[found, len]) = message.get(end..).and_then(|rest| rest.first_chunk::<2>())
            && found == key
            && len < 0x80
            && message.len() - end - 2 >= usize::from(len)
        {
            end += 2 + usize::from(len);
        }
        let text = std::str::from_utf8(&message[start..end]).unwrap_or_default();
        Self { text, start, end: end.max(start + 1) }
    }

    /// The run as text, keys and lengths included; empty where it is not UTF-8 as a whole.
    #[inline]
    pub(super) fn checked(&self) -> &'a str {
        self.text
    }

    /// Whether the field at `pos` is behind this run: time to look for the next.
    #[inline]
    pub(super) fn is_behind(&self, pos: usize) -> bool {
        pos >= self.end
    }

    /// `bytes`, which stand at `pos` of the message, as text; `None` if they are not UTF-8.
    #[inline]
    pub(super) fn text(&self, bytes: &'a [u8], pos: usize) -> Option<&'a str> {
        let at = pos.wrapping_sub(self.start);
        match self.text.get(at..at.wrapping_add(bytes.len())) {
            Some(text) => Some(text),
            None => std::str::from_utf8(bytes).ok(),
        }
    }
}
