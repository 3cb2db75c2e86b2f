//! What a text may cost: nodes, bytes that are kept, bytes that are read. Counted, not timed.

use super::tree::{Comment, Data, Document, Id, Pair, Properties};
use super::{Budget, COMMENTS_MAX, DOCUMENTS_MAX, Fault, FaultKind, File, parse};

/// Bytes that are kept of a file for each byte of its text, at most.
const KEPT_MAX: usize = 100;

/// Bytes that are kept of a file beside its text.
fn kept(file: &File) -> usize {
    let strings = |fault: &Fault| fault.message.len() + fault.help.as_ref().map_or(0, String::len);
    let faults: usize = file.faults().iter().map(|fault| size_of::<Fault>() + strings(fault)).sum();
    let comments: usize = file.comments().iter().map(|it| size_of::<Comment>() + it.text.capacity()).sum();
    file.documents().iter().map(of_document).sum::<usize>() + faults + comments
}

fn of_document(document: &Document) -> usize {
    let tree = &document.tree;
    let texts: usize = tree.texts.iter().map(|text| size_of::<Box<str>>() + text.len()).sum();
    let tags = |it: &Properties| it.tag.as_ref().map_or(0, |tag| tag.name.capacity());
    let properties: usize = tree.properties.values().map(|it| size_of::<(Id, Properties)>() + tags(it)).sum();
    let merges: usize = tree.merges.values().map(|it| it.keys.capacity() + it.entries.capacity()).sum();
    size_of::<Document>()
        + tree.nodes.capacity() * size_of::<Data>()
        + tree.items.capacity() * size_of::<Id>()
        + (tree.entries.capacity() + merges) * size_of::<Pair>()
        + texts
        + properties
}

/// Reads a text of a few hundred kilobytes that is all the same, and gives its nodes.
#[track_caller]
fn check(unit: &str) -> usize {
    let text = format!("{}\n", unit.repeat(300_000 / unit.len()));
    check_text(text)
}

#[track_caller]
fn check_text(text: String) -> usize {
    let len = text.len();
    let file = File::parse(text, &Budget::default());
    let kept = kept(&file);
    assert!(kept <= KEPT_MAX * len, "{} bytes for each of {:.40}", kept / len, file.text());
    file.documents().iter().map(|document| document.tree.nodes.len()).sum()
}

#[test]
fn what_is_kept_grows_with_the_text_alone() {
    for unit in [
        "- a\n",
        "a: b\n",
        "-\n",
        "- \"x\\n\"\n",
        "- 'a''b'\n",
        "- |\n  x\n",
        "# c\n",
        "- a # c\n",
        "---\n",
        "--- a\n",
        "- &a b\n",
        "- !t b\n",
        "- !!str a\n",
        "- *a\n",
        "a: |\nx\n",
        "a:\n\tb\n",
        "? a\n",
        "a: [\n",
        "- {}\n",
        "- []\n",
        "- {a: b}\n",
        "\n",
        " ",
        "x\n",
        ": ",
        "[a}",
    ] {
        check(unit);
    }
}

/// Each of these would take minutes if what is done for one collection grew with the length of its line.
#[test]
fn a_line_may_be_long() {
    for (unit, nodes) in [("[], ", 1), ("{}, ", 1), ("a: b, ", 3), ("!t [], ", 1), ("[a: b], ", 4)] {
        let count = 60_000;
        let found = check_text(format!("[{}c]\n", unit.repeat(count)));
        assert!(found >= nodes * count, "{unit}: {found}");
    }
}

#[test]
fn aliases_and_merge_keys_are_counted() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        laughs += &format!("a{level}: &a{level} [{}*a{before}]\n", format!("*a{before}, ").repeat(8));
    }
    let keys: String = (0..1000).map(|key| format!("k{key}: 1, ")).collect();
    let merges = format!("a: &a {{{keys}}}\n{}", "b: {<<: *a}\n".repeat(9_000));
    for text in [laughs, merges] {
        let file = File::parse(text, &Budget::default());
        assert_eq!(file.faults().last().map(|fault| fault.kind), Some(FaultKind::Limit));
        assert_eq!(file.documents().len(), 0);
    }
}

#[test]
fn comments_and_documents_are_counted() {
    for (unit, most) in [("#\n", COMMENTS_MAX), ("---\n", DOCUMENTS_MAX)] {
        let file = File::parse(unit.repeat(most + 10), &Budget::default());
        assert_eq!(file.faults().last().map(|fault| fault.kind), Some(FaultKind::Limit));
        assert!(file.comments().len().max(file.documents().len()) <= most);
    }
}

#[test]
fn what_is_read_again_is_bounded() {
    for len in [1, 1000, 48 << 10, 64 << 10, 1 << 20, 4 << 20, 5 << 20, 32 << 20] {
        assert!(parse::tries(len) * len <= 4 << 20, "{len}");
    }
    assert!(parse::tries(48 << 10) >= 64 && parse::tries(4 << 20) == 1 && parse::tries(5 << 20) == 0);
}
