//! What Telegraf's own configuration gives away: credentials that are written out, TLS that is not checked.

use toml_edit::{Document, Item, TableLike, Value};

use crate::base::span::Span;

/// Tables in tables in a plugin; Telegraf's own go three deep.
const DEPTH_MAX: usize = 16;

/// One such place in a TOML text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exposed {
    /// The value of this key is a password, token or key, and not a reference to one.
    Credential(String, Span),
    /// `insecure_skip_verify = true`: any certificate is taken.
    SkipVerify(Span),
}

/// All such places of a text that configures plugins, in its order. Empty of any other text, and of one that is no TOML.
#[must_use]
pub fn exposed(text: &str) -> Vec<Exposed> {
    let mut found = Vec::new();
    if ["[[inputs.", "[[outputs.", "[[processors."].iter().any(|sign| text.contains(sign))
        && let Ok(document) = Document::parse(text)
    {
        table(document.as_table(), DEPTH_MAX, &mut found);
    }
    found
}

fn table(table_like: &dyn TableLike, depth: usize, found: &mut Vec<Exposed>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for (key, item) in table_like.iter() {
        match item {
            Item::Value(value) => single(key, value, depth, found),
            Item::Table(inner) => table(inner, depth, found),
            Item::ArrayOfTables(list) => list.iter().for_each(|inner| table(inner, depth, found)),
            Item::None => {}
        }
    }
}

fn single(key: &str, value: &Value, depth: usize, found: &mut Vec<Exposed>) {
    let Some(span) = value.span().map(Span::from) else { return };
    match value {
        Value::String(text) if is_secret(key) && is_written_out(text.value()) => {
            found.push(Exposed::Credential(key.to_owned(), span));
        }
        Value::Boolean(yes) if key == "insecure_skip_verify" && *yes.value() => {
            found.push(Exposed::SkipVerify(span));
        }
        Value::InlineTable(inner) => table(inner, depth, found),
        _ => {}
    }
}

fn is_secret(key: &str) -> bool {
    const NAMES: [&str; 13] = [
        "password",
        "token",
        "secret",
        "secret_key",
        "client_secret",
        "api_key",
        "apikey",
        "api_token",
        "auth_token",
        "bearer_token_string",
        "priv_password",
        "auth_password",
        "authorization",
    ];
    NAMES.contains(&key.to_ascii_lowercase().as_str())
}

/// Telegraf takes `$X` and `${X}` from its environment, `@{store:x}` from a store of secrets.
fn is_written_out(text: &str) -> bool {
    !text.is_empty() && !text.contains('$') && !text.contains("@{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let shown = |found: &Exposed| match found {
            Exposed::Credential(key, span) => format!("{key} {}", span.of(text)),
            Exposed::SkipVerify(span) => format!("unchecked {}", span.of(text)),
        };
        assert_eq!(exposed(text).iter().map(shown).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn credentials_and_unchecked_tls_are_found_in_plugins() {
        check(
            "[[outputs.http]]\ninsecure_skip_verify = true\npassword = \"a\"\n[outputs.http.headers]\n\
             Authorization = \"Bearer b\"\n[[inputs.x]]\nauth = {token = \"c\"}\n",
            &["unchecked true", "password \"a\"", "Authorization \"Bearer b\"", "token \"c\""],
        );
    }

    #[test]
    fn references_and_other_texts_are_not() {
        check("[[outputs.x]]\ntoken = \"${T}\"\npassword = \"@{s:p}\"\nsecret = \"\"\n", &[]);
        check("password = \"a\"\n", &[]);
        check("[[outputs.x]]\npassword = a\n", &[]);
    }
}
