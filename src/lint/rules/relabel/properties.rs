//! What the rules claim of relabel rules holds in the engine for every label set: lists of rules and label sets are
//! generated, from words that meet each other often.

use proptest::prelude::*;

use crate::lint::{Options, World};
use crate::relabel::{Dialect, Labels, Outcome, RuleSpec, Rules};

const NAMES: [&str; 6] = ["a", "b", "__tmp_x", "__name__", "job", "__address__"];
const VALUES: [&str; 7] = ["", "x", "y", "xy", "x;y", ";", "a"];
const REGEXES: [&str; 19] = [
    "(.*)", ".*", "(.+)", "x", "y|z", "x|y", "", "x;y", ";", ".*;.*", "x.*", "y.+", "(x)(y)?", "a|b",
    "(a|__.+)", "(?i)X", "[xy]", "(x.*)", "^x$",
];
const ACTIONS: [&str; 13] = [
    "replace",
    "replace",
    "replace",
    "keep",
    "drop",
    "keep",
    "keepequal",
    "dropequal",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
];

fn spec() -> impl Strategy<Value = RuleSpec> {
    let pick = |list: &'static [&'static str]| prop::sample::select(list).prop_map(str::to_owned);
    let regex = prop::option::weighted(0.8, pick(&REGEXES));
    let replacement = prop::option::weighted(0.3, pick(&["$1", "${0}", "x", "", "$1_x", "$2"]));
    let separator = prop::option::weighted(0.2, pick(&["", ",", "x"]));
    let target = pick(&["a", "b", "__tmp_x", "__address__", "$1", "job", "job"]);
    let sources = prop::collection::vec(pick(&NAMES), 0..3);
    (pick(&ACTIONS), sources, separator, regex, target, replacement).prop_map(
        |(action, sources, separator, regex, target, replacement)| {
            let names = matches!(action.as_str(), "labeldrop" | "labelkeep");
            let equal = matches!(action.as_str(), "keepequal" | "dropequal");
            let bare = names || equal || action == "lowercase";
            RuleSpec {
                source_labels: (!names).then_some(sources),
                separator: separator.filter(|_| !names && !equal),
                regex: regex.filter(|_| !equal),
                modulus: (action == "hashmod").then_some(2),
                target_label: (!names && action != "labelmap")
                    .then_some(target)
                    .filter(|_| !matches!(action.as_str(), "keep" | "drop")),
                replacement: replacement.filter(|text| !bare && (action != "labelmap" || !text.is_empty())),
                action: Some(action),
            }
        },
    )
}

fn labels() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let name = prop::sample::select(&["a", "b", "c", "__tmp_x", "__name__", "job", "__address__", "x"][..]);
    prop::collection::btree_map(name, prop::sample::select(&VALUES[..]), 0..6)
        .prop_map(|map| map.into_iter().collect())
}

/// The rules as a metric relabeling, one in a line of its own, the first in line 4.
fn file(specs: &[RuleSpec], field: &str) -> String {
    let rule = |spec: &RuleSpec| {
        let mut map = serde_json::Map::new();
        let mut put = |name: &str, value: Option<serde_json::Value>| {
            value.map(|value| map.insert(name.to_owned(), value));
        };
        put("source_labels", spec.source_labels.clone().map(Into::into));
        put("separator", spec.separator.clone().map(Into::into));
        put("regex", spec.regex.clone().map(Into::into));
        put("modulus", spec.modulus.map(Into::into));
        put("target_label", spec.target_label.clone().map(Into::into));
        put("replacement", spec.replacement.clone().map(Into::into));
        put("action", spec.action.clone().map(Into::into));
        format!("      - {}\n", serde_json::Value::Object(map))
    };
    format!(
        "scrape_configs:\n  - job_name: test\n    {field}:\n{}",
        specs.iter().map(rule).collect::<String>()
    )
}

/// Which rules (from 0) have a finding of `name`.
fn found(text: &str, name: &str) -> Vec<usize> {
    said(text, name).into_iter().map(|(at, _)| at).collect()
}

/// The same, with what the finding says.
fn said(text: &str, name: &str) -> Vec<(usize, String)> {
    let mut world = World::new(Options::default());
    world.add("test.yml", text.to_owned());
    let found = world.check().into_iter().flat_map(|checked| checked.findings);
    let line = |at: usize| text[..at].matches('\n').count() - 3;
    found.filter(|it| it.rule == name).map(|it| (line(it.span.start), it.message)).collect()
}

/// What stands last between backticks.
fn last_quoted(message: &str) -> &str {
    message.rsplit('`').nth(1).unwrap_or_default()
}

fn read(specs: &[RuleSpec]) -> Option<Rules> {
    Rules::read(specs.to_vec(), Dialect::from(Options::default().prometheus)).ok()
}

fn assign(pairs: &[(&str, &str)]) -> Labels {
    let mut labels = Labels::new();
    labels.assign(pairs.iter().copied());
    labels
}

