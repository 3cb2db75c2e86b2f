//! Patterns that a thread has compiled before: config has the same ones again and again.
//!
//! What is kept is bounded in number and in size; compiled forms are shared, so that the scratch space which a match
//! needs is made once for a pattern, not once for each place where it is written.

use std::collections::HashMap;

/// Patterns that are kept; when there are more, all are forgotten.
const KEPT_MAX: usize = 256;
/// Bytes of a pattern that is kept.
const LEN_MAX: usize = 512;

/// Compiled forms by pattern.
pub(super) struct Known<T> {
    by_pattern: HashMap<Box<str>, T>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { by_pattern: HashMap::new() }
    }
}

impl<T: Clone> Known<T> {
    pub(super) fn get(&self, pattern: &str) -> Option<T> {
        self.by_pattern.get(pattern).cloned()
    }

    /// Keeps a compiled form, if it is sure to be small: counted repetition and Unicode's classes make large ones of
    /// short patterns.
    pub(super) fn keep(&mut self, pattern: &str, compiled: &T) {
        if pattern.len() > LEN_MAX
            || pattern.contains('{')
            || pattern.contains("\\p")
            || pattern.contains("\\P")
        {
            return;
        }
        if self.by_pattern.len() >= KEPT_MAX {
            self.by_pattern.clear();
        }
        self.by_pattern.insert(pattern.into(), compiled.clone());
    }
}

/// Whether a pattern is a plain text: nothing in it means anything but itself.
pub(super) fn is_plain(pattern: &str) -> bool {
    let is_plain = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b':' | b';' | b',' | b'=' | b'@' | b' ')
    };
    (1..=LEN_MAX).contains(&pattern.len()) && pattern.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let mut known = Known::default();
        for number in 0..10_000 {
            known.keep(&format!("a{number}.*"), &number);
            assert!(known.by_pattern.len() <= KEPT_MAX);
        }
        assert_eq!(known.get("a9999.*"), Some(9999));
        for large in ["a{1000}", r"\pL+", r"\PL+", &"a|".repeat(LEN_MAX)] {
            known.keep(large, &0);
            assert_eq!(known.get(large), None, "{large}");
        }
    }

    #[test]
    fn a_plain_text_is_the_only_one_that_it_matches() {
        for (pattern, expect) in
            [("app-1", true), ("a:b/c", true), ("", false), ("a.b", false), ("a\\", false), ("é", false)]
        {
            assert_eq!(is_plain(pattern), expect, "{pattern}");
        }
        // As the parser reads them.
        for pattern in ["app-1", "a_b", "x:y/z;w,v=1@2 3", "-", " "] {
            assert!(is_plain(pattern));
            let hir = super::super::parse::parse(
                pattern,
                super::super::parse::Reading { dot_newline: true, pasted: true },
            );
            let shape = super::super::shape(&hir.expect("sound").hir);
            assert!(
                matches!(shape, Some(super::super::Kind::OneOf(list)) if *list == [Box::from(pattern)]),
                "{pattern}"
            );
        }
    }
}
