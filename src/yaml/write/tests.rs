use proptest::prelude::*;

use super::{Map, Value, document, stream};
use crate::yaml::{Budget, File, Kind, Node, Value as Read};

/// Written as `expect`, and read back as it was.
#[track_caller]
fn check(map: &Map, expect: &str) {
    let text = document(map, None);
    assert_eq!(text, expect);
    assert_reads_back(map, &text);
}

/// How a string stands behind a key.
#[track_caller]
fn check_string(text: &str, expect: &str) {
    check(&Map::new().with("k", text), &format!("k: {expect}\n"));
}

#[track_caller]
fn assert_reads_back(map: &Map, text: &str) {
    let file = File::parse(text, &Budget::default());
    assert!(file.faults().is_empty(), "{:?} in\n{text}", file.faults());
    let root = file.documents().first().and_then(|document| document.root());
    assert_eq!(file.documents().len(), 1, "in\n{text}");
    // As JSON: comments are no part of what is said.
    assert_eq!(read(root.expect("a document has a root")).to_json(), map.to_json(), "in\n{text}");
}

/// What a node says; panics on what we never write.
fn read(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Sequence => node.items().map(read).collect(),
        Kind::Mapping => {
            let key = |node: Node<'_>| node.as_str().expect("a key is a string").to_owned();
            node.entries().map(|entry| (key(entry.key), read(entry.value))).collect::<Map>().into()
        }
        Kind::Scalar => match node.value().expect("a scalar has a value") {
            Read::Str(text) => text.into(),
            Read::Bool(value) => value.into(),
            Read::Int(value) => i64::try_from(value).expect("an i64").into(),
            other => panic!("{other:?} is never written"),
        },
    }
}

#[test]
fn maps_and_lists_stand_as_kubectl_writes_them() {
    let port = |name: &str, port: u16| Map::new().with("name", name).with("port", port);
    let spec = Map::new()
        .with("ports", [port("web", 80), port("metrics", 9090)])
        .with("args", ["--a", "b"])
        .with("nested", vec![Value::from(["x", "z"]), Value::from(Vec::<Value>::new())])
        .with("selector", Map::new())
        .with("on", true);
    check(
        &Map::new().with("kind", "Service").with("spec", spec),
        "kind: Service\nspec:\n  ports:\n  - name: web\n    port: 80\n  - name: metrics\n    port: 9090\n  args:\n  - \"--a\"\n  - b\n  nested:\n  - - x\n    - z\n  - []\n  selector: {}\n  \"on\": true\n",
    );
    check(&Map::new(), "{}\n");
}

#[test]
fn what_is_absent_is_left_out() {
    let labels: Map = [("a", "b")].into_iter().collect();
    let map = Map::new()
        .with_opt("namespace", None::<&str>)
        .with_opt("labels", Value::from(labels).filled())
        .with_opt("annotations", Value::from(Map::new()).filled())
        .with("emptyDir", Map::new());
    check(&map, "labels:\n  a: b\nemptyDir: {}\n");
    check(&Map::new().with("a", 1).with("b", 2).with("a", 3), "a: 3\nb: 2\n");
}

#[test]
fn what_another_reader_would_take_for_something_else_is_quoted() {
    for text in [
        "",
        "~",
        "null",
        "Null",
        "true",
        "False",
        "on",
        "OFF",
        "yes",
        "n",
        "Y",
        "1",
        "017",
        "0o17",
        "0x1F",
        "1_000",
        "1e3",
        "1.5",
        ".5",
        ".inf",
        "12:30:45",
        "2001-01-01",
        "2001-01-01T00:00:00Z",
        "=",
        "<<",
        "- x",
        "-",
        "a: b",
        "a:",
        "a #b",
        "# a",
        "{{ x }}",
        "x {{ y }}",
        "@a",
        "`a`",
        "!a",
        "&a",
        "*a",
        "|",
        ">",
        "%a",
        "? a",
        " a",
        "a ",
        "[a]",
        "{a}",
        ", a",
        "---",
        "...",
    ] {
        check_string(text, &format!("\"{text}\""));
        let map = Map::new().with(text, 1);
        check(&map, &format!("\"{text}\": 1\n"));
    }
}

#[test]
fn what_every_reader_takes_for_a_string_is_plain() {
    for text in [
        "a",
        "v1",
        "apps/v1",
        "30s",
        "100m",
        "2Gi",
        "5m",
        "web-0",
        "/metrics",
        "a b",
        "it's",
        "a:b",
        "a#b",
        "$1",
        "(.*)",
        "http://a:80/b?c=d",
        "rate(x[5m]) > 0",
        "prom/prometheus:v3.5.0",
        "10.0.0.0/8",
        "_x",
    ] {
        check_string(text, text);
    }
}

