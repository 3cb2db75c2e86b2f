//! Prometheus's own files against the table of their fields: unknown fields, wrong types, versions.
//!
//! The table is a fact read from Prometheus's source for each version; what its structures check beyond types is in
//! the rules. A value that Go's YAML library reads into a field is right here too: `8080` is a fine string.

mod scalar;
mod secret;
mod section;
mod table;

pub(super) use self::scalar::binary;
pub(crate) use self::secret::secrets;
#[cfg(test)]
pub(crate) use self::section::has_field;
pub(crate) use self::section::{Section, is_null, sections};

use self::table::{Struct, Table, Type, Versions, table};
use crate::base::edit::Edit;
use crate::base::suggest::nearest;
use crate::base::version::Version;
use crate::diagnostic::{Finding, Safety};
use crate::yaml::{Entry, Kind, Node, Value};

/// The files that the table knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Root {
    Prometheus,
    Rules,
    RuleTest,
    /// A list of target groups, as `file_sd_configs` read.
    Targets,
    Web,
    StatsdMapping,
    /// A list of scrape jobs, as `additionalScrapeConfigs` has it.
    Jobs,
}

impl Root {
    fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Rules => "rules",
            Self::RuleTest => "rule-test",
            Self::Targets => "targets",
            Self::Web => "web",
            Self::StatsdMapping => "statsd-mapping",
            Self::Jobs => "prometheus",
        }
    }

    /// What the whole of such a file is.
    fn kind(self, table: &Table) -> Option<Type> {
        let list = |kind| Some(Type::List(Box::new(kind)));
        match self {
            Self::Jobs => {
                list(Type::Struct(table.structs.iter().position(|it| it.name == "config.ScrapeConfig")?))
            }
            Self::Targets => list(Type::Struct(*table.roots.get(self.name())?)),
            _ => Some(Type::Struct(*table.roots.get(self.name())?)),
        }
    }

    /// What happens because of a fault.
    fn refusal(self) -> &'static str {
        match self {
            Self::Prometheus => "Prometheus refuses to load the whole file",
            Self::Rules => "Prometheus refuses the whole rule file, and keeps the rules it had",
            Self::RuleTest => "`promtool test rules` refuses the whole file",
            Self::Targets => "Prometheus leaves the whole file out, and keeps the targets it had",
            Self::Web => "Prometheus does not start",
            Self::StatsdMapping => "statsd_exporter refuses the whole file and does not start",
            Self::Jobs => "Prometheus refuses to load the whole configuration that it becomes a part of",
        }
    }
}

/// Every fault of `node`, which is the whole of a file of this kind, read by Prometheus `version`.
pub(crate) fn check(root: Root, node: Node<'_>, version: Version, findings: &mut Vec<Finding>) {
    let table = table();
    let Some(kind) = root.kind(table) else { return };
    let first = findings.len();
    Checker { table, version, findings }.node(node, &kind, FILE);
    for finding in &mut findings[first..] {
        if finding.why.as_deref() == Some(scalar::REFUSED) {
            finding.why = Some(root.refusal().into());
        }
    }
}

/// Names that fields had once, where nothing else has become of them.
const RENAMED: [(&str, &str); 1] = [("timer_type", "observer_type")];

/// What the whole of a file is called.
const FILE: &str = "the file";

fn quoted(place: &str) -> String {
    if place == FILE { FILE.to_owned() } else { format!("`{}`", crate::base::text::clip(place, 60)) }
}

struct Checker<'f> {
    table: &'static Table,
    version: Version,
    findings: &'f mut Vec<Finding>,
}

