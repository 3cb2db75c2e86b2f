//! Whatever the bytes, reading ends, twice alike, with places that are in the text; and what is written in any style
//! reads back, each byte of a value where it was written.

use proptest::prelude::*;

use super::testing::walk;
use super::*;
use crate::base::span::Span;
use crate::base::testing::cases;
use crate::fuzzing::yaml::{Parts, check_places};

/// Pieces that YAML is made of, the dangerous ones too.
const PIECES: &[&str] = &[
    "a",
    "b: ",
    "- ",
    ": ",
    "? ",
    "|",
    ">",
    "|-\n",
    ">2+\n",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\t",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&x ",
    "*x",
    "<<: ",
    "!!str ",
    "!t ",
    "# c",
    " #",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\\n",
    "\\",
    "é",
    "𝄞",
    "\u{feff}",
    "\u{2028}",
    "\u{85}",
    "{{ x }}",
    "@",
    "~",
    "1",
    "key: |\n",
    "- key: v\n",
    "  k: v\n",
    "\n\t",
];

fn any_yaml() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat()),
        1 => "\\PC{0,30}",
        3 => mutated(),
    ]
}

/// A manifest with one stretch replaced.
fn mutated() -> impl Strategy<Value = String> {
    const WHOLE: &str = "# c\nkind: &k ConfigMap\ndata:\n  a.yml: |-\n    x: [1, 'é']\n\n    y: \"a\\tb\"\n  b: >\n    c\n    d\n\n\
                         \x20   e\n  <<: {z: *k}\n  c: {d: [e, f: g], 'h': \"i\n    j\"}\n---\n- - 1\n  - 2\n-\n  k: v\n  l:\n  - m\n";
    (0..WHOLE.len(), 0..8_usize, prop::sample::select(PIECES)).prop_map(|(at, len, piece)| {
        let at = WHOLE.floor_char_boundary(at);
        let end = WHOLE.ceil_char_boundary((at + len).min(WHOLE.len()));
        format!("{}{piece}{}", &WHOLE[..at], &WHOLE[end..])
    })
}

/// A tree to write, and how each part of it is to be written.
#[derive(Clone, Debug)]
enum Written {
    Scalar(String, Style),
    List(Vec<Written>, bool),
    Map(Vec<Written>, bool),
}

fn style() -> impl Strategy<Value = Style> {
    prop::sample::select(vec![
        Style::Plain,
        Style::SingleQuoted,
        Style::DoubleQuoted,
        Style::Literal,
        Style::Folded,
    ])
}

fn text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "a", "b c", "é", "𝄞", "\n", "\n\n", " x", "\t", "'", "\"", "\\", ": ", " #", "- ", "{{", "\u{2028}",
        "1",
    ]);
    prop::collection::vec(words, 0..6).prop_map(|words| words.concat())
}

fn written() -> impl Strategy<Value = Written> {
    let scalar = (text(), style()).prop_map(|(text, style)| Written::Scalar(text, style));
    scalar.prop_recursive(3, 16, 4, |inner| {
        let children = prop::collection::vec(inner, 1..4);
        prop_oneof![
            (children.clone(), any::<bool>()).prop_map(|(items, flow)| Written::List(items, flow)),
            (children, any::<bool>()).prop_map(|(values, flow)| Written::Map(values, flow)),
        ]
    })
}

/// Writes `tree` behind a key or dash of a collection at `indent`, and notes what each scalar's text is.
fn write(tree: &Written, indent: usize, flow: bool, out: &mut String, scalars: &mut Vec<(String, Span)>) {
    match tree {
        Written::Scalar(text, style) => {
            let start = out.len();
            out.push_str(&super::edit::written(text, *style, indent, flow));
            scalars.push((text.clone(), Span::new(start, out.len())));
        }
        Written::List(items, inner) if flow || *inner => {
            out.push('[');
            for item in items {
                write(item, indent, true, out, scalars);
                out.push_str(" , ");
            }
            out.push(']');
        }
        Written::Map(values, inner) if flow || *inner => {
            out.push('{');
            for (index, value) in values.iter().enumerate() {
                out.push_str(&format!("k{index}: "));
                write(value, indent, true, out, scalars);
                out.push_str(" ,");
            }
            out.push('}');
        }
        Written::List(children, _) | Written::Map(children, _) => {
            for (index, child) in children.iter().enumerate() {
                let key =
                    if matches!(tree, Written::List(..)) { "-".to_owned() } else { format!("k{index}:") };
                out.push_str(&format!("\n{}{key} ", " ".repeat(indent)));
                write(child, indent + 2, false, out, scalars);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn reading_ends_with_places_in_the_text(text in any_yaml()) {
        let file = File::parse(text.clone(), &Budget::default());
        let shown = format!("{file:?}"); // what is asked for is put together then
        check_places(&file);
        let again = File::parse(text, &Budget::default());
        prop_assert_eq!(shown, format!("{again:?}"));
    }

    #[test]
    fn a_small_budget_bounds_every_walk(text in any_yaml()) {
        let file = File::parse(text, &Budget { text: 200, nodes: 20, depth: 4, aliases: 3 });
        for root in file.documents().iter().filter_map(Document::root) {
            let mut met = 0;
            walk(root, &mut |_| met += 1);
            prop_assert!(met <= 20);
        }
    }

    #[test]
    fn what_is_written_in_any_style_reads_back(tree in written(), crlf in any::<bool>()) {
        let (mut text, mut scalars) = ("root: ".to_owned(), Vec::new());
        write(&tree, 2, false, &mut text, &mut scalars);
        text.push('\n');
        if crlf && !text.contains('\r') {
            // Places move; values must not.
            scalars.iter_mut().for_each(|(_, span)| *span = Span::default());
            text = text.replace('\n', "\r\n");
        }
        let file = File::parse(text.clone(), &Budget::default());
        prop_assert!(file.faults().is_empty(), "{:?} {:?}", text, file.faults());
        check_places(&file);
        let mut found = Vec::new();
        let root = file.documents()[0].root().and_then(|root| root.get("root")).expect("the root");
        collect(root, &mut found);
        for ((value, span), node) in scalars.iter().zip(&found) {
            prop_assert_eq!(node.text(), Some(value.as_str()), "{:?}", text);
            if *span != Span::default() {
                prop_assert_eq!(node.span(), *span, "{:?}", text);
            }
        }
        prop_assert_eq!(scalars.len(), found.len());
    }

    #[test]
    fn an_edit_changes_one_thing(
        tree in written(),
        at in any::<prop::sample::Index>(),
        new in text(),
        style in style(),
    ) {
        let mut text = "root: ".to_owned();
        write(&tree, 2, false, &mut text, &mut Vec::new());
        let file = File::parse(format!("{text}\nend: x # why\n"), &Budget::default());
        prop_assert_eq!(file.faults(), []);
        let parts = Parts::of(&file);
        let at = at.index(parts.len());
        parts.check_rewrite(&file, at, &new, style);
        parts.check_quote(&file, at);
        parts.check_remove(&file, at, new.len());
    }
}

/// The scalars below a node that are not keys.
fn collect<'d>(node: Node<'d>, found: &mut Vec<Node<'d>>) {
    if node.kind() == Kind::Scalar {
        found.push(node);
    }
    node.items().for_each(|item| collect(item, found));
    node.entries().for_each(|entry| collect(entry.value, found));
}
