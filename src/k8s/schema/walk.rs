//! One document held against its kind's table, node by node.
//!
//! Recursion goes as deep as the table does, and where a table refers to itself, as deep as [`DEPTH_MAX`].

use super::place::{Frame, Place, Step};
use super::table::{Field, Id, Identity, Kind, Life, Node, Shape, Skew, Table};
use super::{meta, rules, scalar, unknown, words};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::text;
use crate::diagnostic::{Finding, Safety};
use crate::yaml::{self, Style, Value};

/// How deep a document is looked at.
const DEPTH_MAX: usize = 100;
/// How many nodes are looked at, those that aliases repeat counted each time.
const NODES_MAX: usize = 1_000_000;
/// How many findings get advice that takes a search.
const ADVICE_MAX: usize = 1000;
/// What refuses the object, and when.
const REFUSED: &str = "the API server refuses the object";

/// How much is asked of what the walk is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Names of fields: the server drops the values before it looks at them.
    Names,
    /// Names and types: what the server reads and then drops.
    Types,
    Everything,
}

struct Walk<'d> {
    place: Place<'d>,
    kind: &'static Kind,
    operator: Option<u16>,
    /// Read into Go structs, as Kubernetes' own kinds are and the metadata of all.
    core: bool,
    level: Level,
    nodes: usize,
    findings: Vec<Finding>,
}

/// What is wrong with an object of this kind, for this minor version of the operator.
pub(super) fn check(root: yaml::Node<'_>, kind: &'static Kind, operator: Option<u16>) -> Vec<Finding> {
    let mut walk = Walk {
        place: Place { table: Table::get(), frames: Vec::new() },
        kind,
        operator,
        core: kind.core,
        level: Level::Everything,
        nodes: 0,
        findings: Vec::new(),
    };
    let place = root.entry("kind").map_or(root.span(), |entry| entry.value.span());
    if let Some(skew) = walk.place.table.skew(kind.life, operator) {
        walk.skew(place, &format!("kind `{}`", kind.name), skew);
        return walk.findings;
    }
    walk.value(root, kind.root, place);
    if root.get("metadata").is_none_or(|metadata| metadata.value() == Some(Value::Null)) {
        walk.findings.push(meta::nameless(place));
    }
    walk.findings
}

impl<'d> Walk<'d> {
    /// `node` must be what table node `id` says; `place` stands for it where it has no place of its own.
    fn value(&mut self, node: yaml::Node<'d>, id: Id, place: Span) {
        self.nodes += 1;
        if self.nodes > NODES_MAX || self.place.frames.len() > DEPTH_MAX {
            return;
        }
        let schema = self.place.table.node(id);
        match (node.kind(), &schema.shape) {
            (_, Shape::Any) => {}
            (yaml::Kind::Scalar, _) if node.value() == Some(Value::Null) => self.null(node, schema),
            (yaml::Kind::Mapping, Shape::Object(_, open)) => self.object(node, id, *open, place),
            (yaml::Kind::Mapping, Shape::Map(inner)) => self.map(node, *inner),
            (yaml::Kind::Sequence, Shape::List(inner, identity)) => self.list(node, schema, *inner, identity),
            (yaml::Kind::Scalar, _) => self.scalar(node, schema),
            // Go reads bytes from a list of numbers too.
            (yaml::Kind::Sequence, Shape::String)
                if schema.bounds.base64
                    && node
                        .items()
                        .all(|item| matches!(item.value(), Some(Value::Null | Value::Int(0..256)))) => {}
            _ => self.wrong_type(node, schema),
        }
    }

    fn object(&mut self, node: yaml::Node<'d>, id: Id, open: bool, place: Span) {
        let schema = self.place.table.node(id);
        for entry in node.entries() {
            let Some(name) = entry.key.text() else { continue };
            let Some(field) = schema.field(name) else {
                if !open {
                    let finding =
                        unknown::field(&self.place, node, entry, id, self.findings.len() < ADVICE_MAX);
                    self.findings.push(finding);
                }
                continue;
            };
            self.field(entry, field, name);
        }
        if self.level == Level::Everything {
            self.required(node, schema, place);
            for rule in &schema.rules {
                let rule_name = self.value_rule();
                self.findings.extend(rules::check(rule, node, rule_name, &self.place.path(None)));
            }
        }
        let root = self.place.frames.len() == 1;
        if id == self.meta() && (root || self.in_template()) {
            self.findings.extend(meta::check(node, self.kind, root.then_some(place), &self.place.path(None)));
        }
    }

