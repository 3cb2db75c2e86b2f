//! The tables as a program reads them: a text of short lines, parsed once, at first use.
//!
//! `tables.txt` is written by `codegen/` and holds facts alone. A text, and not Rust, because it is a quarter of what
//! the same nodes take as `static` data, costs the compiler nothing, and reads well in a diff. Lines, in this order:
//!
//! ```text
//! operator 50 52 …             minor versions (0.50, 0.52 …) of the operator that the tables know
//! pattern ^…$                  a regular expression; the first is /0
//! TYPE WORD…                   a node; the first is 0, and others refer to it by its number
//! core|custom[+status] [>60] GROUP/VERSION KIND NODE
//! ```
//!
//! Types: `any`, `bool`, `int 32|64`, `num`, `str`, `ios` (a string or an integer), `quantity`, `list NODE`, `map NODE`
//! and `obj` with its fields. Words: `min=`, `max=` (of a value, a length or a count), `/0` (pattern), `{a|b>60}`
//! (values), `time`, `microtime`, `byte` (base64), `set`, `keys=a,b` (what tells items apart), `null` (may be null), `rule=NAME`, `*`
//! (any field may follow). A field is `name:NODE` and `!` (required), `=` (has a default), `~` (deprecated), `?` (read, and not
//! looked into), `>60` (since
//! 0.60), `<70` (last in 0.70).

use std::sync::{LazyLock, OnceLock};

use crate::selector::re2;

/// Every kind that is known.
static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("tables.txt")));

/// The number of a node.
pub(super) type Id = usize;

#[derive(Debug, Default)]
pub(super) struct Table {
    /// Minor versions of the operator, ascending.
    operator: Vec<u16>,
    patterns: Vec<Pattern>,
    nodes: Vec<Node>,
    kinds: Vec<Kind>,
}

/// A kind of object.
#[derive(Debug)]
pub(super) struct Kind {
    /// `v1`, `apps/v1`.
    pub(super) api_version: &'static str,
    pub(super) name: &'static str,
    pub(super) root: Id,
    /// Kubernetes' own: read into Go structs, not held against a schema.
    pub(super) core: bool,
    /// `status` is dropped from what users send before anything is checked.
    pub(super) drops_status: bool,
    pub(super) life: Life,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) shape: Shape,
    pub(super) bounds: Bounds,
    /// Names of checks in `rules`.
    pub(super) rules: Vec<&'static str>,
    pub(super) nullable: bool,
}

#[derive(Debug)]
pub(super) enum Shape {
    Any,
    Bool,
    /// Bits.
    Int(u8),
    Number,
    String,
    IntOrString,
    Quantity,
    List(Id, Identity),
    Map(Id),
    /// Fields by name, ascending; whether any other may be there.
    Object(Vec<Field>, bool),
}

/// What no two items of a list may share.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Identity {
    None,
    Whole,
    Keys(Vec<&'static str>),
}

#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) pattern: Option<usize>,
    pub(super) choices: Vec<Choice>,
    pub(super) time: bool,
    pub(super) microseconds: bool,
    pub(super) base64: bool,
}

#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) life: Life,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) node: Id,
    pub(super) required: bool,
    pub(super) default: bool,
    pub(super) deprecated: bool,
    /// The server reads it, and does not look into it.
    pub(super) unchecked: bool,
    pub(super) life: Life,
}

/// From which version of the operator to which a thing is there; `None`: as far as the tables know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Life {
    pub(super) since: Option<u16>,
    pub(super) last: Option<u16>,
}

#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: &'static str,
    compiled: OnceLock<Option<re2::Pattern>>,
}

/// Why a thing is not there in a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Skew {
    /// It came later: `known` has it, `without` has not.
    TooNew { known: u16, without: u16 },
    /// It went away: `known` is the last that has it.
    Gone { known: u16 },
}

impl Table {
    /// The one table of the program.
    pub(super) fn get() -> &'static Self {
        &TABLE
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    pub(super) fn pattern(&self, id: usize) -> &Pattern {
        &self.patterns[id]
    }

    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Whether something with this life is missing in minor version `wanted`, for certain: between two versions that
    /// the tables know, it may be there.
    pub(super) fn skew(&self, life: Life, wanted: Option<u16>) -> Option<Skew> {
        let newest = self.operator.last().copied().unwrap_or_default();
        let wanted = wanted.unwrap_or(newest);
        if let Some(known) = life.since {
            let without = self.operator.iter().copied().rev().find(|version| *version < known)?;
            if wanted <= without {
                return Some(Skew::TooNew { known, without });
            }
        }
        let known = life.last?;
        let after = self.operator.iter().copied().find(|version| *version > known)?;
        (wanted >= after).then_some(Skew::Gone { known })
    }

    /// Reads the lines. What they do not hold to is a fault of this program, which its tests find.
    fn parse(text: &'static str) -> Self {
        let mut table = Self::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            match words.next().unwrap_or_default() {
                "#" => {}
                "operator" => table.operator = words.filter_map(|word| word.parse().ok()).collect(),
                "pattern" => table.patterns.push(Pattern {
                    text: line.split_once(' ').map_or("", |(_, text)| text),
                    compiled: OnceLock::new(),
                }),
                word if word.starts_with("core") || word.starts_with("custom") => {
                    table.kinds.extend(Kind::parse(word, words));
                }
                word => table.nodes.push(Node::parse(word, words)),
            }
        }
        table
    }
}

