//! YAML out of values: the same bytes for the same value, read alike by every reader.
//!
//! The layout is that of kubectl and Kustomize: block style, two spaces, the dash of a list below the first letter of
//! its key, no folded lines. Strings that any reader in use (YAML 1.1 of Go, YAML 1.2) would take for something else
//! are quoted; texts of several lines are literal blocks where those can say them exactly. There is no null: what is
//! absent is left out.
//!
//! Depth is that of the value, which our own code has built; text from outside is only ever a string in it.

mod scalar;
#[cfg(test)]
mod tests;
mod value;

pub use value::{Entry, Map, Value};

use crate::base::text;

/// One level of nesting.
const STEP: usize = 2;

/// Longer keys are more than YAML allows before the `:` of its short form.
const SHORT_KEY_MAX: usize = 1000;

/// One document, its comment above it, without `---`. An empty map is `{}`.
#[must_use]
pub fn document(map: &Map, comment: Option<&str>) -> String {
    let mut writer = Writer::default();
    if let Some(comment) = comment {
        writer.comment(comment, 0);
    }
    if map.is_empty() {
        writer.out.push_str("{}\n");
    }
    writer.map(map, 0, false);
    writer.out
}

/// Documents in one text, with `---` between them.
#[must_use]
pub fn stream<'m>(documents: impl IntoIterator<Item = (&'m Map, Option<&'m str>)>) -> String {
    let documents: Vec<String> = documents.into_iter().map(|(map, comment)| document(map, comment)).collect();
    documents.join("---\n")
}

/// The lines of one item of a list whose dashes stand in column `indent`.
pub(super) fn item(item: &Map, indent: usize) -> String {
    let mut writer = Writer::default();
    writer.list(&[item.clone().into()], indent, false);
    writer.out
}

/// The lines of the entries of a mapping whose keys stand in column `indent`.
pub(super) fn entries(map: &Map, indent: usize) -> String {
    let mut writer = Writer::default();
    writer.map(map, indent, false);
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
}

impl Writer {
    /// The entries of a map whose keys stand in column `indent`; the first one at once when the cursor is there
    /// already (behind the dash of a list).
    fn map(&mut self, map: &Map, indent: usize, mut there: bool) {
        for entry in map.entries() {
            if let Some(comment) = entry.comment().filter(|_| !there) {
                self.comment(comment, indent);
            }
            if !there {
                self.spaces(indent);
            }
            there = false;
            let key = scalar::line(entry.key());
            if key.len() > SHORT_KEY_MAX {
                self.out.push_str("? ");
                self.out.push_str(&key);
                self.out.push('\n');
                self.spaces(indent);
            } else {
                self.out.push_str(&key);
            }
            self.out.push(':');
            match entry.value() {
                Value::Map(map) if !map.is_empty() => {
                    self.out.push('\n');
                    self.map(map, indent + STEP, false);
                }
                Value::List(items) if !items.is_empty() => {
                    self.out.push('\n');
                    self.list(items, indent, false);
                }
                value => self.leaf(value, indent),
            }
        }
    }

    /// Items whose dashes stand in column `indent`.
    fn list(&mut self, items: &[Value], indent: usize, mut there: bool) {
        for item in items {
            // The first key of a map stands behind the dash, so that its comment goes above the dash.
            let comment = match item {
                Value::Map(map) => map.entries().next().and_then(Entry::comment),
                _ => None,
            };
            if let Some(comment) = comment.filter(|_| !there) {
                self.comment(comment, indent);
            }
            if !there {
                self.spaces(indent);
            }
            there = false;
            self.out.push('-');
            match item {
                Value::Map(map) if !map.is_empty() => {
                    self.out.push(' ');
                    self.map(map, indent + STEP, true);
                }
                Value::List(items) if !items.is_empty() => {
                    self.out.push(' ');
                    self.list(items, indent + STEP, true);
                }
                value => self.leaf(value, indent),
            }
        }
    }

    /// What stands behind a `:` or `-` whose line is indented by `indent`, and the end of the line.
    fn leaf(&mut self, value: &Value, indent: usize) {
        self.out.push(' ');
        match value {
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Integer(value) => self.out.push_str(&value.to_string()),
            Value::Number(value) => self.out.push_str(&value.to_string()),
            Value::Map(_) => self.out.push_str("{}"),
            Value::List(_) => self.out.push_str("[]"),
            Value::String(text) => match scalar::literal_header(text) {
                Some(header) => return self.literal(text, &header, indent + STEP),
                None => self.out.push_str(&scalar::line(text)),
            },
        }
        self.out.push('\n');
    }

    fn literal(&mut self, text: &str, header: &str, indent: usize) {
        self.out.push_str(header);
        self.out.push('\n');
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.spaces(indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn comment(&mut self, comment: &str, indent: usize) {
        for line in comment.trim_end_matches('\n').split('\n') {
            self.spaces(indent);
            self.out.push('#');
            if !line.is_empty() {
                self.out.push(' ');
                // A control character could end the comment.
                self.out.extend(line.chars().map(|c| if text::is_unsafe(c) { '\u{FFFD}' } else { c }));
            }
            self.out.push('\n');
        }
    }

    fn spaces(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }
}
