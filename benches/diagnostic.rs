//! How fast findings are rendered: µs per finding, of 10,000 in one file.
//!
//! `cargo bench --bench diagnostic`. Each with a label, a related place, reasons and a fix; in a file of many lines, and
//! in one that is a single line.

#![allow(clippy::print_stdout)] // the result

use std::time::Instant;

use obsctl::base::edit::Edit;
use obsctl::base::span::Span;
use obsctl::diagnostic::{Finding, Look, Mask, Safety, Source, compact, render};

const FINDINGS: usize = 10_000;

fn main() {
    println!("{FINDINGS} findings, µs per finding");
    println!("{:<12}{:>10}{:>10}{:>10}{:>10}", "file", "bytes", "prepared", "full", "compact");
    for (name, end) in [("many lines", '\n'), ("one line", ' ')] {
        let entry = format!("  - source_labels: [__meta_kubernetes_pod_name, env], action: hashmod{end}");
        let text = entry.repeat(FINDINGS);
        let findings: Vec<Finding> = (0..FINDINGS).map(|n| finding(&text, n * entry.len())).collect();
        let (prepared, source) = time(|| Source::new("prometheus.yml", &text, Mask::new([Span::new(5, 9)])));
        let (full, _) = time(|| render(&source, &findings, Look { color: true, width: Some(100) }));
        let (short, _) = time(|| compact(&source, &findings));
        println!("{name:<12}{:>10}{prepared:>10.2}{full:>10.1}{short:>10.2}", text.len());
    }
}

fn finding(text: &str, at: usize) -> Finding {
    let action = at + text[at..].find("hashmod").expect("it stands there");
    let span = Span::new(action, action + "hashmod".len());
    Finding::error("relabel/hashmod-without-modulus", span, "`hashmod` needs a `modulus` above 0")
        .label("this relabel rule sets no `modulus`")
        .related(Span::new(at + 4, at + 17), "of these labels")
        .why("Prometheus refuses to load the whole file")
        .help("add `modulus: N`, where N is the number of shards")
        .fix("add a modulus", Safety::Unsafe, vec![Edit::insert(span.end, ", modulus: 4")])
}

fn time<T>(run: impl FnOnce() -> T) -> (f64, T) {
    #[allow(clippy::disallowed_methods)] // a benchmark measures
    let start = Instant::now();
    let result = run();
    (start.elapsed().as_nanos() as f64 / 1000.0 / FINDINGS as f64, result)
}