impl Kind {
    fn parse(word: &str, words: std::str::Split<'static, char>) -> Option<Self> {
        let mut words = words.peekable();
        let since = words.next_if(|word| word.starts_with('>'));
        Some(Self {
            core: word == "core",
            drops_status: word.ends_with("+status"),
            life: since.map(Life::parse).unwrap_or_default(),
            api_version: words.next()?,
            name: words.next()?,
            root: words.next()?.parse().ok()?,
        })
    }

    /// The group; empty for Kubernetes' oldest.
    pub(super) fn group(&self) -> &'static str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }
}

impl Node {
    fn parse(word: &str, words: std::str::Split<'static, char>) -> Self {
        let mut words = words.peekable();
        let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
        let shape = match word {
            "bool" => Shape::Bool,
            "int" => Shape::Int(if number() == 32 { 32 } else { 64 }),
            "num" => Shape::Number,
            "str" => Shape::String,
            "ios" => Shape::IntOrString,
            "quantity" => Shape::Quantity,
            "list" => Shape::List(number(), Identity::None),
            "map" => Shape::Map(number()),
            "obj" => Shape::Object(Vec::new(), false),
            _ => Shape::Any,
        };
        let mut node = Self { shape, bounds: Bounds::default(), rules: Vec::new(), nullable: false };
        for word in words {
            node.word(word);
        }
        if let Shape::Object(fields, _) = &mut node.shape {
            fields.sort_unstable_by_key(|field| field.name);
        }
        node
    }

    fn word(&mut self, word: &'static str) {
        match (word, word.split_once('=')) {
            ("time", _) => self.bounds.time = true,
            ("microtime", _) => self.bounds.microseconds = true,
            ("byte", _) => self.bounds.base64 = true,
            ("null", _) => self.nullable = true,
            _ if word.starts_with('{') => {
                let values = word.trim_start_matches('{').trim_end_matches('}').split('|');
                self.bounds.choices = values.map(Choice::parse).collect();
            }
            _ if word.starts_with('/') => self.bounds.pattern = word[1..].parse().ok(),
            (_, Some(("min", bound))) => self.bounds.min = bound.parse().ok(),
            (_, Some(("max", bound))) => self.bounds.max = bound.parse().ok(),
            (_, Some(("rule", name))) => self.rules.push(name),
            _ => match &mut self.shape {
                Shape::List(_, identity) => {
                    *identity = match word.strip_prefix("keys=") {
                        Some(keys) => Identity::Keys(keys.split(',').collect()),
                        None => Identity::Whole,
                    }
                }
                Shape::Object(_, open) if word == "*" => *open = true,
                Shape::Object(fields, _) => fields.extend(Field::parse(word)),
                _ => {}
            },
        }
    }

    /// The field of this name, if the node is an object that has it.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        let fields = self.fields();
        fields.binary_search_by_key(&name, |field| field.name).ok().map(|at| &fields[at])
    }

    pub(super) fn fields(&self) -> &[Field] {
        match &self.shape {
            Shape::Object(fields, _) => fields,
            _ => &[],
        }
    }
}

impl Choice {
    fn parse(word: &'static str) -> Self {
        let end = word.find(['>', '<']).unwrap_or(word.len());
        Self { value: &word[..end], life: Life::parse(&word[end..]) }
    }
}

impl Field {
    fn parse(word: &'static str) -> Option<Self> {
        let (name, rest) = word.split_once(':')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (node, marks) = rest.split_at(end);
        Some(Self {
            name,
            node: node.parse().ok()?,
            required: marks.contains('!'),
            default: marks.contains('='),
            deprecated: marks.contains('~'),
            unchecked: marks.contains('?'),
            life: Life::parse(marks),
        })
    }
}

impl Life {
    fn parse(marks: &str) -> Self {
        let after = |mark| {
            let (_, rest) = marks.split_once(mark)?;
            rest.split('<').next()?.parse().ok()
        };
        Self { since: after('>'), last: after('<') }
    }
}

impl Pattern {
    /// Whether `text` matches, as Go's `regexp` finds it: anywhere, unless the pattern is anchored.
    pub(super) fn matches(&self, text: &str) -> bool {
        let compiled =
            self.compiled.get_or_init(|| re2::compile(&format!("(?s:.*)(?-s:{})(?s:.*)", self.text)).ok());
        compiled.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let table = Table::get();
        let lines = include_str!("tables.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(lines, 1 + table.patterns.len() + table.nodes.len() + table.kinds.len());
        assert!(table.operator.is_sorted() && table.operator.len() > 10);
        for node in &table.nodes {
            let inner = match node.shape {
                Shape::List(inner, _) | Shape::Map(inner) => Some(inner),
                _ => None,
            };
            for id in inner.into_iter().chain(node.fields().iter().map(|field| field.node)) {
                assert!(id < table.nodes.len());
            }
            assert!(node.bounds.pattern.is_none_or(|pattern| pattern < table.patterns.len()));
        }
        assert!(table.kinds.iter().all(|kind| table.node(kind.root).field("metadata").is_some()));
    }

    #[test]
    fn every_pattern_compiles() {
        for pattern in &Table::get().patterns {
            pattern.matches("");
            assert!(matches!(pattern.compiled.get(), Some(Some(_))), "{}", pattern.text);
        }
    }

    #[test]
    fn what_is_between_two_known_versions_may_be_there() {
        let table = Table::parse("operator 50 60 70\n");
        let life = Life::parse(">60<60");
        assert_eq!(table.skew(life, Some(50)), Some(Skew::TooNew { known: 60, without: 50 }));
        for there in [55, 60, 65] {
            assert_eq!(table.skew(life, Some(there)), None);
        }
        assert_eq!(table.skew(life, None), Some(Skew::Gone { known: 60 }));
    }
}
