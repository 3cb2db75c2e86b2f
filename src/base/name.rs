//! Which metric and label names need no quotes: the classic ASCII ones.

/// Whether `name` is a classic metric name, `[a-zA-Z_:][a-zA-Z0-9_:]*`.
#[must_use]
pub fn is_metric_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b':'))
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))
}

/// Whether `name` is a classic label name, `[a-zA-Z_][a-zA-Z0-9_]*`.
#[must_use]
pub fn is_label_name(name: &str) -> bool {
    is_metric_name(name) && !name.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_metric_names_have_colons() {
        for (name, metric, label) in [
            ("up", true, true),
            ("_a1", true, true),
            ("a:b", true, false),
            (":", true, false),
            ("", false, false),
            ("1a", false, false),
            ("a.b", false, false),
            ("é", false, false),
        ] {
            assert_eq!((is_metric_name(name), is_label_name(name)), (metric, label), "{name}");
        }
    }
}
