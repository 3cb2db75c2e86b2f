use super::*;
use crate::yaml::{Entry, File, Node, Value};

/// Reads `text`, and shows each node of the first document as its path and what it spans.
#[track_caller]
fn check(text: &str, expect: &[(&str, &str)]) -> File {
    let file = File::parse(text, &Budget::default());
    assert_eq!(file.faults(), []);
    let mut found = Vec::new();
    show(file.documents()[0].root().expect("a root"), "", &mut found);
    let found: Vec<(&str, &str)> =
        found.iter().map(|(path, span)| (path.as_str(), span.of(file.text()))).collect();
    assert_eq!(found, expect);
    file
}

fn show(node: Node<'_>, path: &str, found: &mut Vec<(String, Span)>) {
    found.push((path.to_owned(), node.span()));
    for (index, item) in node.items().enumerate() {
        show(item, &format!("{path}/{index}"), found);
    }
    for Entry { key, value, .. } in node.entries() {
        show(value, &format!("{path}/{}", key.text().unwrap_or("?")), found);
    }
}

/// The first fault of `text`: its sort, what it spans and its message.
#[track_caller]
fn check_fault(text: &str, budget: &Budget, kind: FaultKind, span: &str, message: &str) -> File {
    let file = File::parse(text, budget);
    let fault = file.faults().first().expect("a fault");
    assert_eq!((fault.kind, fault.span.of(text), fault.message.as_str()), (kind, span, message));
    file
}

#[test]
fn a_mapping_is_read_with_places() {
    check(
        "a: 1\nb: [x, 'y']\n",
        &[("", "a: 1\nb: [x, 'y']"), ("/a", "1"), ("/b", "[x, 'y']"), ("/b/0", "x"), ("/b/1", "'y'")],
    );
}

#[test]
fn collections_end_with_their_last_value() {
    check(
        "a:\n- b: 1\n  c: \n- - d\n  -\n\n# why\ne: {f, ? g : [h: i]}\n\n# end\n",
        &[
            ("", "a:\n- b: 1\n  c: \n- - d\n  -\n\n# why\ne: {f, ? g : [h: i]}"),
            ("/a", "- b: 1\n  c: \n- - d\n  -"),
            ("/a/0", "b: 1\n  c:"),
            ("/a/0/b", "1"),
            ("/a/0/c", ""),
            ("/a/1", "- d\n  -"),
            ("/a/1/0", "d"),
            ("/a/1/1", ""),
            ("/e", "{f, ? g : [h: i]}"),
            ("/e/f", ""),
            ("/e/g", "[h: i]"),
            ("/e/g/0", "h: i"),
            ("/e/g/0/h", "i"),
        ],
    );
}

#[test]
fn block_scalars_begin_with_their_header() {
    let file = check(
        "a: !!str # | no\n  &x |-  # why\n    t\n\n\nb: >+\n  t\n\nc: |\nd: *x\n",
        &[
            ("", "a: !!str # | no\n  &x |-  # why\n    t\n\n\nb: >+\n  t\n\nc: |\nd: *x"),
            ("/a", "|-  # why\n    t"),
            ("/b", ">+\n  t\n"),
            ("/c", "|"),
            ("/d", "*x"),
        ],
    );
    let root = file.documents()[0].root().expect("a root");
    let (a, d) = (root.get("a").expect("a"), root.get("d").expect("d"));
    assert_eq!(a.full_span().of(file.text()), "!!str # | no\n  &x |-  # why\n    t");
    assert_eq!((a.indent(), a.tag(), d.tag()), (Some(4), Some("!!str"), Some("!!str")));
    assert_eq!(d.alias_of().map(Node::span), Some(a.span()));
    assert_eq!(a.anchor_span().map(|span| span.of(file.text())), Some("&x"));
}

#[test]
fn a_block_scalar_can_be_a_whole_document() {
    check("# c\n|\n  é\n", &[("", "|\n  é")]);
    check("--- >-\n  é", &[("", ">-\n  é")]);
}

#[test]
fn tags_say_what_a_scalar_is() {
    let file = File::parse("[!!str 1, !!int '1', !x 1, ! 1, 1]", &Budget::default());
    let root = file.documents()[0].root().expect("a root");
    let values: Vec<Option<Value<'_>>> = root.items().map(Node::value).collect();
    let (text, number) = (Some(Value::Str("1")), Some(Value::Int(1)));
    assert_eq!(values, [text, number, text, text, number]);
}

