use proptest::prelude::*;

use super::*;

/// `expect` is the selector as displayed, or `error: …`.
#[track_caller]
fn check(text: &str, expect: &str) {
    let got = match Selector::parse(text) {
        Ok(selector) => {
            let shown = selector.to_string();
            assert_eq!(Selector::parse(&shown).map(|again| again.to_string()), Ok(shown.clone()));
            shown
        }
        Err(error) => format!("error: {} at {}", error.message, error.offset),
    };
    assert_eq!(got, expect, "{text}");
}

#[track_caller]
fn check_match(selector: &str, labels: &[(&str, &str)], expect: bool) {
    let labels: Vec<Label<'_>> = labels.iter().map(|&(name, value)| Label { name, value }).collect();
    assert_eq!(Selector::parse(selector).unwrap().matches(&labels), expect, "{selector} {labels:?}");
}

#[test]
fn reads_what_prometheus_reads() {
    check("up", "up");
    check(":foo", ":foo");
    check("up{}", "up");
    check(" foo:bar { a = 'b' , } # end", "foo:bar{a=\"b\"}");
    check("{a=\"b\"  \n, # c\n b!=\"c\"}", "{a=\"b\",b!=\"c\"}");
    check("{a=~`b\\d`,c!~\"d\"}", "{a=~\"b\\\\d\",c!~\"d\"}");
    check("{\"my.metric\", \"label.name\"=\"x\"}", "{__name__=\"my.metric\",\"label.name\"=\"x\"}");
    check("{a=\"b\",__name__=\"up\"}", "up{a=\"b\"}");
    check("{'up',}", "up");
    check("{__name__=\"a\",__name__=~\"b\"}", "{__name__=\"a\",__name__=~\"b\"}");
    check("{\"\",a=\"b\"}", "{__name__=\"\",a=\"b\"}");
    check("{\"\"=\"x\"}", "{\"\"=\"x\"}");
    check("up{on=\"b\",by=\"c\"}", "up{on=\"b\",by=\"c\"}");
    check("{a=\"\\u00e9\\U0001F600\\x41\\101\\xc3\\xa9\"}", "{a=\"é😀AAé\"}");
    check("{a='\\'\"'}", "{a=\"'\\\"\"}");
    check("{a=`x\ny`}", "{a=\"x\\ny\"}");
}

#[test]
fn keywords_are_metric_names_where_promql_lets_them() {
    for name in ["sum", "SUM", "by", "offset", "start", "end", "and", "unless", "limitk", "range", "infinity"]
    {
        check(&format!("{name}{{a=\"b\"}}"), &format!("{name}{{a=\"b\"}}"));
        check(name, name);
    }
    for name in ["on", "bool", "atan2", "group_left", "ignoring", "inf", "NaN", "ON"] {
        check(name, &format!("error: `{name}` is a word of PromQL and no bare metric name at 0"));
        check(
            &format!("{{{name}=\"x\",__name__=\"{name}\"}}"),
            &format!("{{{name}=\"x\",__name__=\"{name}\"}}"),
        );
    }
}

#[test]
fn a_glob_stands_for_the_name() {
    check("kube_pod_*", "{__name__=~\"kube_pod_.*\"}");
    check("*_total{job=\"a\"}", "{__name__=~\".*_total\",job=\"a\"}");
    check("*", "{__name__=~\".+\"}");
    check("on*", "{__name__=~\"on.*\"}");
    check_match("kube_*_info", &[("__name__", "kube_pod_info")], true);
    check_match("kube_*_info", &[("__name__", "kube_pod_status")], false);
    check_match("*", &[("job", "a")], false);
}

