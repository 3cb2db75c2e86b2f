//! What a scalar is: Go's rules.

/// What Go reads a scalar as.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'d> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(&'d str),
}

/// A plain scalar without a tag.
pub(super) fn resolve(text: &str) -> Value<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => text
            .parse()
            .map(Value::Int)
            .or_else(|_| text.parse().map(Value::Float))
            .unwrap_or(Value::Str(text)),
    }
}
