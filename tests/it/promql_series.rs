//! Series of rule unit tests against the real promtool: the same are taken and refused, and they have as many samples.
//!
//! Every case is a test group of one file, and promtool's report names those that failed.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use obsctl::promql::ParseOptions;
use obsctl::promql::series::{self, ItemKind};

use crate::promql::{Random, options_of, yaml};
use crate::support::peers::{self, PROMTOOL};

/// Minutes after the first value at which samples are counted.
const COUNTED_AT: u64 = 20;
const MUTATED: usize = 1500;

const VALUES: &[&str] = &[
    "",
    "1",
    " 1  2\t3 ",
    "1 2+1x3 _x2 stale {{schema:0 sum:5 count:4 buckets:[1 2 1]}}x3",
    "0+10x100",
    "1-2.5x4 -3 +4 -Inf NaN inf +nan",
    "1e3 .5 5. 1_000 017 0x3 1x0 _x0 2x03",
    "1+1e1x2 -1-1x2 stale+1x2 stalex2",
    "{{}} {{ }} {{}}x2 {{schema:1 count:5}}+{{count:1 schema:2}}x2",
    "{{schema:-53 custom_values:[5 10] buckets:[1 2 3] count:6}}-{{schema:-53 custom_values:[5 10] buckets:[1 1 1]}}x1",
    "{{n_buckets:[1 2] n_offset:-1 offset:2 buckets:[1] z_bucket:2 z_bucket_w:0.001 counter_reset_hint:gauge}}",
    "{{schema:3 SUM:-1.5 count:Inf counter_reset_hint:Not_Reset}}",
    "{{schema:1}}+{{schema:0}}x2",
    "{{schema:0}}+{{schema:0}}",
    "{{sum:1 sum:2}}",
    "{{schema:1.5}}",
    "{{buckets:[]}}",
    "{{buckets:[ 1]}}",
    "{{buckets:[1 2 ] }}",
    "{{buckets:[-1 -.5 inf]}}",
    "{{sum:.5}}",
    "{{ sum:1}}",
    "1x",
    "1x2x3",
    "1+2",
    "1 +2x3",
    "__",
    "_5",
    "0x1f",
    "1#2",
    "stale",
    "Stale",
    "sum",
    "x3",
    "1x-3",
    "1x1.5",
    "1y",
    "1e 2",
    "é",
];

const SERIES: &[&str] = &[
    "m",
    "m{}",
    "{}",
    "{__name__=\"m\"}",
    "m{a=\"b\",}",
    "m{ a = 'b' , \"c.d\" = `e` }",
    "{\"m.x\"}",
    "{\"m.x\", a=\"b\"}",
    "m{\"x\"}",
    "m{__name__=\"x\"}",
    "m{a=\"1\",a=\"2\"}",
    "m {a=\"b\"}",
    " m{a=\"b\"} ",
    "m{a=b}",
    "m{a}",
    "m{a=~\"b\"}",
    "m{by=\"1\",on=\"2\",inf=\"3\"}",
    "a:b{c:d=\"1\"}",
    ":m",
    "sum",
    "by",
    "offset{a=\"b\"}",
    "on",
    "bool",
    "inf",
    "nan{}",
    "atan2",
    "and{}",
    "start",
    "5m",
    "m{,}",
    "m{a=\"\"}",
    "m{a=\"\\x41\\u00e9\"}",
    "m{a=\"\\z\"}",
    "m{a=\"b\"}{}",
    "größe",
    "{\"größe\"}",
];

const PIECES: [&str; 34] = [
    " ",
    "  ",
    "_",
    "x",
    "x2",
    "+",
    "-",
    "1",
    "0.5",
    "e",
    ".",
    "stale",
    "NaN",
    "{{",
    "}}",
    "{{}}",
    "[",
    "]",
    ":",
    "schema:",
    "sum:",
    "buckets:[1]",
    "+1x2",
    "_x3",
    "inf",
    "x0",
    "#",
    "é",
    "{",
    "}",
    "0",
    "-2x1",
    " 3",
    "\t",
];

#[test]
fn values_are_taken_and_counted_as_promtool_does() {
    let Some([promtool]) = peers::find("promql_series::values", [PROMTOOL]) else { return };
    let mut texts: Vec<String> = VALUES.iter().map(|text| (*text).to_owned()).collect();
    let mut random = Random(0x5E71E5);
    while texts.len() < MUTATED {
        let base = *random.pick(VALUES);
        let text = random.mutate(base, &PIECES);
        // promtool expands what it reads.
        if !text.split('x').any(|part| part.bytes().take_while(u8::is_ascii_digit).count() > 4) {
            texts.push(text);
        }
    }
    let cases: Vec<(String, String)> = texts.into_iter().map(|text| ("m".to_owned(), text)).collect();
    let failures = failures(&promtool, &cases);
    let options = options_of(&promtool);
    let (mut accepted, mut passed_over) = (0, 0);
    for ((_, text), failure) in cases.iter().zip(failures) {
        match (series::values(text, &options), failure) {
            (Ok(_), None) => accepted += 1,
            // What the storage refuses of histograms is not looked at here, so there is nothing to count.
            (Ok(items), Some(failure)) => {
                let histograms = items.iter().any(|item| matches!(item.kind, ItemKind::Histogram { .. }));
                let stored = failure.contains("got:") || failure.contains("parse error");
                assert!(histograms && !stored, "{text:?} is taken; promtool: {failure}");
            }
            // promtool passes over what it does not understand between the numbers of a list.
            (Err(error), None) => {
                let in_list = text[..error.span.start].rfind('[') > text[..error.span.start].rfind(']');
                assert!(in_list, "{text:?}: {error}; promtool takes it");
                passed_over += 1;
            }
            (Err(_), Some(_)) => {}
        }
    }
    eprintln!("{} values, {accepted} accepted by both, {passed_over} with odd lists", cases.len());
    assert!(accepted > MUTATED / 5 && accepted < MUTATED * 4 / 5, "both kinds are there");
    assert!(passed_over < MUTATED / 20);
}