#[test]
fn refuses_what_prometheus_refuses() {
    check("", "error: a selector is missing at 0");
    check("{}", "error: a selector needs a matcher that does not match the empty string at 0");
    for text in ["{job=~\".*\"}", "{job=\"\"}", "{job!=\"a\"}", "{job!~\"a\"}", "{__name__=\"\"}"] {
        check(text, "error: a selector needs a matcher that does not match the empty string at 0");
    }
    check(
        "up{__name__!=\"x\"}",
        "error: the metric name is set twice, before the braces and as `__name__!=\\\"x\\\"` in them at 0",
    );
    check("{,}", "error: expected a label name or `}`, found `,` at 1");
    check("{a=\"b\",,}", "error: expected a label name or `}`, found `,` at 7");
    check("up{1a=\"b\"}", "error: expected a label name or `}`, found `1a` at 3");
    check("up{a:b=\"c\"}", "error: expected `=`, `!=`, `=~` or `!~` after a label name, found `:` at 4");
    check("up{a==\"b\"}", "error: expected a quoted value after `=`, found `=` at 5");
    check("up{a=b}", "error: expected a quoted value after `=`, found `b` at 5");
    check("up{a=\"b\"", "error: expected `,` or `}` after a matcher, found the end at 8");
    check("up{a=\"b\" c=\"d\"}", "error: expected `,` or `}` after a matcher, found `c` at 9");
    check("up{a=\"b}", "error: the string is not closed by \" at 5");
    check("{a=\"b\n\"}", "error: the string is not closed by \" at 3");
    check("{a=\"\\z\"}", "error: `\\z` is no escape sequence at 4");
    check("{a=\"\\'\"}", "error: `\\'` is no escape sequence at 4");
    check("{a=\"\\ud800\"}", "error: the escape sequence is no Unicode code point at 4");
    check("{a=\"\\400\"}", "error: the escape sequence is no Unicode code point at 4");
    check("{a=\"\\x4é\"}", "error: `\\x` needs 2 digits of base 16 at 4");
    check("{a=\"\\", "error: the string is not closed by \" at 3");
    check("{a=\"\\xff\"}", "error: the string is not UTF-8 at 3");
    check("é", "error: expected a metric name or `{`, found `é` at 0");
    check("(up)", "error: expected a metric name or `{`, found `(` at 0");
}

#[test]
fn refuses_expressions_by_name() {
    check("up[5m]", "error: a range (`[5m]`) has no place here at 2");
    check("up{a=\"b\"} offset 5m", "error: `offset` has no place here at 10");
    check("up @ 12", "error: the `@` modifier has no place here at 3");
    check("sum(up)", "error: unexpected `(` after the selector at 3");
    check("up + 1", "error: unexpected `+` after the selector at 3");
}

#[test]
fn points_into_the_regular_expression() {
    check("up{a=~\"b(\"}", "error: the regular expression is refused: the group is not closed at 8");
    check(
        "up{a=~\"\\\\d\\u00e9*(\"}",
        "error: the regular expression is refused: the group is not closed at 17",
    );
    check("up{a=~\"*\"}", "error: the regular expression is refused: `*` has nothing to repeat at 7");
}

#[test]
fn matches_labels_in_any_order() {
    let labels = &[("job", "api"), ("__name__", "up"), ("a.b", "ü")];
    for (selector, expect) in [
        ("up", true),
        ("down", false),
        ("up{job=\"api\"}", true),
        ("up{job!=\"api\"}", false),
        ("up{job=~\"a.+\"}", true),
        ("up{job!~\"a.+\"}", false),
        ("up{missing=\"\"}", true),
        ("up{missing=~\".*\"}", true),
        ("up{missing!=\"\"}", false),
        ("up{missing!~\"x\"}", true),
        ("{\"a.b\"=\"ü\"}", true),
        ("{\"a.b\"=~\".\"}", true),
    ] {
        check_match(selector, labels, expect);
    }
    check_match("{job=\"a\"}", &[("job", "a"), ("job", "b")], true);
}

proptest! {
    #[test]
    fn displays_what_reads_back(
        matchers in prop::collection::vec(("[a-z_]{1,3}|__name__|\\PC{0,3}", 0..4_usize, "[^\\\\.*+?(){}|\\[\\]^$]{0,5}"), 1..4),
    ) {
        let operators = [Op::Equal, Op::NotEqual, Op::Regex, Op::NotRegex];
        let matchers = matchers
            .into_iter()
            .map(|(name, op, value)| Matcher::new(name, operators[op], value).unwrap())
            .collect::<Vec<_>>();
        prop_assume!(matchers.iter().any(|matcher| !matcher.matches("")));
        let selector = Selector { matchers };
        let shown = selector.to_string();
        let again = Selector::parse(&shown).unwrap();
        prop_assert_eq!(again.to_string(), shown);
        prop_assert!(selector.matchers.iter().all(|matcher| again.matchers.contains(matcher)));
        prop_assert_eq!(selector.matchers.len(), again.matchers.len());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a{}=~!\"'`\\\\,#\n *u0-9(\\[é]{0,24}") {
        if let Err(error) = Selector::parse(&text) {
            prop_assert!(error.offset <= text.len());
        }
    }
}
