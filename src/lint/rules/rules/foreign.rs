//! Signs of other query languages in what should be PromQL.

use crate::base::span::Span;
use crate::promql::Parsed;

/// Another query language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    /// Of Loki.
    LogQl,
    /// Of VictoriaMetrics.
    MetricsQl,
}

impl Language {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LogQl => "LogQL",
            Self::MetricsQl => "MetricsQL",
        }
    }

    /// Who evaluates it.
    pub(super) fn home(self) -> &'static str {
        match self {
            Self::LogQl => "the ruler of Loki",
            Self::MetricsQl => "vmalert",
        }
    }
}

/// Words that stand behind a `|` in LogQL.
const STAGES: [&str; 12] = [
    "json",
    "logfmt",
    "pattern",
    "regexp",
    "unpack",
    "line_format",
    "label_format",
    "unwrap",
    "decolorize",
    "drop",
    "keep",
    "distinct",
];

/// Functions that MetricsQL has beyond those of PromQL, by their beginnings.
const METRICSQL: [&str; 30] = [
    "rollup",
    "range_",
    "running_",
    "aggr_over_time",
    "ascent_over_time",
    "descent_over_time",
    "distinct_over_time",
    "hoeffding_bound_",
    "increase_pure",
    "increase_prometheus",
    "rate_prometheus",
    "integrate",
    "label_set",
    "label_del",
    "label_keep",
    "label_map",
    "label_match",
    "label_mismatch",
    "label_move",
    "label_copy",
    "label_uppercase",
    "label_lowercase",
    "label_value",
    "median_over_time",
    "median",
    "prometheus_buckets",
    "share_gt_over_time",
    "share_le_over_time",
    "smooth_exponential",
    "topk_",
];

/// The first sign of another language in an expression that Prometheus does not read.
pub(super) fn find(text: &str, parsed: &Parsed) -> Option<(Span, Language)> {
    if parsed.errors.is_empty() {
        return None;
    }
    let tokens = tokens(text);
    tokens.iter().enumerate().find_map(|(at, span)| {
        let word = span.of(text);
        let next = tokens.get(at + 1).map_or("", |span| span.of(text));
        let called = next == "(";
        let language = match word {
            "|=" | "|~" => Language::LogQl,
            "|" if STAGES.contains(&next) => Language::LogQl,
            "WITH" | "with" if at == 0 && called => Language::MetricsQl,
            "keep_metric_names" if at > 0 => Language::MetricsQl,
            "default" | "if" | "ifnot" if at > 0 && follows_operand(tokens[at - 1].of(text)) => {
                Language::MetricsQl
            }
            _ if called
                && METRICSQL.iter().any(|it| word == *it || (it.ends_with('_') && word.starts_with(it))) =>
            {
                Language::MetricsQl
            }
            _ if called && word.starts_with("rollup_") => Language::MetricsQl,
            _ => return None,
        };
        Some((*span, language))
    })
}

fn follows_operand(word: &str) -> bool {
    word.ends_with([')', '}', ']']) || word.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

/// Words and signs outside of strings and comments.
fn tokens(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'"' | b'\'' | b'`' => {
                while at < bytes.len() && bytes[at] != byte {
                    at += if bytes[at] == b'\\' && byte != b'`' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().take_while(|b| **b != b'\n').count();
                continue;
            }
            b'|' if matches!(bytes.get(at), Some(b'=' | b'~')) => at += 1,
            b'_' | b':' => at += word(&bytes[at..]),
            _ if byte.is_ascii_alphanumeric() => at += word(&bytes[at..]),
            _ if byte.is_ascii_whitespace() || !byte.is_ascii() => continue,
            _ => {}
        }
        found.push(Span::new(start, at));
    }
    found
}

fn word(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':')).count()
}

#[cfg(test)]
mod tests {
    use super::{Language, find};
    use crate::promql::{ParseOptions, parse};

    #[track_caller]
    fn check(text: &str, expect: Option<(Language, &str)>) {
        let found = find(text, &parse(text, &ParseOptions::default()));
        assert_eq!(found.map(|(span, language)| (language, span.of(text))), expect, "{text}");
    }

    #[test]
    fn other_languages_are_known_by_their_signs() {
        check(r#"count_over_time({job="a"} |= "x" [5m]) > 1"#, Some((Language::LogQl, "|=")));
        check(r#"sum(rate({job="a"} | json | level="error" [5m]))"#, Some((Language::LogQl, "|")));
        check("WITH (a = b) a", Some((Language::MetricsQl, "WITH")));
        check("rollup_rate(a[5m])", Some((Language::MetricsQl, "rollup_rate")));
        check("rate(a) keep_metric_names", Some((Language::MetricsQl, "keep_metric_names")));
        check("sum(a) default 0", Some((Language::MetricsQl, "default")));
        check("label_set(a, \"b\", \"c\")", Some((Language::MetricsQl, "label_set")));
    }

    #[test]
    fn slips_in_promql_are_not_taken_for_another_language() {
        check("rate(a)", None);
        check("sum(rate(a[5m])", None);
        check("a{b=\"|= x\"} +", None);
        check("default + 1 +", None);
        check("sum(a) # |= x\n+", None);
        check("a \"unclosed \\", None);
    }
}