impl Checker<'_> {
    /// `place` is what the value is called: a field's name.
    fn node(&mut self, node: Node<'_>, kind: &Type, place: &str) {
        if node.value() == Some(Value::Null) {
            return; // Go leaves the field as it is by default
        }
        if scalar::broken_binary(node) {
            self.findings.push(not_base64(node, place));
            return;
        }
        match (kind, node.kind()) {
            (Type::Struct(at), Kind::Mapping) => self.structure(node, &self.table.structs[*at]),
            (Type::Map(value), Kind::Mapping) => {
                for entry in node.entries() {
                    self.node(entry.value, value, entry.key.text().unwrap_or(place));
                }
            }
            (Type::List(item), Kind::Sequence) => {
                for value in node.items() {
                    self.node(value, item, place);
                }
            }
            (Type::Scalar("any"), _) => {}
            (Type::Scalar(word), Kind::Scalar) => {
                if let Some(finding) = scalar::check(word, node, place, self.version) {
                    self.findings.push(finding);
                }
            }
            (Type::Enum(at), Kind::Scalar) => self.value(node, *at, place),
            _ => self.findings.push(wrong_shape(node, kind, place)),
        }
    }

    fn structure(&mut self, node: Node<'_>, known: &'static Struct) {
        for entry in node.entries() {
            let Some(name) = entry.key.text() else { continue };
            match known.field(name) {
                Some(field) => {
                    if !field.versions.has(self.version) && !entry.merged {
                        self.findings.push(skew(entry, &format!("`{name}`"), field.versions, self.version));
                    }
                    self.node(entry.value, &field.kind, name);
                }
                None if !entry.merged => self.findings.push(self.unknown(node, entry, name, known)),
                None => {}
            }
        }
    }

    /// An entry of `node` that its structure does not have.
    fn unknown(&self, node: Node<'_>, entry: Entry<'_>, name: &str, known: &Struct) -> Finding {
        let span = entry.key.span();
        let finding = Finding::error("yaml/unknown-field", span, format!("`{name}` is no field here"))
            .why(scalar::REFUSED)
            .label("unknown field");
        let candidates =
            || known.fields.iter().filter(|field| field.versions.has(self.version)).map(|field| field.name);
        let twin = snake(name);
        let twin = RENAMED.iter().find(|(old, _)| *old == name).map_or(twin.as_str(), |(_, now)| *now);
        let meant = candidates().find(|field| *field == twin).or_else(|| nearest(name, candidates()));
        // `user` of `username`: a field of this structure is nearer than one of another.
        let longer = candidates().filter(|field| name.len() > 2 && field.starts_with(name));
        let guessed = || longer.min_by_key(|field| field.len());
        let safety = if meant.is_some() { Safety::Safe } else { Safety::Unsafe };
        if let Some(found) = meant.or_else(guessed) {
            if node.entry(found).is_some() {
                return finding.help(format!("`{found}` is there already: remove `{name}`"));
            }
            return finding.help(format!("did you mean `{found}`?")).fix(
                format!("rename it to `{found}`"),
                safety,
                vec![Edit::replace(span, found)],
            );
        }
        let elsewhere =
            self.table.structs.iter().filter(|other| other.fields.iter().any(|it| it.name == name));
        let mut homes: Vec<&str> = elsewhere.filter_map(|home| self.section(home)).collect();
        homes.dedup();
        match homes[..] {
            [home] => finding.label("not here").help(format!("`{name}` belongs in `{home}`")),
            _ => finding,
        }
    }

    /// The one key under which a structure stands, where there is one.
    fn section(&self, of: &Struct) -> Option<&'static str> {
        let at = self.table.structs.iter().position(|other| std::ptr::eq(other, of))?;
        let fields = || self.table.structs.iter().flat_map(|other| &other.fields);
        let mut keys: Vec<&str> =
            fields().filter(|field| names(&field.kind, at)).map(|field| field.name).collect();
        keys.dedup();
        match keys[..] {
            [key] => Some(key),
            _ => None,
        }
    }

    fn value(&mut self, node: Node<'_>, at: usize, place: &str) {
        let known = &self.table.enums[at];
        let text = node.text().unwrap_or_default();
        // Relabel actions are read in any case.
        match known
            .iter()
            .find(|value| value.text == text || (place == "action" && value.text.eq_ignore_ascii_case(text)))
        {
            Some(value) if value.versions.has(self.version) => {}
            Some(value) => {
                let name = format!("the value `{text}` of `{place}`");
                self.findings.push(skew_at(node.span(), &name, value.versions, self.version));
            }
            None => {
                let words: Vec<&str> =
                    known.iter().filter(|it| it.versions.has(self.version)).map(|it| it.text).collect();
                let finding = Finding::error(
                    "yaml/unknown-value",
                    node.span(),
                    format!("`{place}` cannot be `{}`", crate::base::text::clip(text, 60)),
                )
                .label("unknown value")
                .why(scalar::REFUSED);
                self.findings.push(match nearest(text, words.iter().copied()) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding.help(format!("use one of `{}`", words.join("`, `"))),
                });
            }
        }
    }
}

fn names(kind: &Type, at: usize) -> bool {
    match kind {
        Type::Struct(other) => *other == at,
        Type::List(inner) | Type::Map(inner) => names(inner, at),
        Type::Scalar(_) | Type::Enum(_) => false,
    }
}

fn skew(entry: Entry<'_>, name: &str, versions: Versions, version: Version) -> Finding {
    skew_at(entry.key.span(), name, versions, version)
}

fn skew_at(span: crate::base::span::Span, name: &str, versions: Versions, version: Version) -> Finding {
    let message = match (versions.since, versions.until) {
        (Some(since), _) if version < since => format!("{name} needs Prometheus >= {since}"),
        (_, Some(until)) => format!("{name} is gone since Prometheus {until}"),
        _ => format!("{name} is not known to Prometheus {version}"),
    };
    Finding::error("yaml/version-skew", span, message)
        .label(format!("not in {version}"))
        .why(format!("Prometheus {version} refuses to load the whole file"))
}

fn not_base64(node: Node<'_>, place: &str) -> Finding {
    Finding::error("yaml/wrong-type", node.span(), format!("`{place}` is `!!binary`, but no base64"))
        .label("no base64")
        .why(scalar::REFUSED)
        .help("write the text itself, without `!!binary`")
}

fn wrong_shape(node: Node<'_>, kind: &Type, place: &str) -> Finding {
    let wanted = match kind {
        Type::List(_) => "a list",
        Type::Map(_) | Type::Struct(_) => "a mapping",
        Type::Scalar(_) | Type::Enum(_) => "a single value",
    };
    let found = match node.kind() {
        Kind::Sequence => "a list",
        Kind::Mapping => "a mapping",
        Kind::Scalar => "a single value",
    };
    let finding = Finding::error(
        "yaml/wrong-type",
        node.span(),
        format!("{} is {found}, where {wanted} belongs", quoted(place)),
    )
    .why(scalar::REFUSED);
    match (kind, node.kind()) {
        (Type::List(_), Kind::Scalar | Kind::Mapping) => finding.help("put `- ` before it: a list of one"),
        _ => finding,
    }
}

/// `scrapeInterval` as `scrape_interval`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    out
}
