//! Whether a string may stand without quotes.

use super::scalar::{Reader, Value, Written};

/// Whether every reader takes this text, written without quotes, for this very string: Go's, those of YAML 1.1
/// (PyYAML, Psych, SnakeYAML) and of YAML 1.2; as a key, a value or an item, also within `[…]` and `{…}`.
///
/// In doubt it says no: `3.5.3` is a string to all readers that are known, but a float to the letter of YAML 1.1.
#[must_use]
pub fn is_plain_safe(text: &str) -> bool {
    shape_is_plain(text) && !looks_like_a_number(text) && !is_a_word(text) && is_a_string_to_go(text)
}

/// Whether it is one plain scalar at all, wherever it stands.
fn shape_is_plain(text: &str) -> bool {
    let starts = match text.as_bytes() {
        [b'-', second, ..] => second.is_ascii_alphanumeric() || *second == b'/',
        [first, ..] => !br#"-?:,[]{}#&*!|>'"%@`=<~. "#.contains(first),
        [] => false,
    };
    starts
        && !text.ends_with([' ', ':'])
        && !text.contains([',', '[', ']', '{', '}'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(is_printable)
}

/// What needs no escape, and is neither a line break nor a tab.
fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' | '\u{a0}'..='\u{d7ff}' => !matches!(c, '\u{2028}' | '\u{2029}'),
        '\u{e000}'..='\u{fffd}' => c != '\u{feff}',
        // YAML 1.1 as PyYAML before 5.1 read it stops here.
        _ => false,
    }
}

/// Made as numbers, dates and times are: a digit or a sign first, and nothing but what any of them can hold.
fn looks_like_a_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return digits.len() < text.len() && digits.starts_with(['.', '_']);
    }
    let lower = digits.to_ascii_lowercase();
    let prefixed = ["0x", "0o", "0b"].iter().any(|prefix| lower.starts_with(prefix));
    let in_number = |c: char| c.is_ascii_digit() || "_:.+-etz ".contains(c);
    lower.chars().all(|c| in_number(c) || prefixed && "abcdfox".contains(c))
}

/// The words of all readers, in any case, as Psych and SnakeYAML take some.
fn is_a_word(text: &str) -> bool {
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// So that what is said above can never be less than what Go's libraries do.
fn is_a_string_to_go(text: &str) -> bool {
    [Reader::PrometheusConfig, Reader::PrometheusRules]
        .into_iter()
        .all(|reader| Written::plain(text).read(reader) == Ok(Value::Str(text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::{Budget, File, Style};

    #[test]
    fn common_values_need_no_quotes() {
        for text in [
            "node",
            "5m",
            "1h30m",
            "10Gi",
            "http://a.b:9090/x",
            "up == 0",
            "a-b_c",
            "-c",
            "Größe",
            "a'b",
            "v1.2",
            "15d",
        ] {
            assert!(is_plain_safe(text), "{text}");
        }
    }

    #[test]
    fn what_some_reader_takes_for_something_else_needs_them() {
        for text in [
            "",
            " ",
            "a ",
            " a",
            "a\tb",
            "a\nb",
            "\u{feff}",
            "\u{85}",
            "\u{2028}",
            "😀",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "- a",
            "---",
            "...",
            "?",
            "[a]",
            "a,b",
            "{{ x }}",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a`",
            "'a'",
            "|",
            ">",
            "=",
            "<<",
            "~",
            "on",
            "Yes",
            "oFF",
            "y",
            "null",
            "TRUE",
            "1",
            "017",
            "0o17",
            "0x1F",
            "1_000",
            "12:30:45",
            "12:30",
            "1e3",
            ".5",
            "5.",
            "-.inf",
            ".NaN",
            "+.nan",
            "3.5.3",
            "2020-01-01",
            "2020-01-01T00:00:00Z",
            "10.0.0.1:9090",
            "+1",
            "-0",
        ] {
            assert!(!is_plain_safe(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_safe_comes_back(text in r#"[0-9a-fxob_:.+\-eE~=<>!nyNYtrufalsoOFINU#,'"{}\[\]&*|%@ ]{0,8}"#) {
            prop_assume!(is_plain_safe(&text));
            for (yaml, deep) in [(format!("{text}\n"), 0), (format!("{text}: [{text}, {text}]\n"), 1)] {
                let file = File::parse(yaml, &Budget::default());
                let root = file.documents()[0].root().expect("not empty");
                let nodes = if deep == 0 { vec![root] } else {
                    let entry = root.entries().next().expect("an entry");
                    std::iter::once(entry.key).chain(entry.value.items()).collect()
                };
                prop_assert_eq!(nodes.len(), 1 + 2 * deep);
                for node in nodes {
                    prop_assert_eq!((node.as_str(), node.style()), (Some(text.as_str()), Some(Style::Plain)));
                }
            }
        }
    }
}
