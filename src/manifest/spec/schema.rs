//! The JSON Schema of `obsctl.yaml`, for editors: from the same tables that it is read by.

use serde_json::{Value, json};

use super::FIELDS;
use super::field::{Field, Form, Shape};

/// The schema, as it is published in `docs/schemas/obsctl.json`.
#[must_use]
pub fn schema() -> Value {
    let mut schema = object(FIELDS);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "obsctl.yaml".into();
    schema
}

fn object(fields: &[Field]) -> Value {
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), one(field))).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn one(field: &Field) -> Value {
    let mut schema = match &field.shape {
        Shape::Text(form) => text(*form),
        Shape::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Texts(form) => json!({"type": "array", "items": text(*form)}),
        Shape::Labels | Shape::SeriesLabels => {
            json!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}})
        }
        Shape::List(fields) => json!({"type": "array", "items": object(fields)}),
        Shape::Map(fields) => object(fields),
    };
    schema["description"] = field.doc.into();
    schema
}

fn text(form: Form) -> Value {
    // A quantity is often written as a number.
    let types = if matches!(form, Form::Quantity) { json!(["string", "number"]) } else { json!("string") };
    let mut schema = json!({"type": types});
    if let Some((keyword, value)) = form.keyword() {
        schema[keyword] = value;
    }
    schema
}
