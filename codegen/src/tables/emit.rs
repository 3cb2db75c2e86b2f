//! Schemas to lines, equal ones shared: a line is a node, its number what others refer to it by.
//! `src/k8s/schema/table.rs` says what the words of a line mean.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::merge::Merged;
use super::{Custom, Error};

/// The definition of `metadata`, which custom resources share.
pub(super) const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The CEL rules of the CRDs, by the name of the check that `src/k8s/schema/rules.rs` has for them.
const RULES: [(&str, &str); 17] = [
    ("!has(self.externalId) || has(self.roleArn)", "external-id"),
    ("!(self.type != 'RollingUpdate' && has(self.rollingUpdate))", "rolling-update"),
    ("!has(self.topology) || (has(self.mode) && self.mode == 'Topology')", "topology"),
    ("[has(self.basicAuth), has(self.authorization), has(self.oauth2)].filter(x, x).size() <= 1", "one-auth"),
    (
        "!has(self.shardingStrategy) || !has(self.shardingStrategy.mode) || self.shardingStrategy.mode != 'Topology' || !has(self.shardingStrategy.topology) || !has(self.shardingStrategy.topology.values) || self.shardingStrategy.topology.values.size() == 0 || (has(self.shards) ? self.shards : 1) >= self.shardingStrategy.topology.values.size()",
        "topology-shards",
    ),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.shards) && self.shards > 1)", "daemon-set"),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.replicas))", "daemon-set"),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.storage))", "daemon-set"),
    (
        "!(has(self.mode) && self.mode == 'DaemonSet' && has(self.persistentVolumeClaimRetentionPolicy))",
        "daemon-set",
    ),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.scrapeConfigSelector))", "daemon-set"),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.probeSelector))", "daemon-set"),
    (
        "!(has(self.mode) && self.mode == 'DaemonSet' && has(self.scrapeConfigNamespaceSelector))",
        "daemon-set",
    ),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.probeNamespaceSelector))", "daemon-set"),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.serviceMonitorSelector))", "daemon-set"),
    (
        "!(has(self.mode) && self.mode == 'DaemonSet' && has(self.serviceMonitorNamespaceSelector))",
        "daemon-set",
    ),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.additionalScrapeConfigs))", "daemon-set"),
    ("!(has(self.mode) && self.mode == 'DaemonSet' && has(self.shardingStrategy))", "daemon-set"),
];

pub(super) struct Emitter {
    versions: Vec<u16>,
    patterns: Vec<String>,
    nodes: Vec<String>,
    ids: HashMap<String, usize>,
    kinds: Vec<String>,
    /// Nodes of Kubernetes' named definitions.
    named: HashMap<String, usize>,
}

impl Emitter {
    pub(super) fn new(versions: &[u16]) -> Self {
        Self {
            versions: versions.to_vec(),
            patterns: Vec::new(),
            nodes: Vec::new(),
            ids: HashMap::new(),
            kinds: Vec::new(),
            named: HashMap::new(),
        }
    }

