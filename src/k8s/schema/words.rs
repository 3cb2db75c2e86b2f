//! How findings speak: what a value is, what is expected, what a pattern means.

use super::table::{Node, Shape};
use crate::yaml::{self, Value};

/// What stands there: "a list", "the number `8080`".
pub(super) fn is(node: yaml::Node<'_>) -> String {
    let text = crate::base::text::clip(node.text().unwrap_or_default(), 40);
    match (node.kind(), node.value()) {
        (yaml::Kind::Sequence, _) => "a list".to_owned(),
        (yaml::Kind::Mapping, _) => "a mapping".to_owned(),
        (_, Some(Value::Null)) => "null".to_owned(),
        (_, Some(Value::Bool(value))) if text == value.to_string() => format!("the truth value `{text}`"),
        (_, Some(Value::Bool(value))) => format!("`{text}`, which is read as the truth value `{value}`"),
        (_, Some(Value::Int(value))) if text == value.to_string() => format!("the number `{text}`"),
        (_, Some(Value::Int(value))) => format!("`{text}`, which is read as the number `{value}`"),
        (_, Some(Value::Float(_))) => format!("the number `{text}`"),
        _ => format!("the string `{}`", crate::base::text::escape(&text)),
    }
}

/// What must stand there.
pub(super) fn expected(node: &Node) -> &'static str {
    match node.shape {
        Shape::Any => "anything",
        Shape::Bool => "`true` or `false`",
        Shape::Int(_) => "a whole number",
        Shape::Number => "a number",
        Shape::String => "a string",
        Shape::IntOrString => "a whole number or a string",
        Shape::Quantity => "a quantity such as `100m` or `2Gi`",
        Shape::List(..) => "a list",
        Shape::Map(_) | Shape::Object(..) => "a mapping",
    }
}

/// What texts a pattern takes, for the patterns that are in use.
pub(super) fn pattern(pattern: &str) -> Option<&'static str> {
    Some(match pattern {
        r"^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
        | r"^(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?$" => {
            "a duration such as `30s` or `1h30m`"
        }
        r"^(0|(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$" => {
            "a duration of hours and less, such as `30s` or `1h30m`"
        }
        r"(^0|([0-9]*[.])?[0-9]+((K|M|G|T|E|P)i?)?B)$" => "a size with its unit, such as `512MB` or `1GiB`",
        r"^http(s)?://.+$" | r"^https?://.+$" | r"^(http|https)://.+$" => {
            "a URL that begins with `http://` or `https://`"
        }
        r"^(http|https|socks5)://.+$" => "a URL that begins with `http://`, `https://` or `socks5://`",
        r"^[a-zA-Z][a-zA-Z0-9+.-]*://.+$" => "a URL with its scheme",
        r"^((([01][0-9])|(2[0-3])):[0-5][0-9])$|(^24:00$)" => "a time of day such as `09:30`",
        r"^2\d{3}(?::2\d{3}|$)" => "a year such as `2030`, or a range such as `2030:2032`",
        r"^(?i)(abort|warn)?$" => "`abort` or `warn`",
        r"^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$" => {
            "a path that ends in `.json`, `.yml` or `.yaml`, with `*` in its last part at most"
        }
        _ if pattern.contains("january") => "a month such as `march` or `3`, or a range such as `1:3`",
        _ if pattern.contains("wednes") => "a day such as `monday`, or a range such as `monday:friday`",
        _ if pattern.contains("numkMGTPE") => "a quantity such as `100m` or `2Gi`",
        _ => return None,
    })
}

/// The name with its letters alone, so that `write_relabel_configs` equals `writeRelabelConfigs`.
pub(super) fn folded(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase())
}