    fn field(&mut self, entry: yaml::Entry<'d>, field: &Field, name: &'d str) {
        let key = entry.key.span();
        if let Some(skew) = self.place.table.skew(field.life, self.operator) {
            let what = format!("`{}`", self.place.path(Some(Step::Field(name))));
            return self.skew(key, &what, skew);
        }
        if field.deprecated && self.level == Level::Everything {
            let path = self.place.path(Some(Step::Field(name)));
            let finding = Finding::warning("yaml/deprecated-field", key, format!("`{path}` is deprecated"));
            self.findings.push(finding.why("it still works, and may go away"));
        }
        if entry.value.value() == Some(Value::Null) {
            return; // as if it were not there, in both worlds
        }
        let (level, core) = (self.level, self.core);
        let root = self.place.frames.is_empty();
        match name {
            "status" if root && core => self.level = Level::Types,
            "status" if root && self.kind.drops_status => self.level = Level::Names,
            "metadata" if root => self.core = true,
            _ if field.unchecked => self.level = level.min(Level::Types),
            "metadata" if field.node == self.meta() => self.level = level.min(Level::Types),
            _ => {}
        }
        self.place.frames.push(Frame { step: Step::Field(name), id: field.node });
        self.value(entry.value, field.node, key);
        self.place.frames.pop();
        (self.level, self.core) = (level, core);
    }

    fn required(&mut self, node: yaml::Node<'d>, schema: &Node, place: Span) {
        let root = self.place.frames.is_empty(); // whose metadata every object needs, whatever its schema says
        let needed = |field: &&Field| field.required && !field.default && !(root && field.name == "metadata");
        for field in schema.fields().iter().filter(needed) {
            let there = node.get(field.name).is_some_and(|value| {
                value.value() != Some(Value::Null)
                    || (!self.core && self.place.table.node(field.node).nullable)
            });
            if !there && self.place.table.skew(field.life, self.operator).is_none() {
                self.missing(field, place);
            }
        }
    }

    fn missing(&mut self, field: &Field, place: Span) {
        let path = self.place.path(Some(Step::Field(field.name)));
        let expected = words::expected(self.place.table.node(field.node));
        let finding = Finding::error("yaml/missing-field", place, format!("`{path}` is missing"))
            .label(format!("needs `{}`", field.name))
            .why(REFUSED)
            .help(format!("add `{}`, {expected}", field.name));
        self.findings.push(finding);
    }

    fn map(&mut self, node: yaml::Node<'d>, inner: Id) {
        for entry in node.entries() {
            let Some(name) = entry.key.text() else { continue };
            if entry.value.value() == Some(Value::Null) {
                continue; // Go's zero value, or pruned
            }
            self.place.frames.push(Frame { step: Step::Key(name), id: inner });
            self.value(entry.value, inner, entry.key.span());
            self.place.frames.pop();
        }
    }

    fn list(&mut self, node: yaml::Node<'d>, schema: &Node, inner: Id, identity: &Identity) {
        let mut count = 0;
        for (index, item) in node.items().enumerate() {
            count += 1;
            // What is missing in an item is said at its first key.
            let first = item.entries().next().map_or(item.span(), |entry| entry.key.span());
            self.place.frames.push(Frame { step: Step::Item(index), id: inner });
            self.value(item, inner, first);
            self.place.frames.pop();
        }
        if self.level != Level::Everything {
            return;
        }
        if let Some(must) = scalar::out_of_bounds(count, &schema.bounds) {
            let message =
                format!("`{}` has {}, and {must}", self.place.path(None), text::count(count as u64, "item"));
            self.bad_value(node.span(), message, None);
        }
        if !self.core && *identity != Identity::None {
            self.repeated(node, identity);
        }
    }

    /// Items that share what must tell them apart.
    fn repeated(&mut self, node: yaml::Node<'d>, identity: &Identity) {
        let mut seen = std::collections::HashMap::new();
        for (index, item) in node.items().enumerate() {
            let id: Vec<Option<&str>> = match identity {
                Identity::Keys(keys) => {
                    keys.iter().map(|key| item.get(key).and_then(yaml::Node::text)).collect()
                }
                _ => vec![item.text()],
            };
            if id.iter().all(Option::is_none) {
                continue;
            }
            let Some(first) = seen.insert(id, item.span()) else { continue };
            let path = self.place.path(Some(Step::Item(index)));
            let message = match identity {
                Identity::Keys(keys) => {
                    format!("`{path}` has the same `{}` as an item before it", keys.join("`, `"))
                }
                _ => format!("`{path}` is in the list already"),
            };
            let finding = Finding::error(self.value_rule(), item.span(), message)
                .why(REFUSED)
                .related(first, "the first one");
            self.findings.push(finding);
        }
    }