    /// The file: versions, patterns, nodes, kinds.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("# Written by `cargo run -p obsctl-codegen`, not by hand.\noperator");
        for version in &self.versions {
            let _ = write!(text, " {version}");
        }
        text.push('\n');
        for pattern in &self.patterns {
            let _ = writeln!(text, "pattern {pattern}");
        }
        for line in self.nodes.iter().chain(&self.kinds) {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The node of a line: the one there is, or a new one.
    pub(super) fn node(&mut self, line: String) -> usize {
        if let Some(id) = self.ids.get(&line) {
            return *id;
        }
        self.nodes.push(line.clone());
        self.ids.insert(line, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// The node of a named definition; `Err` with a number for it when it is new, to be given to [`Self::define`].
    pub(super) fn named(&mut self, name: &str) -> Result<usize, usize> {
        if let Some(id) = self.named.get(name) {
            return Ok(*id);
        }
        self.nodes.push(String::new());
        self.named.insert(name.to_owned(), self.nodes.len() - 1);
        Err(self.nodes.len() - 1)
    }

    pub(super) fn define(&mut self, id: usize, line: String) {
        self.nodes[id] = line;
    }

    pub(super) fn pattern(&mut self, pattern: &str) -> Result<usize, Error> {
        if pattern.contains('\n') {
            return Err(format!("pattern {pattern} has a line break").into());
        }
        let known = self.patterns.iter().position(|known| known == pattern);
        Ok(known.unwrap_or_else(|| {
            self.patterns.push(pattern.to_owned());
            self.patterns.len() - 1
        }))
    }

    pub(super) fn kind(&mut self, words: &str, group_version: &str, kind: &str, node: usize) {
        self.kinds.push(format!("{words} {group_version} {kind} {node}"));
    }

    pub(super) fn custom(&mut self, custom: &Custom) -> Result<(), Error> {
        let node = self.merged(&custom.root, custom.root.since, true)?;
        let status = if custom.status { "+status" } else { "" };
        let words = match custom.root.since {
            since if self.versions.first().is_some_and(|first| since > *first) => {
                format!("custom{status} >{since}")
            }
            _ => format!("custom{status}"),
        };
        self.kind(&words, &format!("{}/{}", custom.group, custom.version), &custom.kind, node);
        Ok(())
    }

    /// The node of a schema whose parent is there since `parent`.
    fn merged(&mut self, schema: &Merged, parent: u16, root: bool) -> Result<usize, Error> {
        let since = parent.max(schema.since);
        let facts = &schema.facts;
        let yes = |key: &str| facts[key].as_bool().unwrap_or_default();
        let mut line = match facts["type"].as_str() {
            _ if yes("x-kubernetes-int-or-string") => "ios".to_owned(),
            None => "any".to_owned(),
            Some("boolean") => "bool".to_owned(),
            Some("integer") => if facts["format"] == "int32" { "int 32" } else { "int 64" }.to_owned(),
            Some("number") => "num".to_owned(),
            Some("string") => "str".to_owned(),
            Some("array") => {
                let items = schema.items.as_deref().ok_or("a list without items")?;
                format!("list {}", self.merged(items, since, false)?)
            }
            Some("object") if !schema.fields.is_empty() => self.fields(schema, since, root)?,
            Some("object") => match schema.values.as_deref() {
                Some(values) => format!("map {}", self.merged(values, since, false)?),
                None if yes("x-kubernetes-preserve-unknown-fields") => "obj *".to_owned(),
                None if facts["additionalProperties"] == true => "obj *".to_owned(),
                None => "obj".to_owned(),
            },
            Some(other) => return Err(format!("type {other}").into()),
        };
        self.bounds(facts, &mut line)?;
        let choices: Vec<_> = schema
            .choices
            .iter()
            .map(|(value, (first, last))| {
                let value_since = (*first > since).then_some(*first);
                (value.as_str(), value_since, (*last < schema.last).then_some(*last))
            })
            .collect();
        choices_of(&choices, &mut line)?;
        for rule in facts["x-kubernetes-validations"].as_array().into_iter().flatten() {
            let text = rule["rule"].as_str().unwrap_or_default();
            let known = RULES.iter().find(|(known, _)| *known == text);
            let (_, name) = known.ok_or_else(|| format!("no name for the CEL rule {text}"))?;
            let word = format!(" rule={name}");
            if !line.contains(&word) {
                line.push_str(&word);
            }
        }
        if yes("nullable") {
            line.push_str(" null");
        }
        Ok(self.node(line))
    }

    /// An object's fields. Those of a root that every kind has are Kubernetes' own.
    fn fields(&mut self, schema: &Merged, since: u16, root: bool) -> Result<String, Error> {
        let mut line = String::from("obj");
        let required: Vec<&str> =
            schema.facts["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if schema.facts["x-kubernetes-preserve-unknown-fields"] == true {
            line.push_str(" *");
        }
        for (name, field) in &schema.fields {
            let node = match name.as_str() {
                "metadata" if root => {
                    self.named(OBJECT_META).map_err(|_| "the core definitions come first")?
                }
                _ => self.merged(field, since, false)?,
            };
            let _ = write!(line, " {name}:{node}");
            for (mark, holds) in [
                ("!", required.contains(&name.as_str())),
                ("=", field.facts.get("default").is_some()),
                ("~", deprecated(name, &field.facts)),
            ] {
                if holds {
                    line.push_str(mark);
                }
            }
            if field.since > since {
                let _ = write!(line, ">{}", field.since);
            }
            if field.last < schema.last {
                let _ = write!(line, "<{}", field.last);
            }
        }
        Ok(line)
    }

    fn bounds(&mut self, facts: &Value, line: &mut String) -> Result<(), Error> {
        for (key, word) in [
            ("minimum", "min"),
            ("maximum", "max"),
            ("minLength", "min"),
            ("maxLength", "max"),
            ("minItems", "min"),
            ("maxItems", "max"),
        ] {
            if let Some(bound) = facts.get(key) {
                let _ = write!(line, " {word}={bound}");
            }
        }
        if facts["format"] == "date-time" {
            line.push_str(" time");
        }
        if let Some(pattern) = facts["pattern"].as_str() {
            let _ = write!(line, " /{}", self.pattern(pattern)?);
        }
        keys_of(facts, line);
        Ok(())
    }
}

/// The keys that tell the items of a list apart.
pub(super) fn keys_of(facts: &Value, line: &mut String) {
    match facts["x-kubernetes-list-type"].as_str() {
        Some("set") => line.push_str(" set"),
        Some("map") => {
            let keys = facts["x-kubernetes-list-map-keys"].as_array().into_iter().flatten();
            let keys: Vec<&str> = keys.filter_map(Value::as_str).collect();
            let _ = write!(line, " keys={}", keys.join(","));
        }
        _ => {}
    }
}

/// Enum values, with the first and last versions that have them.
pub(super) fn choices_of(
    choices: &[(&str, Option<u16>, Option<u16>)],
    line: &mut String,
) -> Result<(), Error> {
    if choices.is_empty() {
        return Ok(());
    }
    line.push_str(" {");
    for (at, (value, since, last)) in choices.iter().enumerate() {
        if value.contains([' ', '|', '<', '>', '}', '\n']) {
            return Err(format!("enum value {value:?} has a character that the tables use").into());
        }
        let _ = write!(line, "{}{value}", if at == 0 { "" } else { "|" });
        if let Some(since) = since {
            let _ = write!(line, ">{since}");
        }
        if let Some(last) = last {
            let _ = write!(line, "<{last}");
        }
    }
    line.push('}');
    Ok(())
}

/// Whether a field's description says that it is deprecated.
pub(super) fn deprecated(name: &str, facts: &Value) -> bool {
    let text = facts["description"].as_str().unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let own = text.strip_prefix(name).unwrap_or_default().trim_start();
    text.contains("Deprecated:")
        || text.starts_with("Deprecated.")
        || own.starts_with("deprecated:")
        || own.starts_with("is deprecated:")
}
