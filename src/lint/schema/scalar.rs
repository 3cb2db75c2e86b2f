//! Single values by the words of the table: what each takes.

use crate::base::duration;
use crate::base::edit::Edit;
use crate::base::name;
use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::base::version::Version;
use crate::diagnostic::{Finding, Safety};
use crate::yaml::{Node, Style, Value};

/// What most faults lead to; of other files than `prometheus.yml`, something else is put in its place.
pub(super) const REFUSED: &str = "Prometheus refuses to load the whole file";

/// Those that Go's TLS has and does not call insecure.
const CIPHERS: [&str; 13] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Formats of exposition, with the first version that asks for them by this name.
const PROTOCOLS: [(&str, Version); 5] = [
    ("PrometheusProto", Version::new(2, 49)),
    ("OpenMetricsText0.0.1", Version::new(2, 49)),
    ("OpenMetricsText1.0.0", Version::new(2, 49)),
    ("PrometheusText0.0.4", Version::new(2, 49)),
    ("PrometheusText1.0.0", Version::new(3, 0)),
];

/// The fault of a single value, if it has one. `place` is the field's name.
pub(super) fn check(word: &str, node: Node<'_>, place: &str, version: Version) -> Option<Finding> {
    let text = node.text().unwrap_or_default();
    match word {
        "bool" => match node.value() {
            Some(Value::Bool(_)) => None,
            _ => Some(wrong(node, place, "`true` or `false`")),
        },
        "int" | "uint" => match node.value() {
            Some(Value::Int(number)) if word == "int" || number >= 0 => None,
            // Go takes a float, and leaves its fraction out.
            Some(Value::Float(number)) if word == "int" || number >= 0.0 => {
                (number.fract() != 0.0).then(|| cut_down(node, place, number))
            }
            _ if word == "int" => Some(wrong(node, place, "a whole number")),
            _ => Some(wrong(node, place, "a whole number, 0 or more")),
        },
        "float" => match node.value() {
            Some(Value::Int(_) | Value::Float(_)) => None,
            _ => Some(wrong(node, place, "a number")),
        },
        "duration" => duration_fault(node, text, place),
        "bytes" => (!is_base2_bytes(text)).then(|| {
            wrong(node, place, "a size")
                .help("write a number with a unit: `512KB`, `10MB`, `1GiB` (all are powers of 1,024)")
        }),
        "label-name" => (!label_name(text, version)).then(|| {
            Finding::error(
                "relabel/label-name-scheme",
                node.span(),
                format!("`{}` is no label name", clip(text, 60)),
            )
            .why(REFUSED)
            .help("a label name has letters, digits and `_`, and no digit first")
        }),
        "scrape-protocol" => protocol_fault(node, text, place, version),
        "go-duration" => (!is_go_duration(node))
            .then(|| wrong(node, place, "a duration").help("write a number with a unit: `300ms`, `1m30s`")),
        "tls-cipher" | "tls-curve" | "tls-version" if text.is_empty() => {
            Some(wrong(node, place, "the name of one that Go knows"))
        }
        "tls-cipher" => one_of(node, place, &CIPHERS),
        "tls-curve" => one_of(node, place, &["CurveP256", "CurveP384", "CurveP521", "X25519"]),
        "tls-version" => one_of(node, place, &["TLS10", "TLS11", "TLS12", "TLS13"]),
        // Before, it was only looked at where a job is, which is for a rule.
        "name-scheme" if version >= Version::new(3, 6) => one_of(node, place, &["utf8", "legacy"]),
        "remote-write-message" => {
            one_of(node, place, &["prometheus.WriteRequest", "io.prometheus.write.v2.Request"])
        }
        "otlp-translation" => one_of(
            node,
            place,
            &[
                "UnderscoreEscapingWithSuffixes",
                "NoUTF8EscapingWithSuffixes",
                "NoTranslation",
                "UnderscoreEscapingWithoutSuffixes",
            ],
        ),
        _ => None,
    }
}

/// Whether a `!!binary` value has something else than base64 in it, which the YAML library refuses wherever it stands.
pub(super) fn broken_binary(node: Node<'_>) -> bool {
    node.tag() == Some("!!binary") && node.text().is_some_and(|text| binary(text).is_none())
}

/// The bytes of a `!!binary` value.
pub(in crate::lint) fn binary(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let packed: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    base64::engine::general_purpose::STANDARD.decode(packed).ok()
}

