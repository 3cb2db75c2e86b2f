//! How long selectors and relabel rules take, in ns per series, against the same written by hand.
//!
//! `cargo bench --bench labels`. 2,000 series of 12 labels, as an instrumented service in Kubernetes has them.

#![allow(clippy::print_stdout)] // the result

mod support;

use std::hint::black_box;

use obsctl::base::version::Version;
use obsctl::relabel::{Labels, Outcome, RuleSpec, Rules};
use obsctl::selector::Selector;
use obsctl::wire::Label;
use regex::Regex;

use support::medians;

const SERIES: usize = 2_000;
const ROUNDS: usize = 201;

type Series = Vec<(String, String)>;

fn main() {
    let series: Vec<Series> = (0..SERIES).map(labels).collect();
    println!("{SERIES} series of {} labels; median of {ROUNDS} rounds, ns per series", series[0].len());
    println!("{:<44}{:>9}{:>9}{:>8}", "selector", "ours", "by hand", "ratio");
    selectors(&series);
    println!("{:<44}{:>9}{:>9}{:>8}", "relabel rules", "ours", "by hand", "ratio");
    relabeling(&series);
}

fn labels(index: usize) -> Series {
    let pod = index / 100;
    [
        ("__name__", format!("http_request_duration_seconds_{}", ["bucket", "sum", "count"][index % 3])),
        ("cluster", "eu-central-1".to_owned()),
        ("code", ["200", "201", "404", "500"][index % 4].to_owned()),
        ("container", "checkout".to_owned()),
        ("handler", format!("/api/v1/orders/{}", index % 25)),
        ("instance", format!("10.24.{}.{}:8080", pod / 16, pod)),
        ("job", "monitoring/checkout".to_owned()),
        ("le", format!("{}", 0.005 * (index % 12) as f64)),
        ("method", ["GET", "POST", "PUT"][index % 3].to_owned()),
        ("namespace", "shop-production".to_owned()),
        ("pod", format!("checkout-7c9d8b6f5-{pod:05}")),
        ("service", "checkout".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

fn report(what: &str, ours: f64, hand: f64) {
    println!("{what:<44}{ours:>9.1}{hand:>9.1}{:>8.2}", ours / hand);
}

fn value<'l>(labels: &[Label<'l>], name: &str) -> &'l str {
    labels.iter().find(|label| label.name == name).map_or("", |label| label.value)
}

fn selectors(series: &[Series]) {
    let views: Vec<Vec<Label<'_>>> = series
        .iter()
        .map(|labels| labels.iter().map(|(name, value)| Label { name, value }).collect())
        .collect();
    let words = Regex::new("^(?s:[45]..)$").expect("sound");
    let path = Regex::new("^(?s:/api/v[0-9]+/orders/1?[0-9])$").expect("sound");
    type ByHand<'h> = Box<dyn Fn(&[Label<'_>]) -> bool + 'h>;
    let cases: [(&str, ByHand<'_>); 5] = [
        (
            "http_request_duration_seconds_count",
            Box::new(|labels| value(labels, "__name__") == "http_request_duration_seconds_count"),
        ),
        (
            r#"{job="monitoring/checkout",code="500"}"#,
            Box::new(|labels| {
                value(labels, "job") == "monitoring/checkout" && value(labels, "code") == "500"
            }),
        ),
        (
            r#"{__name__=~"http_.*",method=~"GET|PUT"}"#,
            Box::new(|labels| {
                value(labels, "__name__").starts_with("http_")
                    && matches!(value(labels, "method"), "GET" | "PUT")
            }),
        ),
        (r#"{code=~"[45].."}"#, Box::new(|labels| words.is_match(value(labels, "code")))),
        (
            r#"{handler=~"/api/v[0-9]+/orders/1?[0-9]"}"#,
            Box::new(|labels| path.is_match(value(labels, "handler"))),
        ),
    ];
    for (text, by_hand) in &cases {
        let selector = Selector::parse(text).expect("a selector");
        assert!(views.iter().all(|labels| selector.matches(labels) == by_hand(labels)), "{text}");
        let count = |matches: &dyn Fn(&[Label<'_>]) -> bool| {
            black_box(views.iter().filter(|labels| matches(black_box(labels))).count());
            SERIES
        };
        let [ours, hand] = medians(
            ROUNDS,
            SERIES,
            [&mut || count(&|labels| selector.matches(labels)), &mut || count(by_hand)],
        );
        report(text, ours, hand);
    }
}

/// One rule from `(action, source labels, regex, target, replacement)`; empty is a field that is not there.
fn rule([action, sources, regex, target, replacement]: [&str; 5]) -> RuleSpec {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    RuleSpec {
        action: text(action),
        source_labels: text(sources).map(|names| names.split(',').map(str::to_owned).collect()),
        regex: text(regex),
        target_label: text(target),
        replacement: text(replacement),
        ..RuleSpec::default()
    }
}

/// Puts the labels into `Labels`, which costs something, and hands them to the rules.
fn relabeling(series: &[Series]) {
    type ByHand = fn(&mut Labels) -> bool;
    let cases: [(&str, Vec<RuleSpec>, ByHand); 5] = [
        ("none: the labels only", Vec::new(), |_| true),
        ("drop by name", vec![rule(["drop", "__name__", ".*_bucket", "", ""])], |labels| {
            !labels.get("__name__").ends_with("_bucket")
        }),
        ("replace, a constant", vec![rule(["", "", "", "region", "eu"])], |labels| {
            labels.set("region", "eu");
            true
        }),
        ("replace, a group", vec![rule(["", "instance", "(.+):\\d+", "host", "$1"])], |labels| {
            let host = labels.get("instance").rsplit_once(':').map(|(host, _)| host.to_owned());
            if let Some(host) = host {
                labels.set("host", &host);
            }
            true
        }),
        (
            "keep, labeldrop, replace",
            vec![
                rule(["keep", "namespace,service", "shop-.*;checkout", "", ""]),
                rule(["labeldrop", "", "le|cluster", "", ""]),
                rule(["", "pod", "(.*)-[^-]+-[^-]+", "workload", "$1"]),
            ],
            |labels| {
                if !labels.get("namespace").starts_with("shop-") || labels.get("service") != "checkout" {
                    return false;
                }
                labels.delete("le");
                labels.delete("cluster");
                let workload = labels.get("pod").rsplitn(3, '-').nth(2).map(str::to_owned);
                if let Some(workload) = workload {
                    labels.set("workload", &workload);
                }
                true
            },
        ),
    ];
    let mut labels = Labels::new();
    for (what, specs, by_hand) in cases {
        let rules = Rules::read(specs, Version::NEWEST).expect("sound rules");
        for pairs in series {
            let mut applied = Labels::new();
            applied.assign(pairs.iter().map(|(name, value)| (&**name, &**value)));
            let mut expected = applied.clone();
            let kept = rules.apply(&mut applied) == Outcome::Kept;
            assert_eq!(kept, by_hand(&mut expected), "{what}");
            assert!(!kept || applied == expected, "{what}: {applied:?}");
        }
        let mut other = Labels::new();
        let [ours, hand] = medians(
            ROUNDS,
            SERIES,
            [&mut || each(series, &mut labels, |labels| rules.apply(labels) == Outcome::Kept), &mut || {
                each(series, &mut other, by_hand)
            }],
        );
        report(what, ours, hand);
    }
}

fn each(series: &[Series], labels: &mut Labels, apply: impl Fn(&mut Labels) -> bool) -> usize {
    for pairs in series {
        labels.assign(pairs.iter().map(|(name, value)| (&**name, &**value)));
        black_box(apply(labels));
    }
    SERIES
}