    /// A null in a list, or at the root.
    fn null(&mut self, node: yaml::Node<'d>, schema: &Node) {
        if self.core {
            if self.level == Level::Everything
                && matches!(self.place.frames.last(), Some(Frame { step: Step::Item(_), .. }))
            {
                self.required(node, schema, node.span());
            }
        } else if !schema.nullable {
            self.wrong_type(node, schema);
        }
    }

    fn scalar(&mut self, node: yaml::Node<'d>, schema: &Node) {
        let Some(value) = node.value() else { return };
        match scalar::fits(value, schema, self.core) {
            Ok(()) => {}
            Err(scalar::Misfit::Type) => return self.wrong_type(node, schema),
            Err(scalar::Misfit::Range) if self.level == Level::Names => return,
            Err(scalar::Misfit::Range) => {
                let message = format!(
                    "`{}` is {}, more than the field can hold",
                    self.place.path(None),
                    words::is(node)
                );
                return self.bad_value(node.span(), message, None);
            }
        }
        let format = match value {
            _ if self.level == Level::Names => None,
            Value::Str(text) if schema.bounds.time && !scalar::is_time(text) => {
                Some("a time such as `2026-01-02T15:04:05Z`")
            }
            Value::Str(text) if schema.bounds.microseconds && !scalar::is_microtime(text) => {
                Some("a time with microseconds such as `2026-01-02T15:04:05.000000Z`")
            }
            Value::Str(text) if schema.bounds.base64 && !scalar::is_base64(text) => Some("base64"),
            Value::Str(text) if matches!(schema.shape, Shape::Quantity) && !scalar::is_quantity(text) => {
                Some("a quantity such as `100m` or `2Gi`")
            }
            _ => None,
        };
        if let Some(expected) = format {
            // What is to be base64 may be a secret: it is never repeated.
            let shown = if schema.bounds.base64 { "not base64".to_owned() } else { words::is(node) };
            let message = if schema.bounds.base64 {
                format!("`{}` is {shown}", self.place.path(None))
            } else {
                format!("`{}` is {shown}, and must be {expected}", self.place.path(None))
            };
            return self.bad_value(node.span(), message, None);
        }
        if self.level == Level::Everything {
            self.bounds(node, value, schema);
        }
    }

    fn bounds(&mut self, node: yaml::Node<'d>, value: Value<'d>, schema: &Node) {
        let bounds = &schema.bounds;
        let (size, what) = match value {
            Value::Str(text) => (text.chars().count() as i128, "of the length "),
            value => (scalar::int(value).unwrap_or_default(), ""),
        };
        if let Some(must) = scalar::out_of_bounds(size, bounds) {
            let (path, is) = (self.place.path(None), words::is(node));
            let must = if what.is_empty() { must } else { must.replacen("must be", "its length must be", 1) };
            return self.bad_value(node.span(), format!("`{path}` is {is}, and {must}"), None);
        }
        let Value::Str(text) = value else { return };
        let pattern = bounds.pattern.map(|id| self.place.table.pattern(id));
        if let Some(pattern) = pattern.filter(|pattern| !pattern.matches(text)) {
            let expected = words::pattern(pattern.text)
                .map_or_else(|| format!("match `{}`", pattern.text), |words| format!("be {words}"));
            let message = format!("`{}` is {}, and must {expected}", self.place.path(None), words::is(node));
            return self.bad_value(node.span(), message, None);
        }
        // Kubernetes' own kinds take an empty string for a field that is not set.
        let unset = self.core && text.is_empty();
        if !bounds.choices.is_empty() && !unset {
            self.choice(node, text, schema);
        }
    }

    fn choice(&mut self, node: yaml::Node<'d>, value: &str, schema: &Node) {
        let there = |life: Life| self.place.table.skew(life, self.operator).is_none();
        let choices = &schema.bounds.choices;
        match choices.iter().find(|choice| choice.value == value) {
            Some(choice) => {
                if let Some(skew) = self.place.table.skew(choice.life, self.operator) {
                    let what = format!("the value `{value}` of `{}`", self.place.path(None));
                    self.skew(node.span(), &what, skew);
                }
            }
            None => {
                let known: Vec<&str> =
                    choices.iter().filter(|choice| there(choice.life)).map(|choice| choice.value).collect();
                let near = unknown::same_letters(value, known.iter().copied())
                    .or_else(|| crate::base::suggest::nearest(value, known.iter().copied()));
                let message = format!(
                    "`{}` is {}, and must be one of `{}`",
                    self.place.path(None),
                    words::is(node),
                    known.join("`, `")
                );
                self.bad_value(
                    node.span(),
                    message,
                    near.map(|near| (near, Edit::replace(node.span(), near))),
                );
            }
        }
    }

