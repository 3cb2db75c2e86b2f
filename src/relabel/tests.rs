use proptest::prelude::*;

use super::*;
use crate::base::testing::cases;
use crate::base::version::Version;

const V3_5: Version = Version::new(3, 5);

/// Rules as JSON objects, one per line, with the fields of a config.
fn specs(rules: &str) -> Vec<RuleSpec> {
    let texts = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let spec = |line: &str| {
        let object: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|err| panic!("{line}: {err}"));
        let mut spec = RuleSpec::default();
        for (field, value) in object.as_object().unwrap() {
            let text = || Some(value.as_str().unwrap().to_owned());
            match &**field {
                "source_labels" => spec.source_labels = Some(texts(value)),
                "separator" => spec.separator = text(),
                "regex" => spec.regex = text(),
                "modulus" => spec.modulus = value.as_u64(),
                "target_label" => spec.target_label = text(),
                "replacement" => spec.replacement = text(),
                "action" => spec.action = text(),
                other => panic!("{other}"),
            }
        }
        spec
    };
    rules.lines().map(str::trim).filter(|line| !line.is_empty()).map(spec).collect()
}

fn legacy(major: u16, minor: u16) -> Dialect {
    Dialect { version: Version::new(major, minor), legacy_names: true }
}

fn read(rules: &str, dialect: impl Into<Dialect>) -> Rules {
    Rules::read(specs(rules), dialect).unwrap_or_else(|(at, err)| panic!("rule {at}: {err}"))
}

/// Labels as `a=1 b=2`; `dropped` is what a drop looks like.
#[track_caller]
fn check(rules: &str, labels: &str, expect: &str) {
    check_version(V3_5, rules, labels, expect);
}

#[track_caller]
fn check_version(version: Version, rules: &str, labels: &str, expect: &str) {
    let rules = read(rules, version);
    let pairs = labels.split_whitespace().map(|pair| pair.split_once('=').unwrap());
    let mut labels = Labels::new();
    labels.assign(pairs);
    let mut explained = labels.clone();
    let explanation = rules.explain(&mut explained);
    let outcome = rules.apply(&mut labels);
    assert_eq!((explanation.outcome, &explained), (outcome, &labels), "explain does the same");
    let got = match outcome {
        Outcome::Kept => {
            labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        }
        Outcome::Dropped { .. } => "dropped".to_owned(),
        Outcome::TooLarge { .. } => "too large".to_owned(),
    };
    assert_eq!(got, expect);
}

#[track_caller]
fn check_refused(dialect: impl Into<Dialect>, rule: &str, expect: &str) {
    let (at, error) = Rules::read(specs(rule), dialect).expect_err(rule);
    assert_eq!((at, error.to_string()), (0, expect.to_owned()));
    assert!(expect.starts_with(&format!("`{}`: ", error.field())), "{expect} is about {}", error.field());
    assert!(!error.why().is_empty() && !error.help().is_empty());
}

