//! Passwords, tokens and keys that are written out.

use super::{PLAIN_CREDENTIAL, SECRET_IN_CONFIGMAP, is_placeholder};
use crate::lint::kind::Holder;
use crate::lint::report::Out;
use crate::lint::schema::{self, Root};
use crate::yaml::{Entry, Kind, Node};

/// Of one of Prometheus's own files. In a Secret they are where they belong.
pub(super) fn check_file(kind: Root, root: Node<'_>, holder: Holder, out: &mut Out<'_>) {
    if holder == Holder::Secret {
        return;
    }
    for secret in schema::secrets(kind, root) {
        if secret.node.text().is_some_and(is_placeholder) {
            continue;
        }
        let help = match secret.file_field {
            Some(file) => format!("put it into a file, and name that with `{file}`"),
            None => "have it put in when the file is deployed".to_owned(),
        };
        report(secret.field, secret.node, holder, help, out);
    }
}

/// Of an entry of such a file, that stands in `holder`, or of an object of prometheus-operator, all of whose other
/// credentials stand in Secrets.
pub(super) fn check_entry(entry: Entry<'_>, holder: Option<Holder>, out: &mut Out<'_>) {
    match entry.key.text() {
        Some("headers" | "http_headers" | "httpHeaders") if holder != Some(Holder::Secret) => {
            headers(entry, holder.unwrap_or(Holder::File), out);
        }
        Some("bearerToken") if holder.is_none() && is_written_out(entry.value) => {
            let help = "use `authorization.credentials`, which names a key of a Secret".to_owned();
            report("bearerToken", entry.value, Holder::File, help, out);
        }
        _ => {}
    }
}

/// Headers of requests that carry credentials.
fn headers(entry: Entry<'_>, holder: Holder, out: &mut Out<'_>) {
    if entry.value.kind() != Kind::Mapping {
        return;
    }
    for header in entry.value.entries().filter(carries_credentials) {
        let name = header.key.text().unwrap_or_default();
        // `headers` of remote write, or `http_headers` with a list of values.
        let values = header.value.get("values").into_iter().flat_map(Node::items);
        for value in std::iter::once(header.value).chain(values).filter(|value| is_written_out(*value)) {
            let help = match entry.key.text() {
                Some("http_headers") => format!("put it into a file, and name that with `{name}.files`"),
                Some("httpHeaders") => "name a Secret".to_owned(),
                _ => "use `authorization` with `credentials_file`, or a Secret".to_owned(),
            };
            report(name, value, holder, help, out);
        }
    }
}

fn carries_credentials(header: &Entry<'_>) -> bool {
    const NAMES: [&str; 6] =
        ["authorization", "proxy-authorization", "x-api-key", "api-key", "x-auth-token", "cookie"];
    header.key.text().is_some_and(|name| NAMES.contains(&name.to_ascii_lowercase().as_str()))
}

fn is_written_out(node: Node<'_>) -> bool {
    node.as_str().is_some_and(|text| !text.is_empty() && !is_placeholder(text))
}

fn report(field: &str, node: Node<'_>, holder: Holder, help: String, out: &mut Out<'_>) {
    out.report(match holder {
        Holder::ConfigMap => SECRET_IN_CONFIGMAP
            .at(node.span(), format!("`{field}` is written out in a ConfigMap"))
            .label("a credential")
            .why("far more people and programs may read ConfigMaps than Secrets")
            .help(format!("{help}; or keep the whole file in a Secret")),
        _ => PLAIN_CREDENTIAL
            .at(node.span(), format!("`{field}` is written out"))
            .label("a credential")
            .why("whoever can read the file, its repository or a backup of either has it")
            .help(help),
    });
}