    fn wrong_type(&mut self, node: yaml::Node<'d>, schema: &Node) {
        if self.level == Level::Names {
            return;
        }
        let path = self.place.path(None);
        let parent = self.place.frames.len().checked_sub(3).map(|at| self.place.frames[at].id);
        let of_meta = matches!(self.place.frames.last(), Some(Frame { step: Step::Key(_), .. }))
            && (parent == Some(self.meta())
                || self.place.frames.len() == 3 && self.place.frames[0].id == self.meta());
        let rule = if of_meta { "annotation/annotation-not-string" } else { "yaml/wrong-type" };
        let by_pattern =
            schema.bounds.pattern.and_then(|id| words::pattern(self.place.table.pattern(id).text));
        let expected = by_pattern.unwrap_or_else(|| words::expected(schema));
        let mut finding = Finding::error(
            rule,
            node.span(),
            format!("`{path}` is {}, and must be {expected}", words::is(node)),
        )
        .label(format!("must be {expected}"))
        .why(REFUSED);
        let plain = node.style() == Some(Style::Plain) && node.value() != Some(Value::Null);
        let written = node.text().filter(|_| plain);
        if let (Shape::String, None, Some(written)) = (&schema.shape, schema.bounds.pattern, written) {
            let safety = if of_meta { Safety::Safe } else { Safety::Unsafe };
            let edit = Edit::replace(node.span(), format!("\"{written}\""));
            finding = finding.help("put it in quotes").fix("quote the value", safety, vec![edit]);
        } else if let (Shape::Int(_) | Shape::Bool, Some(unquoted)) = (&schema.shape, node.as_str()) {
            let fits = unquoted.parse::<i64>().is_ok() && matches!(schema.shape, Shape::Int(_))
                || ["true", "false"].contains(&unquoted) && matches!(schema.shape, Shape::Bool);
            if fits {
                let edit = Edit::replace(node.span(), unquoted);
                finding =
                    finding.help("leave out the quotes").fix("remove the quotes", Safety::Unsafe, vec![edit]);
            }
        } else if let (Shape::List(..), yaml::Kind::Scalar | yaml::Kind::Mapping) =
            (&schema.shape, node.kind())
        {
            finding = finding.help("write it as an item of a list, behind `- `");
        }
        self.findings.push(finding);
    }

    fn bad_value(&mut self, span: Span, message: String, meant: Option<(&str, Edit)>) {
        let mut finding = Finding::error(self.value_rule(), span, message).why(REFUSED);
        if let Some((meant, edit)) = meant {
            finding = finding.label(format!("did you mean `{meant}`?")).fix(
                format!("write `{meant}`"),
                Safety::Unsafe,
                vec![edit],
            );
        }
        self.findings.push(finding);
    }

    fn skew(&mut self, span: Span, what: &str, skew: Skew) {
        let wanted = self.operator.map_or_else(String::new, |minor| format!(", and the target is 0.{minor}"));
        let (message, label) = match skew {
            Skew::TooNew { known, without } => (
                format!("{what} needs prometheus-operator >= 0.{known}{wanted}"),
                format!("0.{without} does not know it"),
            ),
            Skew::Gone { known } => (
                format!("{what} went away after prometheus-operator 0.{known}{wanted}"),
                format!("0.{known} was the last to know it"),
            ),
        };
        let finding = Finding::error("yaml/version-skew", span, message)
            .label(label)
            .why("the API server drops what its CRDs do not know, or refuses the object");
        self.findings.push(finding);
    }

    /// The rule that values of this kind break.
    fn value_rule(&self) -> &'static str {
        if self.kind.group() == "monitoring.coreos.com" { "operator/cr-schema" } else { "yaml/invalid-value" }
    }

    /// Whether the walk is in the metadata of a template of pods, whose labels are checked like an object's own.
    fn in_template(&self) -> bool {
        matches!(self.place.frames.as_slice(), [.., Frame { step: Step::Field("template"), .. }, _])
    }

    /// The node of ObjectMeta.
    fn meta(&self) -> Id {
        self.place.table.node(self.kind.root).field("metadata").map_or(Id::MAX, |field| field.node)
    }
}
