//! YAML: both readers agree, reading ends with places in the text, each byte of a value leads to where it was written, and an edit changes
//! what it says and nothing else.

use crate::base::edit::{self, Edit};
use crate::base::span::Span;
use crate::yaml::{Budget, Entry, FaultKind, File, Kind, Node, Style, Value};

/// Nodes of one document that are looked at, and nodes that are changed: aliases may stand for far more than there are.
const NODES_MAX: usize = 10_000;
const CHANGES_MAX: usize = 24;

pub(super) fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    crate::yaml::agrees(text);
    let file = File::parse(text, &Budget::default());
    assert_eq!(file.text(), text);
    check_places(&file);
    check_changes(&file, data.len());
}

/// Everything that a caller can ask for is in the text, and children are within their parents.
pub(crate) fn check_places(file: &File) {
    let text = file.text();
    let inside = |span: Span| {
        assert!(span.start <= span.end && text.get(span.start..span.end).is_some(), "{span:?} of {text:?}");
    };
    for fault in file.faults() {
        inside(fault.span);
        let _ = file.position(fault.span.start);
        fault.related.iter().for_each(|related| inside(related.span));
        let ends = [fault.message.as_str(), fault.help.as_deref().unwrap_or("x")];
        assert!(ends.iter().all(|text| !text.is_empty() && !text.contains('\n')), "{fault:?}");
    }
    let edits: Vec<Edit> = file.faults().iter().flat_map(|fault| fault.edits.iter().cloned()).collect();
    assert!(edit::apply(text, &edits).is_ok(), "{edits:?} of {text:?}");
    for comment in file.comments() {
        inside(comment.span);
        assert!(comment.span.of(text).starts_with('#'), "{comment:?} of {text:?}");
    }
    for document in file.documents() {
        inside(document.span());
        let mut left = NODES_MAX;
        if let Some(root) = document.root() {
            check_below(file, root, &mut left);
        }
    }
}

fn check_below(file: &File, node: Node<'_>, left: &mut usize) {
    let Some(less) = left.checked_sub(1) else { return };
    *left = less;
    check_node(file, node);
    for item in node.items() {
        check_below(file, item, left);
    }
    for Entry { key, value, .. } in node.entries().chain(node.merges()) {
        check_below(file, key, left);
        check_below(file, value, left);
    }
}

fn check_node(file: &File, node: Node<'_>) {
    let text = file.text();
    let spans = [node.span(), node.full_span()];
    for span in spans.into_iter().chain(node.tag_span()).chain(node.anchor_span()) {
        assert!(span.start <= span.end && text.get(span.start..span.end).is_some(), "{span:?} of {text:?}");
    }
    match node.value() {
        Some(Value::Str(value)) => assert_eq!(node.as_str(), Some(value)),
        _ => assert_eq!(node.as_str(), None),
    }
    check_map(file, node);
    let own = node.entries().filter(|entry| !entry.merged);
    for entry in own.chain(node.merges()) {
        let key = entry.key.text();
        assert!(entry.merged || key.is_none_or(|key| node.get(key).is_some() || key == "<<"), "{key:?}");
    }
    if node.alias_of().is_none() {
        let own = node.entries().filter(|entry| !entry.merged).chain(node.merges());
        let children = own.map(|entry| entry.span()).chain(node.items().map(Node::full_span));
        for child in children {
            let span = node.span();
            assert!(span.start <= child.start && child.end <= span.end, "{child:?} in {span:?} of {text:?}");
        }
    }
}

/// The map of a scalar: places in order, the same bytes where it says so, and back again.
fn check_map(file: &File, node: Node<'_>) {
    let Some(map) = node.value_map() else { return };
    let text = file.text();
    let value = node.text().expect("a scalar");
    assert_eq!(map.value_len(), value.len());
    let mended = file.faults().iter().any(|fault| !fault.edits.is_empty());
    let mut last = 0;
    for (at, c) in value.char_indices().take(NODES_MAX) {
        let place = Span::new(at, at + c.len_utf8());
        let span = map.span(place);
        assert!(text.get(span.start..span.end).is_some(), "{span:?} of {text:?}");
        assert!(span.start >= last || mended, "{span:?} before {last} of {text:?}");
        last = span.start;
        if let Some(same) = map.verbatim(place) {
            assert_eq!(same.of(text), place.of(value));
            assert_eq!(map.offset(at), same.start);
        }
    }
}

/// Some of the nodes written anew, put into quotes and removed: what was read is read again, but for the change.
fn check_changes(file: &File, seed: usize) {
    if !file.faults().is_empty() {
        return;
    }
    let before = Parts::of(file);
    let scalars: Vec<usize> = before.places(|part| part.text.is_some());
    let step = (before.all.len() / CHANGES_MAX).max(1);
    for index in (seed % step..before.all.len()).step_by(step) {
        let number = seed.wrapping_mul(31).wrapping_add(index);
        let new = match scalars.get(number % (2 * scalars.len().max(1))) {
            Some(other) => before.all[*other].text.unwrap_or_default(),
            None => TEXTS[number % TEXTS.len()],
        };
        before.check_rewrite(file, index, new, STYLES[number % STYLES.len()]);
        before.check_quote(file, index);
        before.check_remove(file, index, number);
    }
}

const STYLES: [Style; 5] =
    [Style::Plain, Style::SingleQuoted, Style::DoubleQuoted, Style::Literal, Style::Folded];

/// What is hard to write in some style.
const TEXTS: [&str; 20] = [
    "x",
    "",
    "1",
    "on",
    "a: b",
    " #",
    "x\ny\n",
    "x\n\n\ny",
    "\n",
    "\n\nx\n\n",
    " x",
    "'\"\\",
    "é\u{2028}\u{85}",
    "- a",
    "*x",
    "{{ x }}",
    "a\tb",
    "\r\n",
    "---",
    "<<",
];