#[test]
fn series_are_taken_as_promtool_does() {
    let Some([promtool]) = peers::find("promql_series::series", [PROMTOOL]) else { return };
    let mut texts: Vec<String> = SERIES.iter().map(|text| (*text).to_owned()).collect();
    let mut random = Random(0x5E71E6);
    let pieces =
        ["{", "}", "\"", "=", ",", "a", "\"b\"", "by", ":", "'", "`", "~", "1", "__name__", " ", "é", "\\"];
    while texts.len() < MUTATED {
        let base = *random.pick(SERIES);
        let text = random.mutate(base, &pieces);
        // Values may begin in the text of the series, and `#` makes a comment of the line.
        if !text.trim().is_empty() && !text.contains('#') {
            texts.push(text);
        }
    }
    let cases: Vec<(String, String)> = texts.into_iter().map(|text| (text, "1".to_owned())).collect();
    let failures = failures(&promtool, &cases);
    let options = options_of(&promtool);
    let mut accepted = 0;
    for ((text, _), failure) in cases.iter().zip(failures) {
        match (series::series(text, &options), failure) {
            (Ok(_), None) => accepted += 1,
            (Ok(metric), Some(failure)) => {
                let empty =
                    metric.name.is_none() && metric.labels.iter().all(|(_, value)| value.text.is_empty());
                assert!(empty || failure.contains("got:"), "{text:?} is taken; promtool: {failure}");
                assert!(!failure.contains("parse error"), "{text:?} is taken; promtool: {failure}");
            }
            (Err(error), None) => {
                // Of two labels of one name promtool looks at none that a name before the braces overrides, and of
                // what stands behind the labels it makes values.
                let known = error.message.contains("stands twice") && text.contains("__name__")
                    || text.trim().contains([' ', '\t']);
                assert!(known, "{text:?}: {error}; promtool takes it");
            }
            (Err(_), Some(_)) => {}
        }
    }
    eprintln!("{} series, {accepted} accepted by both", cases.len());
    assert!(accepted > MUTATED / 10 && accepted < MUTATED * 9 / 10, "both kinds are there");
}

/// What promtool has against each case, a series and its values.
fn failures(promtool: &Path, cases: &[(String, String)]) -> Vec<Option<String>> {
    let options = options_of(promtool);
    let folder = tempfile::tempdir().unwrap();
    let (file, report) = (folder.path().join("tests.yml"), folder.path().join("report.xml"));
    let mut tests = "rule_files: []\nevaluation_interval: 1m\ntests:\n".to_owned();
    for (at, (series, values)) in cases.iter().enumerate() {
        let expected = match samples(values, &options) {
            0 => String::new(),
            count => format!("{{labels: '{{}}', value: {count}}}"),
        };
        let _ = writeln!(
            tests,
            "- name: \"{at}\"\n  interval: 1m\n  input_series: [{{series: \"{}\", values: \"{}\"}}]\n  \
             promql_expr_test: [{{expr: 'sum(count_over_time({{__name__=~\".+\"}}[1h]))', eval_time: {COUNTED_AT}m, \
             exp_samples: [{expected}]}}]",
            yaml(series),
            yaml(values)
        );
    }
    std::fs::write(&file, tests).unwrap();
    let mut command = Command::new(promtool);
    command.args(["test", "rules", "--junit"]).arg(&report).arg(&file);
    let output = command.output().expect("promtool runs");
    let report = std::fs::read_to_string(&report).unwrap_or_else(|_| {
        panic!(
            "no report: {}",
            String::from_utf8_lossy(&output.stderr).chars().take(2000).collect::<String>()
        )
    });
    let failures: Vec<Option<String>> = report
        .split("<testcase name=")
        .skip(1)
        .map(|case| {
            let failure = case.split_once("<failure>")?.1;
            Some(failure.split("</failure>").next().unwrap_or_default().to_owned())
        })
        .collect();
    assert_eq!(failures.len(), cases.len(), "a verdict for every case");
    failures
}

/// The samples by the time of counting; a stale marker is none.
fn samples(values: &str, options: &ParseOptions) -> u64 {
    let mut minute = 0;
    let mut samples = 0;
    for item in series::values(values, options).unwrap_or_default() {
        let last = COUNTED_AT + 1;
        let counted = (minute + item.count()).min(last) - minute.min(last);
        minute += item.count();
        samples += match item.kind {
            ItemKind::Blank => 0,
            // Only the first is the marker: with a step the next are other NaNs.
            ItemKind::Number { value, step } if value.to_bits() == 0x7ff0_0000_0000_0002 => {
                if step.is_some() { counted.saturating_sub(1) } else { 0 }
            }
            _ => counted,
        };
    }
    samples
}
