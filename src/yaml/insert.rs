//! Additions to a file that leave every byte of it where it is: items of lists, entries of mappings, the end of a text.
//!
//! Within brackets and braces what is added is JSON, which is YAML; everywhere else it is lines of their own, indented
//! as their neighbours. Nothing is added to what an anchor or alias stands at: it would be there more than once.

use super::tree::{Kind, Node};
use super::value::Style;
use super::write::{self, Map, Value};
use crate::base::edit::Edit;
use crate::base::span::Span;

impl Node<'_> {
    /// The edit that puts `item` behind the last one of the list under `key`, which is made if it is absent or null.
    ///
    /// Only an explicit `null` or `~` is replaced. `None` for what is no mapping, for a list that came by a merge key or
    /// has an anchor or tag, and for a value that is no list.
    #[must_use]
    pub fn append_under(self, key: &str, item: &Map) -> Option<Edit> {
        let Some(entry) = self.entry(key) else {
            return self.append_entry(key, &vec![item.clone()].into());
        };
        let (list, span) = (entry.value, entry.value.full_span());
        if entry.merged || !self.takes_additions() || !list.takes_additions() {
            return None;
        }
        let file = self.file_text();
        let json = item.to_json();
        match list.kind() {
            Kind::Sequence => list.append(item),
            Kind::Scalar if span.is_empty() => {
                let behind_colon = file.get(..span.start).is_some_and(|before| before.ends_with(':'));
                behind_colon.then(|| Edit::insert(span.start, format!(" [{json}]")))
            }
            Kind::Scalar => list.is_null().then(|| Edit::replace(span, format!("[{json}]"))),
            Kind::Mapping => None,
        }
    }

    /// The edit that puts an entry behind the last one of this mapping, which must not have the key.
    ///
    /// `None` for what is no mapping, and where an anchor, tag or alias stands at it.
    #[must_use]
    pub fn append_entry(self, key: &str, value: &Value) -> Option<Edit> {
        if self.kind() != Kind::Mapping || self.entry(key).is_some() || !self.takes_additions() {
            return None;
        }
        let own = self.entries().filter(|entry| !entry.merged).chain(self.merges());
        let end = own.map(|entry| entry.key.full_span().end.max(entry.value.full_span().end)).max();
        if self.is_flow() {
            let json = value.to_json();
            return self.append_flow(end, &format!("{}: {json}", serde_json::Value::from(key)));
        }
        let column = self.indent()?;
        let map = Map::new().with(key, value.clone());
        Some(self.append_lines(end?, column, &write::entries(&map, column)))
    }

    /// The edit that puts `text`, which needs no escape in any style, behind the last character of a scalar that is no
    /// white space; a scalar without any becomes `text`, less white space before it.
    #[must_use]
    pub fn append_text(self, text: &str) -> Option<Edit> {
        if self.kind() != Kind::Scalar || !self.takes_additions() {
            return None;
        }
        let value = if self.is_null() { "" } else { self.text()?.trim_end() };
        let Some(last) = value.chars().next_back() else {
            return self.rewrite(text.trim_start(), Style::DoubleQuoted);
        };
        let last = Span::new(value.len() - last.len_utf8(), value.len());
        Some(Edit::insert(self.value_map()?.span(last).end, text))
    }

    /// The edit that puts an item behind the last one of this list.
    fn append(self, item: &Map) -> Option<Edit> {
        let end = self.items().map(|item| item.full_span().end).max();
        if self.is_flow() {
            return self.append_flow(end, &item.to_json().to_string());
        }
        let column = self.indent()?;
        Some(self.append_lines(end?, column + 1, &write::item(item, column)))
    }

    /// Behind `end`, or behind the opening bracket of an empty collection.
    fn append_flow(self, end: Option<usize>, json: &str) -> Option<Edit> {
        let first = self.span().start + 1;
        Some(match end {
            Some(end) => Edit::insert(end, format!(", {json}")),
            None => Edit::insert(first, json),
        })
    }

    /// Below the line that `end` is in, and below comments under it that stand in `column` or deeper.
    fn append_lines(self, end: usize, column: usize, lines: &str) -> Edit {
        let file = self.file_text();
        let mut at = next_line(file, end);
        let mut ahead = at;
        while let Some(from) = ahead.filter(|from| *from < file.len()) {
            let line = file[from..].split('\n').next().unwrap_or_default();
            let text = line.trim_start_matches(' ');
            ahead = next_line(file, from);
            match text.trim_end().is_empty() {
                true => {}
                false if text.starts_with('#') && line.len() - text.len() >= column => at = ahead,
                false => break,
            }
        }
        let lines = if file.contains("\r\n") { lines.replace('\n', "\r\n") } else { lines.to_owned() };
        match at {
            Some(at) => Edit::insert(at, lines),
            None => {
                let (lines, line_break) = match lines.strip_suffix("\r\n") {
                    Some(lines) => (lines, "\r\n"),
                    None => (lines.trim_end_matches('\n'), "\n"),
                };
                Edit::insert(file.len(), format!("{line_break}{lines}"))
            }
        }
    }

    /// Whether it stands once and where it is, and is what it looks like.
    fn takes_additions(self) -> bool {
        self.alias_of().is_none()
            && self.anchor_span().is_none()
            && self.tag_span().is_none()
            && !self.has_bare_return()
    }
}