#[test]
fn backslashes_and_quotes_stand_in_single_quotes() {
    check_string(r#"{"a": "b"}"#, r#"'{"a": "b"}'"#);
    check_string(r"[^:]+:\d's", r"'[^:]+:\d''s'");
    check_string(r"a\d", r"a\d");
}

#[test]
fn what_cannot_stand_in_a_file_is_escaped() {
    check_string("a\tb\r\u{1}\u{85}", r#""a\tb\r\x01\x85""#);
    check_string("\u{2028}\u{FEFF}\u{202E}\u{FFFF}\0", r#""\u2028\ufeff\u202e\uffff\x00""#);
    check_string("größe 😀", "\"größe 😀\"");
}

#[test]
fn texts_of_several_lines_are_literal_blocks() {
    check_string("a\nb", "|-\n  a\n  b");
    let check_block = |text: &str, expect: &str| check(&Map::new().with("k", text).with("l", 1), expect);
    check_block("a\nb\n", "k: |\n  a\n  b\nl: 1\n");
    check_block("a\n\n\n", "k: |+\n  a\n\n\nl: 1\n");
    check_block("\n\na\n\tb\n", "k: |\n\n\n  a\n  \tb\nl: 1\n");
    check_block("  a\nb\n", "k: |2\n    a\n  b\nl: 1\n");
    check_block("\n a", "k: |2-\n\n   a\nl: 1\n");
    check_block("\ta\n", "k: |2\n  \ta\nl: 1\n");
    check_block("# a\n---\n...\n", "k: |\n  # a\n  ---\n  ...\nl: 1\n");
}

#[test]
fn texts_that_a_block_does_not_say_exactly_are_quoted() {
    check_string("a \nb", r#""a \nb""#);
    check_string("a\n  \nb\n", r#""a\n  \nb\n""#);
    check_string("\n\n", r#""\n\n""#);
    check_string("a\r\nb\n", r#""a\r\nb\n""#);
    check_string("a\nb\u{2029}", r#""a\nb\u2029""#);
}

#[test]
fn blocks_in_lists_are_indented_from_the_dash() {
    let list = vec![Value::from(" a\nb\n"), Map::new().with("c", " d\n").into(), ["e\nf"].into()];
    check(&Map::new().with("k", list), "k:\n- |2\n   a\n  b\n- c: |2\n     d\n- - |-\n    e\n    f\n");
}

#[test]
fn a_key_too_long_for_one_line_is_explicit() {
    let key = "k".repeat(1500);
    check(&Map::new().with(&*key, Map::new().with("a", 1)), &format!("? {key}\n:\n  a: 1\n"));
    check(&Map::new().with(&*key, "b"), &format!("? {key}\n: b\n"));
}

#[test]
fn comments_stand_above_their_keys_and_documents() {
    let item = Map::new().with("a", 1).with("b", 2).comment("a", "first").comment("b", "second");
    let map = Map::new().with("list", [item]).comment("list", "two\n\nlines\r: x").comment("none", "nowhere");
    assert_eq!(
        document(&map, Some("made by hand\n")),
        "# made by hand\n# two\n#\n# lines\u{FFFD}: x\nlist:\n# first\n- a: 1\n  # second\n  b: 2\n"
    );
    assert_reads_back(&map, &document(&map, None));
}

#[test]
fn documents_are_divided() {
    let (a, b) = (Map::new().with("a", "x\n\n"), Map::new().with("b", 1));
    let text = stream([(&a, None), (&b, Some("second"))]);
    assert_eq!(text, "a: |+\n  x\n\n---\n# second\nb: 1\n");
    assert_eq!(File::parse(text, &Budget::default()).documents().len(), 2);
}

fn strings() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "a", "b", " ", "  ", "\n", "\n\n", "\t", "\r", "#", " #", ": ", ":", "- ", "---", "'", "\"", "\\",
        "{{ x }}", "1", "0x", "true", "null", "~", "%", "@", "é", "😀", "\u{85}", "\u{2028}", "\u{FEFF}",
        "\u{7}", "|", ">", "[", "?",
    ]);
    prop_oneof![prop::collection::vec(parts, 0..8).prop_map(|parts| parts.concat()), any::<String>()]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => strings().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((strings(), inner), 0..5)
                .prop_map(|pairs| Value::Map(Map::from_iter(pairs))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(pairs in prop::collection::vec((strings(), values()), 0..6)) {
        let map = Map::from_iter(pairs);
        let text = document(&map, Some("a comment"));
        prop_assert_eq!(&text, &document(&map.clone(), Some("a comment")));
        assert_reads_back(&map, &text);
    }
}
