//! Upper and lower case as Go's `strings.ToUpper` and `ToLower` have them: character by character, one for one.
//!
//! Rust maps whole texts: `ß` becomes `SS`, `İ` an `i` with a dot, a `Σ` at the end of a word `ς`. Go does none of
//! that. And Go, up to 1.26, has the tables of Unicode 15; the letters whose pairs came later stay as they are.

/// Appends `text` in lower case.
pub(super) fn lower(text: &str, out: &mut String) {
    out.extend(text.chars().map(|c| match c {
        'İ' => 'i',
        _ => single(c, c.to_lowercase()),
    }));
}

/// Appends `text` in upper case.
pub(super) fn upper(text: &str, out: &mut String) {
    out.extend(text.chars().map(|c| match c {
        // Greek letters with an iota below have a capital of their own, eight or nine further on.
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => shift(c, 8),
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => shift(c, 9),
        _ => single(c, c.to_uppercase()),
    }));
}

fn shift(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

/// What `c` maps to, if that is one character which Unicode 15 maps to as well; else `c`.
fn single(c: char, mut mapped: impl ExactSizeIterator<Item = char>) -> char {
    match (mapped.len(), mapped.next()) {
        (1, Some(to)) if !later(c) && !later(to) => to,
        _ => c,
    }
}

/// Whether a pair with `c` in it came after Unicode 15.
fn later(c: char) -> bool {
    matches!(c,
        '\u{1C89}' | '\u{1C8A}'
        | '\u{A7CB}'..='\u{A7CF}' | '\u{A7D2}'..='\u{A7D5}' | '\u{A7DA}'..='\u{A7DC}'
        | '\u{10D50}'..='\u{10D65}' | '\u{10D70}'..='\u{10D85}'
        | '\u{16EA0}'..='\u{16EB8}' | '\u{16EBB}'..='\u{16ED3}')
}

#[cfg(test)]
mod tests {
    use super::super::md5;
    use super::*;

    #[track_caller]
    fn check(text: &str, expect_lower: &str, expect_upper: &str) {
        let (mut low, mut high) = (String::new(), String::new());
        lower(text, &mut low);
        upper(text, &mut high);
        assert_eq!((&*low, &*high), (expect_lower, expect_upper), "{text}");
    }

    #[test]
    fn maps_one_for_one() {
        check("aBc-1", "abc-1", "ABC-1");
        check("Straße", "straße", "STRAßE");
        check("İıI", "iıi", "İII");
        check("ΣΑΣ σας", "σασ σας", "ΣΑΣ ΣΑΣ");
        check("ŉǰﬁ", "ŉǰﬁ", "ŉǰﬁ");
        check("ᾳᾀᾈ", "ᾳᾀᾀ", "ᾼᾈᾈ");
        check("ǆǅǄ", "ǆǆǆ", "ǄǄǄ");
        check("\u{19B}\u{A7DC}", "\u{19B}\u{A7DC}", "\u{19B}\u{A7DC}");
    }

    /// The digests are those of a Go 1.26 program that maps every code point but the surrogates and writes all
    /// results after one another.
    #[test]
    fn maps_all_of_unicode_as_go_does() {
        let all = || ('\0'..=char::MAX).collect::<String>();
        let hex = |text: &str| -> String {
            md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let mut mapped = String::new();
        lower(&all(), &mut mapped);
        assert_eq!(hex(&mapped), "8fb4f6e62787fceee6a3e27d9a1a8011");
        mapped.clear();
        upper(&all(), &mut mapped);
        assert_eq!(hex(&mapped), "5efbd620911e5a5dca50ebe53aa080d5");
    }
}
