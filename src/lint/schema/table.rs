//! The table of fields of Prometheus's own files, read once: `prometheus.txt`, written by `codegen/prometheus-fields`.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::base::version::Version;

/// What a field holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Type {
    /// One of the words of the table: `string`, `duration`, `regexp`…
    Scalar(&'static str),
    List(Box<Type>),
    /// A mapping whose keys are free.
    Map(Box<Type>),
    /// By its place among the structures.
    Struct(usize),
    /// By its place among the enumerations.
    Enum(usize),
}

/// One structure: a mapping with known keys.
#[derive(Debug)]
pub(super) struct Struct {
    /// Package and type in Prometheus's source.
    pub(super) name: &'static str,
    /// By [`rank`].
    pub(super) fields: Vec<Field>,
}

impl Struct {
    /// The field of this name, in any version.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        let at = self.fields.binary_search_by_key(&rank(name), |field| rank(field.name)).ok()?;
        self.fields.get(at)
    }
}

/// The order of fields: by length first, for most names differ in it.
const fn rank(name: &str) -> (usize, &str) {
    (name.len(), name)
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) versions: Versions,
}

/// One enumeration's value.
#[derive(Debug)]
pub(super) struct EnumValue {
    pub(super) text: &'static str,
    pub(super) versions: Versions,
}

/// In which versions something is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Versions {
    pub(super) since: Option<Version>,
    /// The first that does not have it any more.
    pub(super) until: Option<Version>,
}

impl Versions {
    pub(super) fn has(self, version: Version) -> bool {
        self.since.is_none_or(|since| since <= version) && self.until.is_none_or(|until| version < until)
    }
}

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) roots: HashMap<&'static str, usize>,
    pub(super) structs: Vec<Struct>,
    pub(super) enums: Vec<Vec<EnumValue>>,
}

/// The table as it is built in.
pub(super) fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(include_str!("prometheus.txt")))
}

impl Table {
    /// Reads the text, which a test has checked: what does not fit its language is left out.
    fn read(text: &'static str) -> Self {
        let named = |word: &str| {
            text.lines()
                .filter_map(|line| line.strip_prefix(word)?.split(' ').next())
                .enumerate()
                .map(|(at, name)| (name, at))
                .collect::<HashMap<_, _>>()
        };
        let names = Names { structs: named("struct "), enums: named("enum ") };
        let mut table = Self::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("root", rest)) => {
                    if let Some((file, kind)) = rest.split_once(" @")
                        && let Some(at) = names.structs.get(kind)
                    {
                        table.roots.insert(file, *at);
                    }
                }
                Some(("struct", rest)) => {
                    let name = rest.split(' ').next().unwrap_or(rest);
                    table.structs.push(Struct { name, fields: Vec::new() });
                }
                Some(("enum", _)) => table.enums.push(Vec::new()),
                Some(("", rest)) if table.enums.is_empty() => {
                    let mut words = rest.split(' ');
                    if let (Some(name), Some(kind), Some(of)) = (
                        words.next(),
                        words.next().and_then(|kind| names.read(kind)),
                        table.structs.last_mut(),
                    ) {
                        of.fields.push(Field { name, kind, versions: versions(words) });
                    }
                }
                Some(("", rest)) => {
                    let mut words = rest.split(' ');
                    let text = words.next().map(|word| word.trim_matches('"'));
                    if let (Some(text), Some(of)) = (text, table.enums.last_mut()) {
                        of.push(EnumValue { text, versions: versions(words) });
                    }
                }
                _ => {}
            }
        }
        for known in &mut table.structs {
            known.fields.sort_unstable_by_key(|field| rank(field.name));
        }
        table
    }
}

struct Names {
    structs: HashMap<&'static str, usize>,
    enums: HashMap<&'static str, usize>,
}

impl Names {
    fn read(&self, kind: &'static str) -> Option<Type> {
        Some(if let Some(item) = kind.strip_prefix("[]") {
            Type::List(Box::new(self.read(item)?))
        } else if let Some(value) = kind.strip_prefix("{}") {
            Type::Map(Box::new(self.read(value)?))
        } else if let Some(name) = kind.strip_prefix('@') {
            Type::Struct(*self.structs.get(name)?)
        } else if let Some(name) = kind.strip_prefix('=') {
            Type::Enum(*self.enums.get(name)?)
        } else {
            Type::Scalar(kind)
        })
    }
}

fn versions<'t>(words: impl Iterator<Item = &'t str>) -> Versions {
    words.fold(Versions::default(), |found, word| match (word.strip_prefix(">="), word.strip_prefix('<')) {
        (Some(since), _) => Versions { since: since.parse().ok(), ..found },
        (_, Some(until)) => Versions { until: until.parse().ok(), ..found },
        _ => found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let text = include_str!("prometheus.txt");
        let table = table();
        let lines = |prefix: &str| text.lines().filter(|line| line.starts_with(prefix)).count();
        assert_eq!(table.roots.len(), lines("root "));
        assert_eq!(table.structs.len(), lines("struct "));
        assert_eq!(table.enums.len(), lines("enum "));
        let fields: usize = table.structs.iter().map(|it| it.fields.len()).sum();
        let values: usize = table.enums.iter().map(Vec::len).sum();
        assert_eq!(fields + values, lines(" "), "a field or value of a kind that is not understood");
    }

    #[test]
    fn versions_are_read() {
        let of = |structure: &str, field: &str| {
            let found = table().structs.iter().find(|it| it.name == structure).expect("there");
            found.field(field).expect("there").versions
        };
        let retention = of("config.TSDBConfig", "retention");
        assert_eq!(retention, Versions { since: Some(Version::new(3, 8)), until: None });
        assert!(!retention.has(Version::new(3, 7)) && retention.has(Version::new(3, 8)));
        let classic = of("config.ScrapeConfig", "scrape_classic_histograms");
        assert!(classic.has(Version::new(2, 55)) && !classic.has(Version::new(3, 0)));
    }
}
