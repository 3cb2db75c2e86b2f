//! Kubernetes quantities, as far as saying whether a text is one: `500m`, `128Mi`, `1e3`, `0.5`.

/// Whether Kubernetes' `resource.ParseQuantity` takes it: a signed decimal number, then nothing, a binary or decimal
/// suffix, or an exponent.
pub(super) fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number_len = unsigned.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let (number, suffix) = unsigned.split_at(number_len);
    let dots = number.bytes().filter(|b| *b == b'.').count();
    if dots > 1 || number.len() == dots {
        return false;
    }
    const SUFFIXES: [&str; 16] =
        ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    SUFFIXES.contains(&suffix) || suffix.strip_prefix(['e', 'E']).is_some_and(is_exponent)
}

fn is_exponent(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_told_from_other_text() {
        for text in ["1", "0.5", "500m", "128Mi", "1e3", "1E3", "2E", "+1k", "-1", "5.", ".5", "1e-3", "100n"]
        {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "800x", "m", ".", "1.2.3", "1mi", "1K", "1 Mi", "1e", "1e+", "Mi", "１"] {
            assert!(!is_quantity(text), "{text}");
        }
    }
}