fn wrong(node: Node<'_>, place: &str, wanted: &str) -> Finding {
    let text = clip(node.text().unwrap_or_default(), 60).into_owned();
    Finding::error("yaml/wrong-type", node.span(), format!("`{place}` is `{text}`, where {wanted} belongs"))
        .label(format!("not {wanted}"))
        .why(REFUSED)
}

fn cut_down(node: Node<'_>, place: &str, number: f64) -> Finding {
    let message = format!("`{place}` is read as `{}`: it is a whole number", number.trunc());
    Finding::warning("yaml/wrong-type", node.span(), message)
        .label("has a fraction")
        .why("Prometheus leaves the fraction out, and says nothing of it")
        .help("write a whole number")
}

fn one_of(node: Node<'_>, place: &str, words: &[&str]) -> Option<Finding> {
    let text = node.text().unwrap_or_default();
    (!words.contains(&text) && !text.is_empty()).then(|| {
        let message = format!("`{place}` cannot be `{}`", clip(text, 60));
        Finding::error("yaml/unknown-value", node.span(), message)
            .label("unknown value")
            .why(REFUSED)
            .help(format!("use one of `{}`", words.join("`, `")))
    })
}

fn protocol_fault(node: Node<'_>, text: &str, place: &str, version: Version) -> Option<Finding> {
    let known = || PROTOCOLS.iter().filter(|(_, since)| *since <= version).map(|(name, _)| *name);
    // Nothing is the fallback that no fallback is.
    if known().any(|name| name == text) || (text.is_empty() && place == "fallback_scrape_protocol") {
        return None;
    }
    let message = format!("`{place}` does not know the protocol `{}`", clip(text, 60));
    let finding =
        Finding::error("scrape/scrape-protocols", node.span(), message).label("unknown").why(REFUSED);
    let any_case = known().find(|name| name.eq_ignore_ascii_case(text));
    Some(match any_case.or_else(|| nearest(text, known())) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
            format!("write `{near}`"),
            Safety::Unsafe,
            vec![Edit::replace(node.span(), near)],
        ),
        None => finding.help(format!("use one of `{}`", known().collect::<Vec<_>>().join("`, `"))),
    })
}

/// As Go's `time.ParseDuration`; a bare number is a count of nanoseconds, which the YAML library takes.
fn is_go_duration(node: Node<'_>) -> bool {
    if matches!(node.value(), Some(Value::Int(_) | Value::Float(_))) {
        return true;
    }
    let text = node.text().unwrap_or_default();
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let numeric = number.bytes().any(|b| b.is_ascii_digit()) && number.matches('.').count() < 2;
        if !numeric || !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) {
            return false;
        }
        rest = tail;
        parts += 1;
    }
    parts > 0
}

fn duration_fault(node: Node<'_>, text: &str, place: &str) -> Option<Finding> {
    let err = duration::parse(text).err()?;
    let finding = Finding::error("scrape/duration", node.span(), format!("`{place}`: {err}"))
        .label("not a duration")
        .why(REFUSED);
    let bare = text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty();
    Some(if bare && node.style() == Some(Style::Plain) {
        finding.help(format!("add the unit: `{text}s` for seconds")).fix(
            "say seconds",
            Safety::Unsafe,
            vec![Edit::replace(node.span(), format!("{text}s"))],
        )
    } else {
        finding
    })
}

fn label_name(text: &str, version: Version) -> bool {
    if version >= Version::new(3, 0) { !text.is_empty() } else { name::is_label_name(text) }
}

/// As `ParseBase2Bytes` of alecthomas/units: signed numbers with units, several in a row; `KB` and `KiB` are the same.
fn is_base2_bytes(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let units = |suffix: &str, rest: &str| {
        rest.is_empty()
            || rest == "B"
            || ["K", "M", "G", "T", "P", "E"].iter().any(|it| *rest == format!("{it}{suffix}"))
    };
    let read = |suffix: &str| {
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
            let (number, tail) = rest.split_at(digits);
            let unit = tail.bytes().take_while(|b| !b.is_ascii_digit() && *b != b'.').count();
            let (unit, tail) = tail.split_at(unit);
            if number.parse::<f64>().is_err() || unit.is_empty() || !units(suffix, unit) {
                return false;
            }
            rest = tail;
        }
        !text.is_empty()
    };
    text == "0" || read("iB") || read("B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_prometheus() {
        for good in ["0", "10MB", "1GiB", "1.5KB", "1GB512MB", "5B"] {
            assert!(is_base2_bytes(good), "{good}");
        }
        for bad in ["", "10", "10 MB", "10kB", "MB", "1..5KB", "1GiB1KB"] {
            assert!(!is_base2_bytes(bad), "{bad}");
        }
    }
}
