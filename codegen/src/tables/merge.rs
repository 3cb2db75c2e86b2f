//! Schemas of several versions laid over each other, oldest first.

use std::collections::BTreeMap;

use serde_json::Value;

use super::read::text_of;

/// One schema: its facts are those of the newest version that has it, its fields and enum values those of all.
pub(super) struct Merged {
    /// First and last version that has it.
    pub(super) since: u16,
    pub(super) last: u16,
    /// The schema in the version `last`.
    pub(super) facts: Value,
    pub(super) fields: BTreeMap<String, Merged>,
    pub(super) items: Option<Box<Merged>>,
    pub(super) values: Option<Box<Merged>>,
    /// First and last version of each enum value.
    pub(super) choices: BTreeMap<String, (u16, u16)>,
}

impl Merged {
    pub(super) fn new(schema: &Value, version: u16) -> Self {
        let mut merged = Self {
            since: version,
            last: version,
            facts: Value::Null,
            fields: BTreeMap::new(),
            items: None,
            values: None,
            choices: BTreeMap::new(),
        };
        merged.lay(schema, version);
        merged
    }

    /// Lays the schema of a newer version over it.
    pub(super) fn lay(&mut self, schema: &Value, version: u16) {
        self.last = version;
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            match self.fields.get_mut(name) {
                Some(known) => known.lay(field, version),
                None => drop(self.fields.insert(name.clone(), Self::new(field, version))),
            }
        }
        for (slot, key) in [(&mut self.items, "items"), (&mut self.values, "additionalProperties")] {
            let Some(inner) = schema.get(key).filter(|inner| inner.is_object()) else { continue };
            match slot {
                Some(known) => known.lay(inner, version),
                None => *slot = Some(Box::new(Self::new(inner, version))),
            }
        }
        for choice in schema["enum"].as_array().into_iter().flatten() {
            self.choices.entry(text_of(choice)).or_insert((version, version)).1 = version;
        }
        self.facts = schema.clone();
    }
}
