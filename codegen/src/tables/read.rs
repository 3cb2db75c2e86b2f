//! Files to JSON values: a swagger file as it is, a CRD from YAML.

use std::path::Path;

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use super::Error;

pub(super) fn json(path: &Path) -> Result<Value, Error> {
    let text = std::fs::read_to_string(path).map_err(|err| format!("{}: {err}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// The one document of a file without anchors, as all CRDs are.
pub(super) fn yaml(path: &Path) -> Result<Value, Error> {
    let text = std::fs::read_to_string(path).map_err(|err| format!("{}: {err}", path.display()))?;
    let mut parser = Parser::new_from_str(&text);
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut root = Value::Null;
    while let Some(event) = parser.next_event() {
        let (event, _) = event.map_err(|err| format!("{}: {}", path.display(), err.info()))?;
        let value = match event {
            Event::Scalar(text, style, ..) => scalar(&text, style),
            Event::MappingStart(..) => {
                open.push((Value::Object(Map::new()), None));
                continue;
            }
            Event::SequenceStart(..) => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => open.pop().map(|(value, _)| value).unwrap_or_default(),
            _ => continue,
        };
        match open.last_mut() {
            None => root = value,
            Some((Value::Array(items), _)) => items.push(value),
            Some((Value::Object(entries), key)) => match key.take() {
                Some(key) => drop(entries.insert(key, value)),
                None => *key = Some(text_of(&value)),
            },
            Some(_) => return Err("only collections are open".into()),
        }
    }
    Ok(root)
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match text {
        _ if style != ScalarStyle::Plain => text.into(),
        "true" => true.into(),
        "false" => false.into(),
        "null" | "~" | "" => Value::Null,
        _ => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    }
}

/// A scalar as it reads.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