proptest! {
    #[test]
    fn a_noop_rule_changes_nothing(specs in prop::collection::vec(spec(), 1..5), sets in prop::collection::vec(labels(), 8)) {
        for at in found(&file(&specs, "metric_relabel_configs"), "relabel/noop-rule") {
            let rule = read(&specs[at..=at]).expect("only rules that are taken are judged");
            for pairs in &sets {
                let (before, mut labels) = (assign(pairs), assign(pairs));
                prop_assert_eq!(rule.apply(&mut labels), Outcome::Kept, "{:?}", specs[at]);
                prop_assert_eq!(before.to_vec(), labels.to_vec(), "{:?}", specs[at]);
            }
        }
    }

    #[test]
    fn an_empty_chain_keeps_nothing(specs in prop::collection::vec(spec(), 1..6), sets in prop::collection::vec(labels(), 16)) {
        for at in found(&file(&specs, "metric_relabel_configs"), "relabel/keep-chain-empty") {
            let Some(rules) = read(&specs[..=at]) else { continue };
            for pairs in &sets {
                let outcome = rules.apply(&mut assign(pairs));
                prop_assert!(matches!(outcome, Outcome::Dropped { .. }), "{:?}: {specs:?}", pairs);
            }
        }
    }

    /// What a rule reads too early or too late is empty: with the label taken away before it, nothing is otherwise.
    #[test]
    fn what_is_read_after_it_was_removed_is_empty(specs in prop::collection::vec(spec(), 2..6), sets in prop::collection::vec(labels(), 8)) {
        let text = file(&specs, "metric_relabel_configs");
        for at in found(&text, "relabel/order-dependency") {
            let Some(before) = read(&specs[..at]) else { continue };
            let sources = specs[at].source_labels.clone().unwrap_or_default();
            let mut removed: Vec<&str> = sources.iter().map(String::as_str).chain(specs[at].target_label.as_deref()).collect();
            for pairs in &sets {
                let mut labels = assign(pairs);
                // What is read before it is set may come from outside only by a name that Prometheus never uses.
                labels.delete("__tmp_x");
                if before.apply(&mut labels) == Outcome::Kept {
                    removed.retain(|label| labels.get(label).is_empty());
                }
            }
            prop_assert!(!removed.is_empty(), "{specs:?}");
        }
    }

    /// A label of which it is said that it is lost is not there in the end, whatever came in.
    #[test]
    fn what_is_lost_does_not_come_back(specs in prop::collection::vec(spec(), 1..5), sets in prop::collection::vec(labels(), 8)) {
        for field in ["metric_relabel_configs", "relabel_configs"] {
            let text = file(&specs, field);
            let found = ["relabel/labelkeep-drops-name", "relabel/labeldrop-identity"].map(|rule| said(&text, rule)).concat();
            for (at, message) in found {
                let Some(rules) = read(&specs) else { continue };
                for pairs in &sets {
                    let mut labels = assign(pairs);
                    if rules.apply(&mut labels) == Outcome::Kept {
                        prop_assert_eq!(labels.get(last_quoted(&message)), "", "rule {} of {:?}", at, specs);
                    }
                }
            }
        }
    }

    /// Where all sources are missing, the label goes that is said to go.
    #[test]
    fn what_may_be_emptied_is(specs in prop::collection::vec(spec(), 1..5)) {
        for at in found(&file(&specs, "metric_relabel_configs"), "relabel/replace-may-empty") {
            let rule = read(&specs[at..=at]).expect("only rules that are taken are judged");
            let target = specs[at].target_label.as_deref().unwrap_or_default();
            let mut labels = assign(&[(target, "x")]);
            prop_assert_eq!(rule.apply(&mut labels), Outcome::Kept);
            prop_assert!(labels.is_empty(), "{:?}", specs[at]);
        }
    }

    /// A fix that is called safe says what was meant: the group that the name begins with, and then text.
    #[test]
    fn a_replacement_that_is_mended_has_no_more_to_find(spec in spec()) {
        let text = file(std::slice::from_ref(&spec), "metric_relabel_configs");
        let mut world = World::new(Options::default());
        world.add("test.yml", text.clone());
        for finding in world.check().into_iter().flat_map(|checked| checked.findings) {
            let Some(fix) = finding.fix.filter(|_| finding.rule == "relabel/group-reference") else { continue };
            let mended = crate::base::edit::apply(&text, &fix.edits).expect("edits of one fix fit");
            prop_assert!(found(&mended, "relabel/group-reference").is_empty(), "{mended}");
        }
    }
}

/// The generated lists have findings at all.
#[test]
fn generated_lists_are_found_fault_with() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut count = std::collections::BTreeMap::new();
    for _ in 0..800 {
        let specs = prop::collection::vec(spec(), 1..6).new_tree(&mut runner).expect("a list").current();
        let text = file(&specs, "metric_relabel_configs");
        for rule in [
            "relabel/noop-rule",
            "relabel/keep-chain-empty",
            "relabel/order-dependency",
            "relabel/group-reference",
            "relabel/labelkeep-drops-name",
            "relabel/labeldrop-identity",
            "relabel/replace-may-empty",
        ] {
            *count.entry(rule).or_insert(0) += found(&text, rule).len();
        }
    }
    assert!(count.values().all(|count| *count > 2), "{count:?}");
}
