use proptest::prelude::*;

use super::agrees;

#[test]
fn what_is_common_is_read() {
    for text in [
        "a: 1\n",
        "a:\n  b: 1\n  c:\n    - d\n    - e: 1\n      f: 'it''s'\n",
        "# why\na: # b\n- b\n-  c: \"x\\\\d\\n\" # d\n   e:\n- - f\n  - g\n-\nh: [1, {a: b}, [], {}]\n",
        "---\na: |\n  x\n   y\n\n  z\n\nb: >-\n  x\n  y\n\n  z\n---\n- |-\n x\n",
        "a:\n  b\nc: d: e\n",
        "\n\n  # c\n  a: b\n  c: http://x:1/y#z\n",
        "größe: “é”\n",
        "a: 1",
    ] {
        assert_eq!(agrees(text), !text.contains("d: e"), "{text:?}");
    }
}

#[test]
fn what_is_rare_is_left_to_the_parser() {
    for text in [
        "a: &x 1\n",
        "a: !t 1\n",
        "a: *x\n",
        "a:\tb\n",
        "a: b\n c\n",
        "a: \"b\n c\"\n",
        "? a\n: b\n",
        "a: [\n1]\n",
        "--- a\n",
        "%YAML 1.2\n---\na\n",
        "a: |2\n   x\n",
        "a: \"\\x41\"\n",
        "a: 1\n...\n",
        "- a\nb\n",
        "a: b: c\n",
        "---\n",
        "\u{feff}a: 1\n",
        "a: 1\r\n",
        "a: 'b' c\n",
        "a: [b]c\n",
        "a: @b\n",
    ] {
        assert!(!agrees(text), "{text:?}");
    }
}

const PIECES: [&str; 40] = [
    "a", "b: ", "c:", "- ", "-", "\n", "\n  ", "\n    ", "\n ", " ", "  ", "#", " # c", "'x'", "'it''s'",
    "\"y\"", "\"\\n\"", "[", "]", "{", "}", ",", ", ", "[a, b]", "{a: b}", "|\n", "|-\n", ">\n", ">-\n", ":",
    ": ", "a: b\n", "\n---\n", "? ", "<<: ", "é", "0", "http://x", "\n- ", "\n\n",
];

proptest! {
    #[test]
    fn both_readers_agree(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..14)) {
        agrees(&pieces.concat());
    }

    #[test]
    fn both_readers_agree_on_lines(lines in prop::collection::vec(("( ){0,5}", prop::sample::select(vec![
        "a: 1", "b:", "- a", "-", "- b: 1", "- - x", "c: |", "d: >-", "e: [x, y]", "f: {a: 'b'}", "# c", "g: x # c", "", "text", "'q': 1", "h: \"\\\\d\"", "---",
        "a: [", "-  b:", "x: # c", "- # c", "- |", "i:  ", "- >",
    ])), 0..10)) {
        let text: String = lines.iter().map(|(indent, line)| format!("{indent}{line}\n")).collect();
        agrees(&text);
    }
}