#[test]
fn documents_go_on_after_a_broken_one() {
    let text = "# c\na: 1\n---\nb: 1\nc: [\n---\nd: 1\n...\n---\n";
    let file = File::parse(text, &Budget::default());
    let spans: Vec<(&str, bool)> =
        file.documents().iter().map(|it| (it.span().of(text), it.complete())).collect();
    assert_eq!(
        spans,
        [("# c\na: 1\n", true), ("---\nb: 1\nc: [\n", false), ("---\nd: 1\n...\n", true), ("---\n", true),]
    );
    let broken = file.documents()[1].root().expect("a part");
    assert_eq!(broken.get("b").and_then(Node::text), Some("1"));
    assert_eq!(file.faults().len(), 1);
}

#[test]
fn merge_keys_bring_what_is_not_there() {
    let file = File::parse(
        "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2, <<: {d: 2}}\nz: {c: 3, <<: [*x, *y]}\nq: {'<<': 1}\n",
        &Budget::default(),
    );
    assert_eq!(file.faults(), []);
    let root = file.documents()[0].root().expect("a root");
    let z = root.get("z").expect("z");
    let entries: Vec<(Option<&str>, Option<&str>, bool)> =
        z.entries().map(|entry| (entry.key.text(), entry.value.text(), entry.merged)).collect();
    assert_eq!(
        entries,
        [
            (Some("c"), Some("3"), false),
            (Some("a"), Some("1"), true),
            (Some("b"), Some("1"), true),
            (Some("d"), Some("2"), true),
        ]
    );
    assert_eq!(z.merges().count(), 1);
    assert_eq!(root.get("q").map(|q| q.entries().count()), Some(1));
}

#[test]
fn keys_that_are_there_twice_are_faults() {
    let budget = Budget::default();
    let file =
        check_fault("a: 1\n'a': 2\n", &budget, FaultKind::DuplicateKey, "'a'", "key `a` is there twice");
    assert_eq!(file.faults()[0].related[0].span, Span::new(0, 1));
    assert_eq!(file.documents()[0].root().and_then(|root| root.get("a")?.text()), Some("1"));
    let many: String = (0..20).map(|key| format!("k{}: 1\n", key % 19)).collect();
    check_fault(&many, &budget, FaultKind::DuplicateKey, "k0", "key `k0` is there twice");
}

#[test]
fn aliases_of_nothing_and_of_themselves_are_faults() {
    let budget = Budget::default();
    check_fault("a: *x\n", &budget, FaultKind::Alias, "*x", "`*x` is an alias of nothing");
    let file = check_fault(
        "a: &x\n  b: [*x]\n",
        &budget,
        FaultKind::Alias,
        "*x",
        "`*x` stands within its own anchor",
    );
    assert_eq!(file.faults()[0].related[0].span, Span::new(3, 5));
    check_fault(
        "a: {<<: 1}\n",
        &budget,
        FaultKind::Merge,
        "1",
        "a merge key (`<<`) takes a mapping or a list of mappings",
    );
}

#[test]
fn what_is_more_than_the_budget_is_refused() {
    let budget = Budget { text: 40, nodes: 9, depth: 3, aliases: 2 };
    let check = |text: &str, message: &str| {
        let file = File::parse(text, &budget);
        assert_eq!(file.documents().len(), 0, "{text}");
        assert!(file.faults()[0].to_string().contains(message), "{text}: {:?}", file.faults());
        assert_eq!(file.faults()[0].kind, FaultKind::Limit);
    };
    check(&"x".repeat(41), "41 bytes, more than the 40");
    check("[1, 2, 3, 4, 5, 6, 7, 8, 9]", "more than 9 nodes");
    check("[&a [1, 2], [*a, *a]]", "more than 9 nodes, aliases followed");
    check("[&a 1, *a, *a, *a]", "more than 2 aliases");
    check("[&a [], &b [*a], &c [*b]]", "more than 3 nested collections, aliases followed");
    check("#\n#\n#\n#\n#\n#\n#\n#\n#\n#\n", "more than 9 comments");
    for text in ["[[[[1]]]]", "- - - - 1", "a:\n- a:\n  - 1\n", "? ? ? ? a"] {
        check(text, "nest");
    }
}