/// All nodes of a file as they are written, in its order, each once: no alias is followed.
pub(crate) struct Parts<'f> {
    all: Vec<Part<'f>>,
}

struct Part<'f> {
    node: Node<'f>,
    document: usize,
    text: Option<&'f str>,
    /// The part that it is in; of a root, one that there is not.
    parent: usize,
    /// Behind the last part that is in it.
    end: usize,
    /// Of a key, the part that is its value.
    value: Option<usize>,
}

impl<'f> Parts<'f> {
    pub(crate) fn of(file: &'f File) -> Self {
        let mut parts = Self { all: Vec::new() };
        for (number, document) in file.documents().iter().enumerate() {
            if let Some(root) = document.root() {
                parts.add(root, number, usize::MAX);
            }
        }
        parts
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    fn add(&mut self, node: Node<'f>, document: usize, parent: usize) -> usize {
        let index = self.all.len();
        let own = node.alias_of().is_none();
        let text = if own { node.text() } else { None };
        self.all.push(Part { node, document, text, parent, end: index, value: None });
        if own {
            for item in node.items() {
                self.add(item, document, index);
            }
            let mut entries: Vec<Entry<'_>> = node.entries().filter(|entry| !entry.merged).collect();
            entries.extend(node.merges());
            entries.sort_by_key(|entry| entry.key.full_span());
            for entry in entries {
                let key = self.add(entry.key, document, index);
                self.all[key].value = Some(self.add(entry.value, document, index));
            }
        }
        self.all[index].end = self.all.len();
        index
    }

    fn places(&self, is_it: impl Fn(&Part<'_>) -> bool) -> Vec<usize> {
        (0..self.all.len()).filter(|index| is_it(&self.all[*index])).collect()
    }

    /// How a part reads, whatever it is written like.
    fn shape(&self, index: usize) -> (Option<&str>, Kind, bool, Option<&str>, usize) {
        let part = &self.all[index];
        (part.text, part.node.kind(), part.node.alias_of().is_some(), part.node.tag(), part.document)
    }

    /// Makes `edit`, and checks that the parts in `gone` are what is missing and that `changed` has its new text.
    #[track_caller]
    fn check_edit(
        &self,
        file: &File,
        edit: &Edit,
        gone: std::ops::Range<usize>,
        changed: Option<(usize, &str)>,
    ) {
        let text = file.text();
        let edited = edit::apply(text, std::slice::from_ref(edit)).expect("an edit of the text");
        let again = File::parse(edited.clone(), &Budget::default());
        let is_key = changed.is_some_and(|(index, _)| self.all[index].value.is_some());
        if is_key && again.faults().iter().any(|fault| fault.kind == FaultKind::DuplicateKey) {
            return; // there is such a key already
        }
        assert_eq!(again.faults(), [], "{text:?} becomes {edited:?}");
        let after = Parts::of(&again);
        let kept: Vec<usize> = (0..self.all.len()).filter(|index| !gone.contains(index)).collect();
        assert_eq!(after.all.len(), kept.len(), "{text:?} becomes {edited:?}");
        for (now, index) in kept.into_iter().enumerate() {
            let mut expected = self.shape(index);
            if let Some((_, new)) = changed.filter(|(changed, _)| *changed == index) {
                expected.0 = Some(new);
                let node = after.all[now].node;
                assert!(node.tag().is_some() || node.as_str() == Some(new), "{text:?} becomes {edited:?}");
            }
            let found = after.shape(now);
            assert_eq!(found, expected, "{text:?} becomes {edited:?}");
        }
    }

    pub(crate) fn check_rewrite(&self, file: &File, index: usize, new: &str, style: Style) {
        if let Some(edit) = self.all[index].node.rewrite(new, style) {
            self.check_edit(file, &edit, 0..0, Some((index, new)));
        }
    }

    pub(crate) fn check_quote(&self, file: &File, index: usize) {
        let Part { node, text: Some(text), .. } = &self.all[index] else { return };
        if let Some(edit) = node.quote() {
            self.check_edit(file, &edit, 0..0, Some((index, text)));
        }
    }

    /// Removes one of the entries of the mapping at `index`.
    pub(crate) fn check_remove(&self, file: &File, index: usize, number: usize) {
        let is_key = |part: &Part<'_>| part.parent == index && part.value.is_some();
        let keys = self.places(|part| is_key(part) && part.text.is_some_and(|text| text != "<<"));
        let Some(key) = keys.get(number % keys.len().max(1)).copied() else { return };
        let Part { node, .. } = &self.all[index];
        let Some(edit) = node.remove(self.all[key].text.unwrap_or_default()) else { return };
        let value = self.all[key].value.expect("a key has one");
        let gone = key..self.all[value].end;
        // What goes may be what an alias stands for.
        if !gone.clone().any(|index| self.all[index].node.anchor_span().is_some()) {
            self.check_edit(file, &edit, gone, None);
        }
    }
}

#[cfg(test)]
mod tests {
    /// The same test data that the fuzzer begins with.
    #[test]
    fn test_data_can_be_read_and_changed() {
        for folder in ["yaml", "k8s", "manifest"] {
            let folder = format!("{}/testdata/{folder}", env!("CARGO_MANIFEST_DIR"));
            let paths = std::fs::read_dir(folder).expect("testdata").map(|it| it.expect("an entry").path());
            for file in paths.filter(|path| path.is_file()) {
                super::yaml(&std::fs::read(file).expect("a file"));
            }
        }
    }
}
