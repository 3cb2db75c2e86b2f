//! Whatever the text, parsing ends with a tree or a fault; and what is displayed parses back to the same tree.

use proptest::prelude::*;

use crate::fuzzing::promql::check;

/// Text of a valid expression or nearly so: the types are left to chance.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => selector(),
        2 => number(),
        1 => string(),
        1 => Just("time()".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            3 => (inner.clone(), operator(), inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            1 => inner.clone().prop_map(|a| format!("({a})")),
            1 => (one_of(&["-", "+"]), inner.clone()).prop_map(|(sign, a)| format!("{sign}{a}")),
            2 => (aggregation(), inner.clone()).prop_map(|(before, a)| format!("{before}({a})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(k, a)| format!("topk by (a) ({k}, {a})")),
            2 => (selector(), range(), modifiers()).prop_map(|(a, range, m)| format!("rate({a}[{range}]{m})")),
            1 => (inner.clone(), range(), range(), modifiers())
                .prop_map(|(a, range, step, m)| format!("max_over_time(({a})[{range}:{step}]{m})")),
            1 => (inner.clone(), string()).prop_map(|(a, s)| format!("label_join({a}, {s}, {s})")),
            1 => inner.prop_map(|a| format!("clamp({a}, 0, 1)")),
        ]
    })
}

fn one_of(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(choices).prop_map(str::to_owned)
}

fn selector() -> impl Strategy<Value = String> {
    let matchers = proptest::collection::vec((name(), matching(), string()), 0..3);
    (one_of(&["up", "a:b", "sum", "offset", "fill", ""]), matchers, modifiers()).prop_map(
        |(metric, matchers, modifiers)| {
            let inner: Vec<String> =
                matchers.iter().map(|(name, op, value)| format!("{name}{op}{value}")).collect();
            format!("{metric}{{{}}}{modifiers}", inner.join(" , "))
        },
    )
}

fn name() -> impl Strategy<Value = String> {
    one_of(&["job", "by", "inf", "\"a.b\"", "'é'", "__name__"])
}

fn matching() -> impl Strategy<Value = String> {
    one_of(&["=", "!=", "=~", "!~"])
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\"][a-z.*+é\\n ]{0,6}[\"]".prop_map(|text| text.replace('\n', "\\n")),
        Just(r#""\\d+\x41\u00e9\"""#.to_owned()),
        Just(r#""\xff""#.to_owned()),
        "`[a-z\"' \\n]{0,6}`",
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Inf".to_owned()),
        Just("NaN".to_owned()),
        Just("0x1F".to_owned()),
        Just("1_000".to_owned()),
        any::<f64>()
            .prop_filter("a literal", |value| value.is_finite())
            .prop_map(|value| value.abs().to_string()),
        (0_u64..100_000_000_000)
            .prop_map(|ms| crate::base::duration::render(std::time::Duration::from_millis(ms))),
    ]
}

fn operator() -> impl Strategy<Value = String> {
    one_of(&[
        "or",
        "and",
        "unless",
        "atan2",
        "<",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "</",
        "== bool",
        "> on (a)",
        "/ on (a, \"b.c\") group_left (without_x)",
        "- ignoring (by, 'without') group_right fill_left (-1) fill_right (5m)",
        "+ fill (0)",
    ])
}

fn aggregation() -> impl Strategy<Value = String> {
    one_of(&["sum", "max by (a, \"x.y\", 'inf') ", "count without () ", "absent", "vector", "scalar"])
}

fn range() -> impl Strategy<Value = String> {
    one_of(&[
        "5m",
        "300",
        "1.5",
        "step() + 1m",
        "-(1m - 5m) * 2 ^ 3",
        "max_of(1m, range())",
        "1h30m",
        "-step()",
    ])
}

fn modifiers() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(String::new()),
        1 => Just(" offset -5m".to_owned()),
        1 => Just(" @ 1603774568.5 offset (5m + 1m)".to_owned()),
        1 => Just(" offset -(step()) @ end()".to_owned()),
        1 => Just(" smoothed offset 1w".to_owned()),
        1 => Just(" offset --step() @ start()".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_displayed_parses_back(text in expression()) {
        check(&text);
    }

    #[test]
    fn mutated_text_gives_a_tree_or_a_fault(text in expression(), at in any::<prop::sample::Index>(),
        len in 0_usize..4, insert in "[a-z0-9(){}\\[\\]\"'`,:@#=~!<>/*+^\\\\ \\n.é_-]{0,3}")
    {
        let characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len());
        let mutated: String = characters[..at].iter().copied()
            .chain(insert.chars())
            .chain(characters[(at + len).min(characters.len())..].iter().copied())
            .collect();
        check(&mutated);
    }

    #[test]
    fn any_text_gives_a_tree_or_a_fault(text in "\\PC{0,40}|[a-z0-9(){}\\[\\]\"'`,:@#=~!<>/*+^\\\\ \\n._-]{0,40}") {
        check(&text);
    }
}

#[test]
fn the_table_of_expressions_parses_back() {
    let table = include_str!("../../testdata/promql/expressions.tsv");
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let text: String = serde_json::from_str(line.splitn(4, '\t').nth(3).unwrap()).unwrap();
        check(&text);
    }
}