/// Where the line below that of `at` begins; `None` when there is none.
fn next_line(file: &str, at: usize) -> Option<usize> {
    file.get(at..)?.find('\n').map(|len| at + len + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::edit::apply;
    use crate::yaml::{Budget, File};

    /// `text` after the edit that `change` makes of its root.
    #[track_caller]
    fn check(text: &str, change: impl Fn(Node<'_>) -> Option<Edit>, expect: Option<&str>) {
        let file = File::parse(text, &Budget::default());
        let root = file.documents()[0].root().expect("a node");
        let changed = change(root).map(|edit| apply(text, &[edit]).expect("an edit of the text"));
        assert_eq!(changed.as_deref(), expect);
        if let Some(changed) = changed {
            let file = File::parse(changed.clone(), &Budget::default());
            assert_eq!(file.faults(), [], "{changed}");
        }
    }

    fn item() -> Map {
        Map::new().with("k1", 1).with("m", "x")
    }

    #[test]
    fn items_stand_below_the_last_one() {
        let append = |node: Node<'_>| node.append_under("a", &item());
        check("a:\n- b\n", append, Some("a:\n- b\n- k1: 1\n  m: x\n"));
        check("a:\n  - b: c # d\n    # e\n\n    # f\n  # g\nh: i\n", append, {
            Some("a:\n  - b: c # d\n    # e\n\n    # f\n  - k1: 1\n    m: x\n  # g\nh: i\n")
        });
        check("a:\n- b", append, Some("a:\n- b\n- k1: 1\n  m: x"));
        check("a:\r\n- b\r\nc: d\r\n", append, Some("a:\r\n- b\r\n- k1: 1\r\n  m: x\r\nc: d\r\n"));
        check("a:\r\n- b", append, Some("a:\r\n- b\r\n- k1: 1\r\n  m: x"));
        check("a:\n- |\n  b\n\nc: d\n", append, Some("a:\n- |\n  b\n- k1: 1\n  m: x\n\nc: d\n"));
        check("x: 1\n", append, Some("x: 1\na:\n- k1: 1\n  m: x\n"));
        check("a: [b]\n", append, Some("a: [b, {\"k1\":1,\"m\":\"x\"}]\n"));
        check("a: [b,\n]\n", append, Some("a: [b, {\"k1\":1,\"m\":\"x\"},\n]\n"));
        check("a: []\n", append, Some("a: [{\"k1\":1,\"m\":\"x\"}]\n"));
        check("a: # c\nb: d\n", append, Some("a: [{\"k1\":1,\"m\":\"x\"}] # c\nb: d\n"));
        check("a: ~\n", append, Some("a: [{\"k1\":1,\"m\":\"x\"}]\n"));
        check("{\"a\": null}", append, Some("{\"a\": [{\"k1\":1,\"m\":\"x\"}]}"));
        check("a: {}\n", append, None);
        check("a: b\n", append, None);
        check("a: &l [b]\nc: *l\n", append, None);
        check("l: &l [b]\na: *l\n", append, None);
        check("m: &m {a: [b]}\n<<: *m\n", append, None);
        check("- a\n", append, None);
    }

    #[test]
    fn entries_stand_below_the_last_one() {
        let append = |node: Node<'_>| node.append_entry("k", &vec![item()].into());
        check("a: b\n# c\n", append, Some("a: b\n# c\nk:\n- k1: 1\n  m: x\n"));
        check("{}", append, Some("{\"k\": [{\"k1\":1,\"m\":\"x\"}]}"));
        check("{a: b, c}", append, Some("{a: b, c, \"k\": [{\"k1\":1,\"m\":\"x\"}]}"));
        check("k: b\n", append, None);
        let first = |node: Node<'_>| node.items().next()?.append_entry("k", &"v".into());
        check("-   a: 1\n    b:\n    - 2\n- c\n", first, Some("-   a: 1\n    b:\n    - 2\n    k: v\n- c\n"));
        check("- a: |+\n    1\n\n- c\n", first, Some("- a: |+\n    1\n\n  k: v\n- c\n"));
    }

    #[test]
    fn texts_grow_at_their_end_in_their_style() {
        let append = |node: Node<'_>| node.get("a")?.append_text(" --x=1:2");
        check("a: b # c\n", append, Some("a: b --x=1:2 # c\n"));
        check("a: 'b '\n", append, Some("a: 'b --x=1:2 '\n"));
        check("a: 'b'''\n", append, Some("a: 'b'' --x=1:2'\n"));
        check("a: \"b\\u0041\"\n", append, Some("a: \"b\\u0041 --x=1:2\"\n"));
        check("a: b\n  c\n", append, Some("a: b\n  c --x=1:2\n"));
        check("a: |\n  b\n\n  c\nd: e\n", append, Some("a: |\n  b\n\n  c --x=1:2\nd: e\n"));
        check("a: >-\n  b\n  c\n", append, Some("a: >-\n  b\n  c --x=1:2\n"));
        check("a: \"\"\n", append, Some("a: \"--x=1:2\"\n"));
        check("a:\nb: c\n", append, Some("a: \"--x=1:2\"\nb: c\n"));
        check("a: null\n", append, Some("a: \"--x=1:2\"\n"));
        check("a: [b]\n", append, None);
        check("b: &x y\na: *x\n", append, None);
    }
}
