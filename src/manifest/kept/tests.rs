//! What selectors come to as relabel rules, and that these take what the selectors take.

use proptest::prelude::*;

use super::*;
use crate::base::version::Version;
use crate::relabel::{Labels, Outcome, RuleSpec, Rules};
use crate::wire::Label;

fn selectors(texts: &[&str]) -> Vec<Selector> {
    texts.iter().map(|text| Selector::parse(text).expect("a selector")).collect()
}

fn kept(keep: &[&str], drop: &[&str]) -> Kept {
    Kept::new(selectors(keep), selectors(drop))
}

/// Rules as `action [labels] regex`.
fn shown(rules: &[Rule]) -> Vec<String> {
    let shown = |rule: &Rule| {
        let json = rule.to_map(Spelling::Plain).to_json();
        let labels: Vec<&str> = json["source_labels"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .collect();
        let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
        format!("{} [{}] {}", text("action"), labels.join(" "), text("regex"))
    };
    rules.iter().map(shown).collect()
}

#[track_caller]
fn check_rules(keep: &[&str], drop: &[&str], expect: &[&str]) {
    assert_eq!(shown(&kept(keep, drop).rules()), expect);
}

/// The rules as Prometheus runs them.
fn runnable(rules: &[Rule]) -> Rules {
    let specs = rules.iter().map(|rule| {
        let json = rule.to_map(Spelling::Plain).to_json();
        let text = |field: &str| json[field].as_str().map(str::to_owned);
        let labels = json["source_labels"].as_array().into_iter().flatten();
        RuleSpec {
            source_labels: Some(labels.filter_map(|it| it.as_str().map(str::to_owned)).collect()),
            separator: text("separator"),
            regex: text("regex"),
            action: text("action"),
            ..RuleSpec::default()
        }
    });
    Rules::read(specs, Version::new(3, 5)).expect("Prometheus takes them")
}

#[test]
fn names_come_to_one_rule_of_each_action() {
    check_rules(&["up", "kube_pod_*"], &[], &["keep [__name__] up|kube_pod_.*"]);
    check_rules(&[], &["a", "b_*"], &["drop [__name__] a|b_.*"]);
    check_rules(&["up", "up"], &[], &["keep [__name__] up"]);
    check_rules(&[r#"{"my.metric"}"#, r#"{__name__=~"a|b"}"#], &[], &[r"keep [__name__] my\.metric|(?:a|b)"]);
}

#[test]
fn labels_are_joined_so_that_nothing_matches_across_them() {
    check_rules(
        &["a", "b", r#"up{job="x|y",env!=""}"#],
        &[],
        &[r"keep [__name__ env job] (?:a|b)\x1f[^\x1f]*\x1f[^\x1f]*|up\x1f[^\x1f]+\x1fx\|y"],
    );
    check_rules(
        &[],
        &["a", r#"b{x=~"1|2"}"#, r#"{y="z"}"#],
        &["drop [__name__] a", r"drop [__name__ x] b\x1f(?:1|2)", "drop [y] z"],
    );
}

#[test]
fn what_one_rule_cannot_say_is_refused() {
    let why = |text: &str| check(&Selector::parse(text).expect("a selector")).map_err(|(message, _)| message);
    assert_eq!(why(r#"up{a!="",b=~"x"}"#), Ok(()));
    let refused = [
        (r#"up{a!="x"}"#, "has no negation"),
        (r#"{__name__!~"x",a="b"}"#, "has no negation"),
        (r#"up{a=~"x.*",a=~".*y"}"#, "two matchers of `a`"),
        (r#"up{"a.b"="x"}"#, "no name of a label"),
        ("up{a=\"x\u{1f}\"}", "U+001F"),
        (r#"up{a=~"\\Qx"}"#, "U+001F"),
    ];
    for (text, part) in refused {
        let message = why(text).expect_err(text);
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn scrapes_keep_names_and_leave_external_labels_alone() {
    let kept = kept(
        &["kube_pod_*", "up", r#"kube_node_info{cluster="a"}"#],
        &[r#"kube_pod_info{node=""}"#, r#"kube_pod_info{cluster="b"}"#, "http_*"],
    );
    let external = [("cluster".to_owned(), "a".to_owned())];
    let rules = kept.scrape_rules(["kube_pod_info", "kube_node_info"].into_iter(), &external);
    assert_eq!(
        shown(&rules),
        ["keep [__name__] kube_pod_.*|kube_node_info", r"drop [__name__ node] kube_pod_info\x1f"]
    );
}

#[test]
fn what_is_kept_and_dropped_again_is_found() {
    let kept = kept(&["a", "b_*", "c"], &["a*", "b_*", r#"c{x="y"}"#]);
    let is_dropped = |text: &str| kept.is_dropped(&Selector::parse(text).expect("a selector"));
    assert_eq!(["a", "b_*", "c"].map(is_dropped), [true, true, false]);
    assert_eq!(["a", "b_1", "c", "d"].map(|name| kept.may_keep(name)), [false, false, true, false]);
}

fn selector() -> impl Strategy<Value = Selector> {
    let name = prop::sample::select(vec!["up", "u*", "*p", r#"{"a.b"}"#, r#"{__name__=~"up|a.b"}"#, "{"]);
    let value = "(x|y|;|\\||a\\.|\\$){0,2}";
    let matcher = (prop::sample::select(vec!["a", "b"]), prop::sample::select(vec!["=", "=~", "!="]), value);
    (name, prop::collection::vec(matcher, 0..3)).prop_filter_map("a sayable selector", |(name, matchers)| {
        let matchers: Vec<String> = matchers
            .iter()
            .map(|(label, op, value)| format!("{label}{op}'{}'", value.replace('\\', r"\\")))
            .collect();
        let text = match name.strip_suffix('}') {
            _ if name == "{" => format!("{{{}}}", matchers.join(",")),
            Some(open) if !matchers.is_empty() => format!("{open},{}}}", matchers.join(",")),
            Some(_) => name.to_owned(),
            None => format!("{name}{{{}}}", matchers.join(",")),
        };
        Selector::parse(&text).ok().filter(|selector| check(selector).is_ok())
    })
}

proptest! {
    #[test]
    fn rules_keep_what_selectors_select(
        keep in prop::collection::vec(selector(), 0..4),
        drop in prop::collection::vec(selector(), 0..3),
        name in prop::sample::select(vec!["up", "a.b", "axb", "u", "x"]),
        a in "(x|y|;|\\||a\\.|\\n|\\$){0,2}",
        b in "(x|y|;|\\||a.){0,2}",
    ) {
        let mut series: Vec<(&str, &str)> = vec![("__name__", name), ("a", &a), ("b", &b)];
        series.retain(|(_, value)| !value.is_empty());
        let labels: Vec<Label<'_>> = series.iter().map(|&(name, value)| Label { name, value }).collect();
        let any = |selectors: &[Selector]| selectors.iter().any(|selector| selector.matches(&labels));
        let expect = (keep.is_empty() || any(&keep)) && !any(&drop);
        let rules = Kept::new(keep, drop).rules();
        let mut labels = Labels::new();
        labels.assign(series);
        let outcome = runnable(&rules).apply(&mut labels);
        prop_assert_eq!(outcome == Outcome::Kept, expect, "{:?}", shown(&rules));
    }
}
