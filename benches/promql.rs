//! How fast expressions are read and checked, against the crate promql-parser, which gives a tree without places.
//!
//! `cargo bench --bench promql`. The expressions of `testdata/promql/expressions.tsv` that both take.

#![allow(clippy::print_stdout)] // the result

mod support;

use std::hint::black_box;

use obsctl::promql::{Features, ParseOptions, parse};

use support::medians;

const ROUNDS: usize = 51;

fn main() {
    let options = ParseOptions { features: Features::ALL, ..ParseOptions::default() };
    let sound =
        |text: &String| parse(text, &options).errors.is_empty() && promql_parser::parser::parse(text).is_ok();
    let all: Vec<String> = include_str!("../testdata/promql/expressions.tsv")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| serde_json::from_str(line.split('\t').nth(3)?).ok())
        .filter(sound)
        .collect();
    let (regexes, plain): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|text| text.contains("=~") || text.contains("!~"));
    println!("median of {ROUNDS} rounds");
    println!(
        "{:<22}{:>6}{:>8}{:>12}{:>8}{:>16}{:>8}",
        "expressions", "count", "bytes", "ours, µs", "MB/s", "promql-parser", "ratio"
    );
    for (what, texts) in [("without regexes", &plain), ("with regexes", &regexes)] {
        let bytes: usize = texts.iter().map(String::len).sum();
        let [ours, theirs] = medians(
            ROUNDS,
            texts.len(),
            [
                &mut || {
                    texts
                        .iter()
                        .map(|text| usize::from(black_box(parse(text, &options)).expr.is_some()))
                        .sum()
                },
                &mut || {
                    let parsed =
                        texts.iter().map(|text| black_box(promql_parser::parser::parse(text)).is_ok());
                    parsed.map(usize::from).sum()
                },
            ],
        );
        let speed = bytes as f64 / texts.len() as f64 / ours * 1e3;
        println!(
            "{what:<22}{:>6}{bytes:>8}{:>12.2}{speed:>8.1}{:>16.2}{:>8.1}",
            texts.len(),
            ours / 1e3,
            theirs / 1e3,
            theirs / ours
        );
    }
}
