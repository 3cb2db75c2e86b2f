//! Tables by topic, and what Prometheus itself was seen to say.

use super::*;

const V3_5: ParseOptions = ParseOptions {
    version: Version::new(3, 5),
    features: Features {
        experimental_functions: true,
        duration_expr: false,
        extended_range_selectors: false,
        binop_fill_modifiers: false,
    },
};
const ALL: ParseOptions = ParseOptions { version: Version::NEWEST, features: Features::ALL };

/// `expect` is the expression as displayed, or `error: …` with place and help of the first fault.
#[track_caller]
fn check_with(options: &ParseOptions, text: &str, expect: &str) {
    let parsed = parse(text, options);
    let got = match (parsed.errors.first(), &parsed.expr) {
        (None, Some(expr)) => expr.to_string(),
        (Some(error), _) => {
            let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("error: {}..{} {}{help}", error.span.start, error.span.end, error.message)
        }
        (None, None) => "neither expression nor error".to_owned(),
    };
    assert_eq!(got, expect, "{text}");
}

#[track_caller]
fn check(text: &str, expect: &str) {
    check_with(&ALL, text, expect);
}

#[test]
fn verdicts_are_those_of_prometheus() {
    let table = include_str!("../../testdata/promql/expressions.tsv");
    let mut compared = 0;
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.splitn(4, '\t').collect();
        let text: String = serde_json::from_str(columns[3]).unwrap();
        for (options, verdict) in [V3_5, ParseOptions::default(), ALL].iter().zip(&columns) {
            compared += 1;
            let parsed = parse(&text, options);
            assert!(parsed.expr.is_some() || !parsed.errors.is_empty(), "{text}");
            if parsed.errors.is_empty() != (*verdict == "accept") {
                let version = options.version;
                wrong.push(format!(
                    "{version} {:?}: {verdict} {text:?}: {:?}",
                    options.features.experimental_functions, parsed.errors
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 900, "the table is read");
}

#[test]
fn displays_in_canonical_form() {
    check(
        "  sum(rate( up{job = 'a',}[5m] offset 1h ) )by(job , 'a.b',)",
        r#"sum by (job, "a.b") (rate(up{job="a"}[5m] offset 1h))"#,
    );
    check("a+on(x)GROUP_LEFT b", "a + on (x) group_left () b");
    check("a == bool ignoring() fill(0) b", "a == bool ignoring () fill (0) b");
    check("a+ fill_right(1) fill_left(-5m) b", "a + fill_left (-5m) fill_right (1) b");
    check("-1^2", "-1 ^ 2");
    check("- 1 * -a", "-1 * -a");
    check("0x1F + 1e3 - 90m + .5", "31 + 1000 - 1h30m + 0.5");
    check("-Inf + +NaN", "-Inf + NaN");
    check("{'my.metric', \"a b\"=~`\\d`}", r#"{"my.metric","a b"=~"\\d"}"#);
    check("a[300:1m] @ 5 # c", "a[300:1m] @ 5");
    check("a smoothed [5m] @ end() offset - 5m", "a[5m] smoothed @ end() offset -5m");
    check("a[max_of( 5m,STEP( ) )*2 ] offset -(5m+1m)", "a[max_of(5m, step()) * 2] offset -(5m + 1m)");
    check("'a\"\\n\\xff'", r#""a\"\n\ufffd""#);
    check("sum without(sum, 'without', 'inf') (a)", r#"sum without (sum, "without", "inf") (a)"#);
}

#[test]
fn faults_of_syntax_have_a_place() {
    check("", "error: 0..0 no expression found");
    check("1 +", "error: 3..3 unexpected end of the expression, expected an expression");
    check("(a", "error: 2..2 unexpected end of the expression in parentheses, expected an operator or `)`");
    check("a)", "error: 1..2 unexpected `)`: no parenthesis is open");
    check("a b", "error: 2..3 unexpected `b`, expected an operator or the end");
    check("up{a}", "error: 4..5 unexpected `}` in label matching, expected one of `=`, `!=`, `=~`, `!~`");
    check(
        "up{a=1}",
        "error: 5..6 unexpected character `1` (label names with other characters than `a-zA-Z0-9_` need quotes)",
    );
    check("up{", "error: 3..3 the expression ends inside braces (close them with `}`)");
    check(
        r#"up{a="\d"}"#,
        "error: 6..9 unknown escape sequence (double the backslash, or use backquotes, in which nothing is escaped)",
    );
    check("a =~ b", "error: 2..3 `=~` stands only inside braces (match labels as in `up{job=~\"a|b\"}`)");
    check(
        "a[30s5m]",
        "error: 2..7 `30s5m` is neither a number nor a duration (durations are whole numbers with units, largest first, as in `1h30m`)",
    );
    check("a[x]", "error: 2..3 `x` may not stand in a range (write a duration, as in `[5m]`)");
    check("sum by (a b) (c)", "error: 10..11 unexpected `b` in a list of labels, expected `,` or `)`");
    check("a é", "error: 2..4 unexpected character `é`");
    check("rate(a[5m],)", "error: 10..11 a comma may not end the arguments (leave it out)");
}

#[test]
fn faults_of_meaning_say_how_to_mend_them() {
    check(
        "rate(up)",
        "error: 5..7 expected range vector in call to function `rate`, got instant vector (did you mean `rate(up[5m])`?)",
    );
    check(
        "increase(sum(up))",
        "error: 9..16 expected range vector in call to function `increase`, got instant vector (for a subquery write `sum(up)[30m:1m]`)",
    );
    check(
        "abs(up[5m])",
        "error: 4..10 expected instant vector in call to function `abs`, got range vector (leave out the range, or take a function `…_over_time` first)",
    );
    check(
        "histogram_quantil(1, up)",
        "error: 0..17 unknown function `histogram_quantil` (did you mean `histogram_quantile`?)",
    );
    check("summ(up)", "error: 0..4 unknown function `summ` (did you mean `sum`?)");
    check("Rate(up[5m])", "error: 0..4 unknown function `Rate` (did you mean `rate`?)");
    check(
        "(up)[5m]",
        "error: 4..8 a range may stand only behind a vector selector (for a subquery add a colon: `[5m:]`)",
    );
    check(
        "sum(up) offset 5m",
        "error: 8..17 `offset` may stand only behind a selector, a range or a subquery (write it inside, at each selector)",
    );
    check("1 == 1", "error: 2..4 a comparison between scalars needs `bool` (write `== bool`)");
    check(
        "a and 1",
        "error: 2..5 `and` is not allowed with a scalar (turn the number into a vector: `vector(1)`)",
    );
    check(
        "sum(1)",
        "error: 4..5 expected instant vector in aggregation expression, got scalar (did you mean `vector(1)`?)",
    );
    check(
        "{job=\"\"}",
        "error: 0..8 a selector needs a matcher that does not match the empty string (name a metric, or select every series with `{__name__=~\".+\"}`)",
    );
    check(
        "up{__name__=\"a\"}",
        "error: 12..15 the metric name is set twice, before the braces as `up` and in them (leave out one of the two)",
    );
    check("a + on (x) group_left (x) b", "error: 23..24 label `x` stands in `on` and in the group clause");
    check("round(a, 1, 2)", "error: 0..14 expected at most 2 argument(s) in call to `round`, got 3");
    check("topk(a)", "error: 0..7 `topk` takes 2 argument(s), got 1 (write `topk(PARAMETER, VECTOR)`)");
    check(
        "holt_winters(a[5m], 1, 1)",
        "error: 0..12 Prometheus 3.0 removed the function `holt_winters` (it is called `double_exponential_smoothing` now, and is experimental)",
    );
}

#[test]
fn what_a_version_or_flag_lacks_is_named() {
    let plain = ParseOptions::default();
    check_with(
        &plain,
        "mad_over_time(a[5m])",
        "error: 0..13 the function `mad_over_time` is experimental and not enabled (start Prometheus with `--enable-feature=promql-experimental-functions`)",
    );
    check_with(
        &plain,
        "limitk(1, a)",
        "error: 0..6 the aggregator `limitk` is experimental and not enabled (start Prometheus with `--enable-feature=promql-experimental-functions`)",
    );
    check_with(
        &plain,
        "a[5m] smoothed",
        "error: 6..14 `smoothed` is experimental and not enabled (start Prometheus with `--enable-feature=promql-extended-range-selectors`)",
    );
    check_with(
        &plain,
        "a + fill(0) b",
        "error: 4..8 fill modifiers are experimental and not enabled (start Prometheus with `--enable-feature=promql-binop-fill-modifiers`)",
    );
    check_with(&plain, "a[5m+1m]", "a[5m + 1m]");
    check_with(&plain, "first_over_time(a[5m])", "first_over_time(a[5m])");
    check_with(
        &V3_5,
        "a[5m+1m]",
        "error: 4..5 duration expressions are experimental and not enabled (start Prometheus with `--enable-feature=promql-duration-expr` (3.4 and later; 3.14 needs no flag))",
    );
    check_with(
        &V3_5,
        "first_over_time(a[5m])",
        "error: 0..15 the function `first_over_time` needs Prometheus 3.7, this is read as 3.5",
    );
    check_with(
        &V3_5,
        "a[5m] smoothed",
        "error: 6..14 unexpected `smoothed`, expected an operator or the end (`smoothed` needs Prometheus 3.7, this is read as 3.5)",
    );
    check_with(&V3_5, "a </ 1", "error: 2..4 `</` needs Prometheus 3.11, this is read as 3.5");
    check_with(&V3_5, "step + smoothed + fill", "step + smoothed + fill");
}

#[test]
fn several_faults_are_named_in_order_and_the_beginning_is_kept() {
    let parsed = parse("nosuch(a) + rate(b) + {x=~\"(\"} + ", &ALL);
    let starts: Vec<usize> = parsed.errors.iter().map(|error| error.span.start).collect();
    assert_eq!(starts, [0, 26, 33]);
    assert_eq!(
        parsed.expr.map(|expr| expr.to_string()).as_deref(),
        Some(r#"nosuch(a) + rate(b) + {x=~"("}"#)
    );
    let parsed = parse("sum(rate(a)) + abs(b[5m]) + sum(1)", &ALL);
    assert_eq!(parsed.errors.len(), 3);
}

#[test]
fn min_and_max_in_durations_have_their_names_and_flags_by_version() {
    let options = |minor, duration_expr| ParseOptions {
        version: Version::new(3, minor),
        features: Features { duration_expr, ..Features::default() },
    };
    let taken = |text: &str, minor, flag| parse(text, &options(minor, flag)).errors.is_empty();
    for old in ["a[min(1m, 2m)]", "a offset max(step(), 1m)", "a[5m:-min(1m, 2m)]", "a offset -max(1m, 2m)"] {
        assert!(!taken(old, 5, true) && !taken(old, 13, true) && !taken(old, 14, true), "{old}");
        assert!(taken(old, 6, true) && taken(old, 12, true), "{old}");
        // The flag is asked for since 3.12 only, but for arithmetic.
        assert!(taken(old, 6, false) && taken(old, 11, false) && !taken(old, 12, false), "{old}");
    }
    assert!(!taken("a[min(1m, 2m) + 1m]", 11, false) && !taken("a[(step())]", 11, false));
    let new = "a[min_of(1m, 2m)]";
    assert!(!taken(new, 12, true) && taken(new, 13, true) && !taken(new, 13, false) && taken(new, 14, false));
    check_with(
        &options(12, true),
        "a[min(1m,2m)] offset max(1m,2m)",
        "a[min_of(1m, 2m)] offset max_of(1m, 2m)",
    );
    assert!(taken("min(a)", 12, true) && taken("max offset 1m", 12, true));
}

#[test]
fn types_are_those_of_prometheus() {
    for (text, expect) in [
        ("1 + 2", Some(ValueType::Scalar)),
        ("1 + (a)", Some(ValueType::Vector)),
        ("-(a)", Some(ValueType::Vector)),
        ("a[5m:]", Some(ValueType::Matrix)),
        ("'a'", Some(ValueType::String)),
        ("scalar(a) ^ 2", Some(ValueType::Scalar)),
        ("sum(a)", Some(ValueType::Vector)),
        ("nosuch(a) + 1", None),
    ] {
        assert_eq!(parse(text, &ALL).expr.unwrap().value_type(), expect, "{text}");
    }
}

#[test]
fn uses_are_gathered_with_their_places() {
    let text = "sum by (job) (rate(a{x=\"y\"}[5m] offset 1h)) / on (job) group_left (zone) \
                max_over_time({\"b.c\", __name__=~\"d\"}[1h:1m] offset 1d)";
    let parsed = parse(text, &ALL);
    assert_eq!(parsed.errors, []);
    let expr = parsed.expr.unwrap();
    let used = uses(&expr);
    let names = |names: &[&Name]| names.iter().map(|name| name.span.of(text).to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&used.metric_names), ["a", "\"b.c\""]);
    assert_eq!(names(&used.labels), ["job", "job", "zone"]);
    let durations =
        |found: &[&DurationExpr]| found.iter().map(|it| it.span.of(text).to_owned()).collect::<Vec<_>>();
    assert_eq!(durations(&used.ranges), ["5m", "1h"]);
    assert_eq!(durations(&used.offsets), ["1h", "1d"]);
    let spans: Vec<&str> = used.selectors.iter().map(|it| it.span.of(text)).collect();
    assert_eq!(spans, ["a{x=\"y\"}[5m] offset 1h", "{\"b.c\", __name__=~\"d\"}"]);
    assert_eq!(used.selectors[0].range.and_then(DurationExpr::literal), Some(300.0));
}

#[test]
fn sizes_are_bounded_and_what_is_allowed_does_not_exhaust_the_stack() {
    let first = |text: &str| parse(text, &ALL).errors.first().map(|error| error.message.clone());
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(first(&nested(DEPTH_MAX - 1)), None);
    for text in
        [nested(DEPTH_MAX), nested(100_000), "-".repeat(100_000), format!("1{}", "^1".repeat(100_000))]
    {
        assert_eq!(first(&text).as_deref(), Some("the expression nests deeper than 200 levels"));
    }
    let chain = |operators: usize| format!("a{}", " or a".repeat(operators));
    let longest = parse(&chain(OPERATORS_MAX), &ALL);
    assert_eq!(longest.errors, []);
    let expr = longest.expr.unwrap();
    assert_eq!(expr.to_string(), chain(OPERATORS_MAX));
    assert_eq!(uses(&expr).selectors.len(), OPERATORS_MAX + 1);
    assert_eq!(first(&chain(100_000)).as_deref(), Some("the expression has more than 1000 operators"));
    assert!(first(&format!("a{}", "[5m:]".repeat(5000))).is_some());
    assert!(first(&format!("a {}", "b".repeat(100_000))).unwrap().len() < 200);
    let faults = parse(&format!("abs({})", "x(),".repeat(200_000)), &ALL).errors;
    assert_eq!((faults.len(), faults[100].message.as_str()), (101, "100 faults; what follows is not read"));
    assert!(first(&" ".repeat(INPUT_MAX + 1)).unwrap().contains("more than the 1048576"));
}