#[test]
fn replace_writes_what_groups_matched() {
    check(r#"{"source_labels":["a"],"target_label":"b"}"#, "a=x", "a=x b=x");
    check(
        r#"{"source_labels":["a","b"],"regex":"(.*);(.*)","target_label":"c","replacement":"$2-${1}"}"#,
        "a=x b=y",
        "a=x b=y c=y-x",
    );
    check(
        r#"{"source_labels":["a"],"regex":"(?P<n>.)(.*)","target_label":"l_${n}","replacement":"$2"}"#,
        "a=xyz",
        "a=xyz l_x=yz",
    );
    check(r#"{"source_labels":["a"],"regex":"x","target_label":"b","replacement":"new"}"#, "a=xy", "a=xy");
    check(r#"{"target_label":"b","replacement":"new"}"#, "a=x", "a=x b=new");
    check(r#"{"source_labels":["a"],"target_label":"b","replacement":"$1x"}"#, "a=x b=y", "a=x");
    check(r#"{"source_labels":["a","none"],"separator":"/","target_label":"b"}"#, "a=x", "a=x b=x/");
}

#[test]
fn an_empty_value_deletes() {
    check(r#"{"target_label":"a","replacement":""}"#, "a=x b=y", "b=y");
    check(r#"{"source_labels":["none"],"target_label":"a"}"#, "a=x b=y", "b=y");
    check(r#"{"action":"lowercase","source_labels":["none"],"target_label":"a"}"#, "a=x", "");
    check(
        r#"{"source_labels":["a"],"regex":"(.)","target_label":"${1}","replacement":""}"#,
        "a=b b=y",
        "a=b",
    );
}

#[test]
fn a_target_that_comes_out_empty_is_left_alone() {
    check(
        r#"{"source_labels":["a"],"regex":"x(y)?","target_label":"${1}","replacement":"new"}"#,
        "a=x",
        "a=x",
    );
}

#[test]
fn keep_and_drop_match_the_whole_joined_value() {
    let keep = r#"{"action":"keep","source_labels":["a","b"],"regex":"x;y|z"}"#;
    check(keep, "a=x b=y", "a=x b=y");
    check(keep, "a=x b=yy", "dropped");
    check(keep, "a=z", "dropped");
    let drop = r#"{"action":"drop","source_labels":["env"],"regex":"dev"}"#;
    check(drop, "env=dev", "dropped");
    check(drop, "env=prod", "env=prod");
    check(r#"{"action":"keep","source_labels":["none"],"regex":""}"#, "a=x", "a=x");
    check(r#"{"action":"drop"}"#, "a=x", "dropped");
}

#[test]
fn keepequal_and_dropequal_compare() {
    let keep = r#"{"action":"KeepEqual","source_labels":["a"],"target_label":"b"}"#;
    check(keep, "a=x b=x", "a=x b=x");
    check(keep, "a=x b=y", "dropped");
    check(keep, "c=x", "c=x");
    let drop = r#"{"action":"dropequal","source_labels":["a","b"],"target_label":"c","separator":";"}"#;
    check(drop, "a=x b=y c=x;y", "dropped");
    check(drop, "a=x b=y c=x", "a=x b=y c=x");
}

#[test]
fn hashmod_takes_the_low_half_of_md5() {
    // The last 8 bytes of the MD5 of `baz`: e44cf984c85f6e88.
    check(
        r#"{"action":"hashmod","source_labels":["c"],"target_label":"d","separator":";","modulus":1000}"#,
        "a=foo b=bar c=baz",
        "a=foo b=bar c=baz d=976",
    );
    check(r#"{"action":"hashmod","target_label":"d","modulus":1}"#, "a=x", "a=x d=0");
    // The last 8 bytes of the MD5 of nothing: e9800998ecf8427e.
    check(
        r#"{"action":"hashmod","target_label":"d","modulus":18446744073709551615}"#,
        "a=x",
        &format!("a=x d={}", 0xe980_0998_ecf8_427e_u64),
    );
}

#[test]
fn labelmap_copies_by_name() {
    check(r#"{"action":"labelmap","regex":"m_(.+)"}"#, "m_a=1 m_b=2 x=3", "a=1 b=2 m_a=1 m_b=2 x=3");
    check(r#"{"action":"labelmap","regex":"m_(.+)","replacement":"n_${1}_$1"}"#, "m_a=1", "m_a=1 n_a_a=1");
    check(r#"{"action":"labelmap","regex":"(.)(.)","replacement":"$2$1"}"#, "ab=1 ba=2", "ab=2 ba=1");
    check(r#"{"action":"labelmap","regex":"a(b)?","replacement":"$1"}"#, "a=1", "=1 a=1");
}

#[test]
fn of_two_labels_mapped_to_one_name_the_later_stays() {
    let map = r#"{"action":"labelmap","regex":"(m|n).*","replacement":"x"}"#;
    check(map, "m1=1 n1=2 m2=3", "m1=1 m2=3 n1=2 x=2");
    let added = &format!(r#"{{"target_label":"m1","replacement":"9"}}{}{map}"#, "\n");
    check(added, "m1=1 n1=2", "m1=9 n1=2 x=9");
    check_version(Version::new(2, 42), added, "m1=1 n1=2", "m1=9 n1=2 x=2");
}

#[test]
fn labeldrop_and_labelkeep_go_by_name() {
    check(r#"{"action":"labeldrop","regex":"m_.*|x"}"#, "m_a=1 x=3 y=4", "y=4");
    check(r#"{"action":"labelkeep","regex":"m_.*|x"}"#, "m_a=1 x=3 y=4", "m_a=1 x=3");
    check(r#"{"action":"labelkeep","regex":""}"#, "a=1", "");
}

#[test]
fn lowercase_and_uppercase_map_characters() {
    check(
        r#"{"action":"uppercase","source_labels":["a"],"target_label":"b"}"#,
        "a=straße",
        "a=straße b=STRAßE",
    );
    check(r#"{"action":"Lowercase","source_labels":["a"],"target_label":"a"}"#, "a=ΣΑΣ", "a=σασ");
}

#[test]
fn rules_see_what_earlier_ones_did_and_stop_at_a_drop() {
    check(
        r#"{"source_labels":["a"],"target_label":"tmp"}
           {"action":"labeldrop","regex":"a"}
           {"source_labels":["tmp"],"regex":"(.).*","target_label":"b"}
           {"action":"labeldrop","regex":"tmp"}"#,
        "a=xyz",
        "b=x",
    );
    let rules = read("{\"action\":\"drop\",\"source_labels\":[\"a\"]}\n{\"target_label\":\"b\"}", V3_5);
    let mut labels = Labels::from([("a", "x")]);
    assert_eq!(rules.apply(&mut labels), Outcome::Dropped { rule: 0 });
    assert_eq!(labels.to_vec(), [("a", "x")]);
}

#[test]
fn newlines_are_matched_since_3_0() {
    for (version, expect) in [(Version::new(2, 55), Outcome::Dropped { rule: 0 }), (V3_5, Outcome::Kept)] {
        let rules = read(r#"{"action":"keep","source_labels":["a"],"regex":"x.y"}"#, version);
        assert_eq!(rules.apply(&mut Labels::from([("a", "x\ny")])), expect);
    }
}

#[test]
fn an_invalid_or_empty_result_was_otherwise_before_2_50() {
    let empty = r#"{"source_labels":["a"],"regex":"(.)","target_label":"l$1","replacement":""}"#;
    check_version(Version::new(2, 49), empty, "a=b lb=1", "a=b lb=1");
    check_version(Version::new(2, 50), empty, "a=b lb=1", "a=b");
    let invalid = r#"{"source_labels":["a"],"target_label":"l$1","replacement":"new"}"#;
    check_version(Version::new(2, 50), invalid, "a=.", "a=.");
    check_version(Version::new(3, 0), invalid, "a=.", "a=. l.=new");
}

#[test]
fn refuses_what_prometheus_refuses() {
    for (rule, expect) in [
        (r#"{"action":"remove"}"#, "`action`: `remove` is no relabel action"),
        (r#"{"action":""}"#, "`action`: `` is no relabel action"),
        (r#"{"source_labels":["a",""],"target_label":"b"}"#, "`source_labels`: `` is no valid label name"),
        (
            r#"{"action":"keep","regex":"*"}"#,
            "`regex`: regular expression: `*` has nothing to repeat, at byte 0",
        ),
        (
            r#"{"action":"keep","regex":"\\Qa"}"#,
            "`regex`: regular expression: `\\Q` is not closed, at byte 0",
        ),
        (r#"{"action":"hashmod","target_label":"a"}"#, "`modulus`: `hashmod` needs one above 0"),
        (r#"{"action":"hashmod","modulus":0,"target_label":"a"}"#, "`modulus`: `hashmod` needs one above 0"),
        (r#"{"action":"hashmod","modulus":2}"#, "`target_label`: `hashmod` needs one"),
        (r#"{"source_labels":["a"]}"#, "`target_label`: `replace` needs one"),
        (r#"{"target_label":""}"#, "`target_label`: `replace` needs one"),
        (r#"{"action":"uppercase"}"#, "`target_label`: `uppercase` needs one"),
        (r#"{"action":"keepequal"}"#, "`target_label`: `keepequal` needs one"),
        (
            r#"{"action":"lowercase","target_label":"a","replacement":"x"}"#,
            "`replacement`: `lowercase` takes none",
        ),
        (
            r#"{"action":"dropequal","target_label":"a","replacement":""}"#,
            "`replacement`: `dropequal` takes none",
        ),
        (r#"{"action":"dropequal","target_label":"a","regex":"(.*)"}"#, "`regex`: `dropequal` takes none"),
        (r#"{"action":"keepequal","target_label":"a","modulus":1}"#, "`modulus`: `keepequal` takes none"),
        (
            r#"{"action":"keepequal","target_label":"a","separator":""}"#,
            "`separator`: `keepequal` takes none",
        ),
        (
            r#"{"action":"labelmap","replacement":""}"#,
            "`replacement`: `` is no valid label name for `labelmap`",
        ),
        (r#"{"action":"labeldrop","source_labels":[]}"#, "`source_labels`: `labeldrop` takes none"),
        (r#"{"action":"labelkeep","target_label":"a"}"#, "`target_label`: `labelkeep` takes none"),
        (r#"{"action":"labeldrop","modulus":1}"#, "`modulus`: `labeldrop` takes none"),
        (r#"{"action":"labeldrop","separator":","}"#, "`separator`: `labeldrop` takes none"),
        (r#"{"action":"labelkeep","replacement":"a"}"#, "`replacement`: `labelkeep` takes none"),
    ] {
        check_refused(V3_5, rule, expect);
    }
}

#[test]
fn takes_what_looks_odd_and_is_valid() {
    for rule in [
        r#"{"action":"KEEP"}"#,
        r#"{"action":"keep","modulus":3,"target_label":"","replacement":"x"}"#,
        r#"{"action":"labeldrop","separator":";","replacement":"$1","target_label":"","modulus":0}"#,
        r#"{"action":"keepequal","target_label":"a","separator":";","replacement":"$1","modulus":0}"#,
        r#"{"target_label":"a b.${"}"#,
        r#"{"action":"lowercase","target_label":"${1}"}"#,
        r#"{"action":"labelmap","replacement":"1 $"}"#,
    ] {
        read(rule, V3_5);
    }
}

#[test]
fn names_were_ascii_before_3_0_and_are_where_asked_for() {
    let old = Version::new(2, 55);
    let target = |rule: &str, expect| check_refused(old, rule, expect);
    target(r#"{"target_label":"a.b"}"#, "`target_label`: `a.b` is no valid label name for `replace`");
    target(r#"{"target_label":"1$1"}"#, "`target_label`: `1$1` is no valid label name for `replace`");
    target(r#"{"target_label":"a${1"}"#, "`target_label`: `a${1` is no valid label name for `replace`");
    target(r#"{"target_label":"$"}"#, "`target_label`: `$` is no valid label name for `replace`");
    target(r#"{"target_label":"a$$"}"#, "`target_label`: `a$$` is no valid label name for `replace`");
    target(
        r#"{"action":"uppercase","target_label":"$1"}"#,
        "`target_label`: `$1` is no valid label name for `uppercase`",
    );
    target(
        r#"{"action":"labelmap","replacement":"a-$1"}"#,
        "`replacement`: `a-$1` is no valid label name for `labelmap`",
    );
    target(
        r#"{"source_labels":["a.b"],"target_label":"a"}"#,
        "`source_labels`: `a.b` is no valid label name",
    );
    for rule in [r#"{"target_label":"${1}_x$2${name}9"}"#, r#"{"action":"labelmap","replacement":"_$1"}"#] {
        read(rule, old);
        read(rule, legacy(3, 8));
    }
    read(r#"{"action":"uppercase","target_label":"$1"}"#, Version::new(2, 49));
    let dotted = r#"{"target_label":"a.$1"}"#;
    for (dialect, taken) in [
        (Version::new(3, 1).into(), false),
        (Version::new(3, 2).into(), true),
        (legacy(3, 5), true),
        (legacy(3, 8), false),
    ] {
        assert_eq!(Rules::read(specs(dotted), dialect).is_ok(), taken, "{dialect:?}");
    }
    check_refused(
        legacy(3, 7),
        r#"{"action":"labelmap"}"#,
        "`replacement`: `$1` is no valid label name for `labelmap`",
    );
}

#[test]
fn actions_came_with_a_version() {
    check_refused(
        Version::new(2, 40),
        r#"{"action":"keepequal","target_label":"a"}"#,
        "`action`: `keepequal` came with Prometheus 2.41",
    );
    check_refused(
        Version::new(2, 35),
        r#"{"action":"lowercase","target_label":"a"}"#,
        "`action`: `lowercase` came with Prometheus 2.36",
    );
    read(r#"{"action":"lowercase","target_label":"a"}"#, Version::new(2, 36));
}

#[test]
fn growth_is_bounded() {
    let doubling = r#"{"source_labels":["a"],"target_label":"a","replacement":"$1$1"}"#;
    check(&format!("{doubling}\n").repeat(40), "a=x", "too large");
    let mapping = r#"{"action":"labelmap","regex":"(.*)","replacement":"${1}x"}
        {"action":"labelmap","regex":"(.*)","replacement":"${1}y"}
        "#;
    let long = format!("a={}", "v".repeat(1 << 20));
    check(&mapping.repeat(20), &long, "too large");
    let joined = format!(r#"{{"source_labels":[{}"a"],"target_label":"b"}}"#, r#""a","#.repeat(20));
    check(&joined, &long, "too large");
}

#[test]
fn explains_every_step() {
    let rules = read(
        r#"{"source_labels":["a","b"],"regex":"(?P<x>.);(y)?(.*)","target_label":"c","replacement":"${x}$3"}
           {"source_labels":["a"],"regex":"no","target_label":"d"}
           {"action":"labelmap","regex":"(c)","replacement":"m_$1"}
           {"action":"labeldrop","regex":"b"}
           {"target_label":"c","replacement":""}
           {"source_labels":["m_c"],"regex":"(.*)(!)?","target_label":"$2"}
           {"action":"drop","source_labels":["m_c"],"regex":"1z"}
           {"target_label":"never"}"#,
        V3_5,
    );
    let mut labels = Labels::from([("a", "1"), ("b", "z")]);
    let Explanation { steps, outcome } = rules.explain(&mut labels);
    assert_eq!(outcome, Outcome::Dropped { rule: 6 });
    let seen: Vec<_> = steps.iter().map(|step| (step.rule, &*step.source, step.matched)).collect();
    let expect = [
        (0, "1;z", Some(true)),
        (1, "1", Some(false)),
        (2, "", None),
        (3, "", None),
        (4, "", Some(true)),
        (5, "1z", Some(true)),
        (6, "1z", Some(true)),
    ];
    assert_eq!(seen, expect);
    let text = |text: &str| text.to_owned();
    let group =
        |name: Option<&str>, found: Option<&str>| Group { name: name.map(text), text: found.map(text) };
    assert_eq!(steps[0].groups, [group(Some("x"), Some("1")), group(None, None), group(None, Some("z"))]);
    let effects: Vec<Effect> = steps.into_iter().map(|step| step.effect).collect();
    let expect = [
        Effect::Set { label: text("c"), before: text(""), after: text("1z") },
        Effect::Nothing,
        Effect::Mapped(vec![Mapping { from: text("c"), to: text("m_c"), value: text("1z") }]),
        Effect::Removed(vec![(text("b"), text("z"))]),
        Effect::Deleted { label: text("c"), before: text("1z") },
        Effect::InvalidTarget { target: text("") },
        Effect::Dropped,
    ];
    assert_eq!(effects, expect);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "", "a", "b", "__name__", "(.*)", "(.)(.*)", "a|b", "$1", "${2}x", ";", "é"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ]
}

fn any_spec() -> impl Strategy<Value = RuleSpec> {
    use proptest::option::of;
    let action = proptest::sample::select(Action::ALL.map(Action::name).to_vec()).prop_map(str::to_owned);
    (
        of(proptest::collection::vec(text(), 0..3)),
        of(text()),
        of(text()),
        of(0..5_u64),
        of(text()),
        of(text()),
        of(action),
    )
        .prop_map(|(source_labels, separator, regex, modulus, target_label, replacement, action)| {
            RuleSpec { source_labels, separator, regex, modulus, target_label, replacement, action }
        })
}

fn any_labels() -> impl Strategy<Value = Labels> {
    proptest::collection::vec((text(), text()), 0..6).prop_map(|pairs| {
        let mut labels = Labels::new();
        labels.assign(pairs.iter().map(|(name, value)| (&**name, &**value)));
        labels
    })
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn any_rules_are_read_or_refused_and_do_the_same_each_time(
        specs in proptest::collection::vec(any_spec(), 1..6),
        labels in any_labels(),
        minor in 0..60_u16,
        major in 2..=3_u16,
    ) {
        let version = Version::new(major, minor);
        let rules = specs.into_iter().filter_map(|spec| Rule::new(spec, version).ok());
        let rules = Rules::new(rules.collect());
        let (mut once, mut again, mut explained) = (labels.clone(), labels.clone(), labels);
        let outcome = rules.apply(&mut once);
        prop_assert_eq!(outcome, rules.apply(&mut again));
        prop_assert_eq!(outcome, rules.explain(&mut explained).outcome);
        prop_assert_eq!(&once, &again);
        prop_assert_eq!(&once, &explained);
        prop_assert!(once.to_vec().is_sorted_by(|a, b| a.0 < b.0));
        prop_assert!(once.iter().all(|(_, value)| !value.is_empty()));
        let bytes: usize = once.iter().map(|(name, value)| name.len() + value.len()).sum();
        prop_assert_eq!(once.bytes(), bytes);
    }

    #[test]
    fn keep_and_drop_are_complements(spec in any_spec(), labels in any_labels()) {
        let outcome = |action: &str| {
            let spec = RuleSpec { action: Some(action.to_owned()), ..spec.clone() };
            Rule::new(spec, V3_5).ok().map(|rule| Rules::new(vec![rule]).apply(&mut labels.clone()))
        };
        for (keep, drop) in [("keep", "drop"), ("keepequal", "dropequal")] {
            let kept = outcome(keep).map(|outcome| outcome == Outcome::Kept);
            let dropped = outcome(drop).map(|outcome| outcome != Outcome::Kept);
            prop_assert_eq!(kept, dropped);
        }
    }
}
