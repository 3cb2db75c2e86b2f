//! The values that can be written: strings, integers, truth values, lists and maps in order; never a null.

/// A value to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    Bool(bool),
    Integer(i64),
    /// One that is no [`Value::Integer`]; nothing that we make ourselves has one.
    Number(serde_json::Number),
    String(String),
    List(Vec<Value>),
    Map(Map),
}

/// Keys with values, in the order in which they were set; no key is there twice.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Map {
    entries: Vec<Entry>,
}

/// A key, its value, and the comment above it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    key: String,
    value: Value,
    comment: Option<String>,
}

impl Value {
    /// The value, unless it is an empty list, map or string: for what is left out when there is nothing in it.
    #[must_use]
    pub fn filled(self) -> Option<Self> {
        let empty = match &self {
            Self::Bool(_) | Self::Integer(_) | Self::Number(_) => false,
            Self::String(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(map) => map.is_empty(),
        };
        (!empty).then_some(self)
    }

    /// What an API server has served, as kubectl shows it: keys sorted. `None` is null, which is left out.
    #[must_use]
    pub fn from_json(json: serde_json::Value) -> Option<Self> {
        use serde_json::Value as Json;
        Some(match json {
            Json::Null => return None,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Self::Integer(value),
                None => Self::Number(number),
            },
            Json::String(text) => Self::String(text),
            Json::Array(items) => Self::List(items.into_iter().filter_map(Self::from_json).collect()),
            Json::Object(object) => Self::Map(Map::from_json(object)),
        })
    }

    /// As an API server reads it; comments are not in it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Number(value) => value.clone().into(),
            Self::String(text) => text.as_str().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(map) => map.to_json(),
        }
    }
}

impl Map {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// [`Value::from_json`] of an object.
    #[must_use]
    pub fn from_json(json: serde_json::Map<String, serde_json::Value>) -> Self {
        let entry = |(key, value)| Some(Entry { key, value: Value::from_json(value)?, comment: None });
        let mut entries: Vec<Entry> = json.into_iter().filter_map(entry).collect();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        Self { entries }
    }

    /// Sets a key: at its place when it is there already, else at the end.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.entries.push(Entry { key, value, comment: None }),
        }
    }

    /// [`Map::set`], to build a map in one expression.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// [`Map::with`] of a value that may be absent; then the key is left out.
    #[must_use]
    pub fn with_opt(self, key: impl Into<String>, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Puts a comment above a key; a key that is not there has none.
    #[must_use]
    pub fn comment(mut self, key: &str, comment: impl Into<String>) -> Self {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) {
            entry.comment = Some(comment.into());
        }
        self
    }

    /// Sets all that `other` has, with its comments.
    pub fn append(&mut self, other: Self) {
        for Entry { key, value, comment } in other.entries {
            self.set(&*key, value);
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) {
                entry.comment = comment;
            }
        }
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// As an API server reads it; comments are not in it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
    }
}

impl Entry {
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Of one or more lines, without `#`.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }
}

impl<K: Into<String>, V: Into<Value>> Extend<(K, V)> for Map {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(key, value)| self.set(key, value));
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = Self::new();
        map.extend(pairs);
        map
    }
}

impl<V: Into<Value>> FromIterator<V> for Value {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u16> for Value {
    fn from(value: u16) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(items: Vec<V>) -> Self {
        items.into_iter().collect()
    }
}

impl<V: Into<Value>, const N: usize> From<[V; N]> for Value {
    fn from(items: [V; N]) -> Self {
        items.into_iter().collect()
    }
}
