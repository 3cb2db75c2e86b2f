//! A YAML mapping read by a table of fields: everything that does not fit is a finding, what fits is kept.

use super::super::RULE;
use super::field::{Field, Form, Shape};
use crate::base::name::is_label_name;
use crate::base::span::Span;
use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::diagnostic::Finding;
use crate::k8s::name;
use crate::yaml::{Kind, Node, Value as Scalar};

/// Bytes of a value that a message quotes.
const QUOTED_MAX: usize = 60;

/// A mapping as it was read. What was wrong or absent is not there.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Where it stands, for what is said of all of it.
    pub(super) span: Span,
    fields: Vec<(&'static str, Span, Value)>,
}

#[derive(Debug)]
enum Value {
    Text(String),
    Integer(i64),
    Bool(bool),
    Labels(Vec<(String, String)>),
    Texts(Vec<(String, Span)>),
    List(Vec<Section>),
    Map(Section),
}

impl Section {
    fn find(&self, name: &str) -> Option<&(&'static str, Span, Value)> {
        self.fields.iter().find(|(it, ..)| *it == name)
    }

    /// Where the value stands; of one that is absent, where the section does.
    pub(super) fn at(&self, name: &str) -> Span {
        self.find(name).map_or(self.span, |(_, span, _)| *span)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.find(name)? {
            (.., Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// A text that must be there: nothing where a finding says already that it is not.
    pub(super) fn needed(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    pub(super) fn text_or(&self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        match self.find(name)? {
            (.., Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn bool_or(&self, name: &str, default: bool) -> bool {
        match self.find(name) {
            Some((.., Value::Bool(value))) => *value,
            _ => default,
        }
    }

    /// A list of texts, each with its place.
    pub(super) fn texts(&self, name: &str) -> &[(String, Span)] {
        match self.find(name) {
            Some((.., Value::Texts(texts))) => texts,
            _ => &[],
        }
    }

    /// Whether something stands there that could be read.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn labels(&self, name: &str) -> Option<&[(String, String)]> {
        match self.find(name)? {
            (.., Value::Labels(labels)) => Some(labels),
            _ => None,
        }
    }

    pub(super) fn list(&self, name: &str) -> &[Section] {
        match self.find(name) {
            Some((.., Value::List(sections))) => sections,
            _ => &[],
        }
    }

    pub(super) fn map(&self, name: &str) -> Option<&Section> {
        match self.find(name)? {
            (.., Value::Map(section)) => Some(section),
            _ => None,
        }
    }
}

/// Collects what is wrong while reading.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) findings: Vec<Finding>,
}

impl Reader {
    pub(super) fn fault(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::error(RULE, span, message).help(help));
    }

    /// Reads the mapping at `node`, if it is one; `what` is what messages call it.
    pub(super) fn section(
        &mut self,
        node: Node<'_>,
        what: &str,
        fields: &'static [Field],
    ) -> Option<Section> {
        let names = || fields.iter().map(|field| field.name).collect::<Vec<_>>().join("`, `");
        if node.kind() != Kind::Mapping {
            self.fault(node.span(), format!("{what} is no mapping"), format!("its fields are `{}`", names()));
            return None;
        }
        let first = node.entries().next().map_or(node.span(), |entry| entry.key.span());
        let mut section = Section { span: first, fields: Vec::new() };
        for entry in node.entries() {
            let key = entry.key.text().unwrap_or_default();
            let Some(field) = fields.iter().find(|field| field.name == key) else {
                let help = match nearest(key, fields.iter().map(|field| field.name)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are `{}`", names()),
                };
                let message = format!("{what} has no field `{}`", clip(key, QUOTED_MAX));
                self.fault(entry.key.span(), message, help);
                continue;
            };
            if let Some(value) = self.value(entry.value, field) {
                section.fields.push((field.name, entry.value.span(), value));
            }
        }
        for field in fields.iter().filter(|field| field.required && node.entry(field.name).is_none()) {
            self.fault(first, format!("{what} needs `{}`", field.name), Self::help(field));
        }
        Some(section)
    }

    fn value(&mut self, node: Node<'_>, field: &'static Field) -> Option<Value> {
        match &field.shape {
            Shape::Text(form) => self.text(node, field, *form).map(Value::Text),
            Shape::Integer { min, max } => match node.value() {
                Some(Scalar::Int(number)) if (i128::from(*min)..=i128::from(*max)).contains(&number) => {
                    i64::try_from(number).ok().map(Value::Integer)
                }
                _ => {
                    let help = format!("write a number from {min} to {max}");
                    self.cannot(node, field, None, help);
                    None
                }
            },
            Shape::Bool => match node.value() {
                Some(Scalar::Bool(value)) => Some(Value::Bool(value)),
                _ => {
                    self.cannot(node, field, None, "write `true` or `false`".into());
                    None
                }
            },
            Shape::Labels => Some(Value::Labels(self.label_map(node, field, object_label))),
            Shape::SeriesLabels => Some(Value::Labels(self.label_map(node, field, series_label))),
            Shape::Texts(form) => {
                self.is_list(node, field)?;
                let texts =
                    node.items().filter_map(|item| Some((self.text(item, field, *form)?, item.span())));
                Some(Value::Texts(texts.collect()))
            }
            Shape::List(fields) => {
                self.is_list(node, field)?;
                let what = format!("an entry of `{}`", field.name);
                let sections = node.items().filter_map(|item| self.section(item, &what, fields));
                Some(Value::List(sections.collect()))
            }
            Shape::Map(fields) => self.section(node, &format!("`{}`", field.name), fields).map(Value::Map),
        }
    }

    /// The text of a scalar; numbers and the like are taken as they are written, `null` is not.
    fn text(&mut self, node: Node<'_>, field: &Field, form: Form) -> Option<String> {
        let text = match node.value() {
            Some(Scalar::Null) | None => {
                self.cannot(node, field, Some("there is no text"), Self::help(field));
                return None;
            }
            Some(_) => node.text()?,
        };
        match form.check(text) {
            Ok(()) => Some(text.to_owned()),
            Err(why) => {
                self.cannot(node, field, Some(&why), Self::help(field));
                None
            }
        }
    }

    /// `None`, and said, where it is none.
    fn is_list(&mut self, node: Node<'_>, field: &Field) -> Option<()> {
        if node.kind() == Kind::Sequence {
            return Some(());
        }
        let help = format!("write `- ` before each. {}", field.doc);
        self.cannot(node, field, Some("it is no list"), help);
        None
    }

    /// The pairs of a mapping that `check` takes; of others it says why not, and how to mend it.
    fn label_map(&mut self, node: Node<'_>, field: &Field, check: LabelCheck) -> Vec<(String, String)> {
        if node.kind() != Kind::Mapping {
            self.cannot(node, field, Some("it is no mapping"), "write `key: value` below it".into());
            return Vec::new();
        }
        let mut labels = Vec::new();
        for entry in node.entries() {
            let key = entry.key.text().unwrap_or_default();
            let Some(value) = entry.value.text() else {
                self.fault(entry.value.span(), "the value of a label is a text", "write `key: value`");
                continue;
            };
            let [wrong_key, wrong_value] = check(key, value);
            if let Some((why, help)) = wrong_key {
                let message = format!("`{}` is no key of a label: {why}", clip(key, QUOTED_MAX));
                self.fault(entry.key.span(), message, help);
            }
            match wrong_value {
                None => labels.push((key.to_owned(), value.to_owned())),
                Some((why, help)) => {
                    let message = format!("`{}` is no value of a label: {why}", clip(value, QUOTED_MAX));
                    self.fault(entry.value.span(), message, help);
                }
            }
        }
        labels
    }

    fn help(field: &Field) -> String {
        let mut chars = field.doc.trim_end_matches('.').chars();
        chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), chars.as_str()))
    }

    fn cannot(&mut self, node: Node<'_>, field: &Field, why: Option<&str>, help: String) {
        let shown = match node.text() {
            Some(text) => format!("`{}` cannot be `{}`", field.name, clip(text, QUOTED_MAX)),
            None => format!("`{}` cannot be a list or mapping", field.name),
        };
        let message = match why {
            Some(why) => format!("{shown}: {why}"),
            None => shown,
        };
        self.fault(node.span(), message, help);
    }
}

/// Of a key and of a value: why it is none, and how to mend it.
type LabelCheck = fn(&str, &str) -> [Option<(String, &'static str)>; 2];

fn object_label(key: &str, value: &str) -> [Option<(String, &'static str)>; 2] {
    let key = name::label_key(key).err().map(|err| (err.to_string(), "a key is `name` or `prefix/name`"));
    let help = "use at most 63 letters, digits, `-`, `_` and `.`";
    [key, name::label_value(value).err().map(|err| (err.to_string(), help))]
}

fn series_label(key: &str, value: &str) -> [Option<(String, &'static str)>; 2] {
    let help = "use ASCII letters, digits and `_`, and no digit at the front";
    let key = match is_label_name(key) && !key.starts_with("__") {
        true => None,
        false => Some(("labels of series have other names".to_owned(), help)),
    };
    let empty = value.is_empty().then(|| ("it is empty, which is no label".to_owned(), "write a value"));
    [key, empty]
}
