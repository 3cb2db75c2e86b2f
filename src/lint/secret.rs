//! Which bytes of a text are secret: data of Secrets, passwords, tokens, keys, wherever a known file keeps them.
//!
//! By the names of fields, in every spelling there is. Of text that is no tree (comments, broken YAML, TOML in an
//! annotation) lines are read instead; there rather too much is secret than too little.

use std::collections::HashMap;

use crate::base::span::Span;
use crate::base::suggest::nearest;
use crate::yaml::{Document, Entry, File, Kind as Shape, Node, Style};

/// Names of fields whose values are secret, without `_`, `-` and upper case.
const NAMES: [&str; 24] = [
    "accesskey",
    "accesstoken",
    "apikey",
    "apptoken",
    "authtoken",
    "basicauthusers",
    "bearertoken",
    "clientcertificatekey",
    "clientsecret",
    "credentials",
    "integrationkey",
    "passwd",
    "password",
    "passphrase",
    "privatekey",
    "proxyconnectheader",
    "routingkey",
    "secretkey",
    "servicekey",
    "sharedkey",
    "smtpauthpassword",
    "smtpauthsecret",
    "token",
    "userkey",
];

/// Of these, keys are names that may be shown.
const KEYED: [&str; 2] = ["basicauthusers", "proxyconnectheader"];

/// Names that are secret in Prometheus's own files, and in objects name other things.
const FILE_NAMES: [&str; 3] = ["key", "secret", "secrets"];

/// Shorter names are not taken for misspelt ones: too many words are near them.
const MISSPELT_MIN: usize = 7;

/// Nodes that are looked at in one document: aliases may stand for far more than there are.
const NODES_MAX: usize = 1_000_000;

/// The secret stretches of `file`, in no order.
pub(super) fn spans(file: &File) -> Vec<Span> {
    let text = file.text();
    // Most files have none of it, and nothing more is to be done.
    if !may_have(text) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for comment in file.comments() {
        lines(text, comment.span, false, &mut found);
    }
    for document in file.documents() {
        tree(text, document, &mut found);
        if !document.complete() {
            lines(text, document.span(), is_secret_text(document.span().of(text)), &mut found);
        }
    }
    if file.documents().iter().all(|document| !document.complete()) {
        lines(text, Span::new(0, text.len()), is_secret_text(text), &mut found);
    }
    found
}

/// A cheap look: whether any word of a name stands in the text at all.
fn may_have(text: &str) -> bool {
    const WORDS: [&str; 7] = ["key", "token", "secret", "pass", "auth", "credential", "header"];
    let bytes = text.as_bytes();
    bytes.windows(3).enumerate().any(|(at, window)| {
        let three = [window[0] | 0x20, window[1] | 0x20, window[2] | 0x20];
        WORDS.iter().any(|word| {
            word.as_bytes()[..3] == three
                && bytes.get(at..at + word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()))
        })
    })
}

fn is_secret_text(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "kind: Secret")
}

/// Whether a field of this name holds a secret.
fn is_secret_name(name: &str, of_file: bool) -> bool {
    const LONGEST: usize = 40;
    if name.len() > LONGEST {
        return false;
    }
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.contains(&plain.as_str())
        // Somebody may have misspelt it, and that is a finding, whose line is shown.
        || (plain.len() >= MISSPELT_MIN && nearest(&plain, NAMES.into_iter()).is_some())
        || (of_file && FILE_NAMES.contains(&plain.as_str()))
        || ["password", "secretkey", "apitoken"].iter().any(|end| plain.ends_with(end))
}

fn tree(text: &str, document: &Document, found: &mut Vec<Span>) {
    let Some(root) = document.root() else { return };
    let is_object = root.entry("apiVersion").is_some() && root.entry("kind").is_some();
    // Documents are full of the same few names.
    let mut known: HashMap<&str, bool> = HashMap::new();
    let mut open = vec![root];
    for _ in 0..NODES_MAX {
        let Some(node) = open.pop() else { break };
        match node.kind() {
            Shape::Sequence => open.extend(node.items()),
            Shape::Mapping => {
                let is_secret = node.get("kind").and_then(Node::as_str) == Some("Secret");
                let is_secret_env = is_secret_env(node);
                for entry in node.entries() {
                    let name = entry.key.text().unwrap_or_default();
                    if is_secret && matches!(name, "data" | "stringData" | "metadata") {
                        // The last applied configuration is in an annotation, data and all.
                        let all = if name == "metadata" { last_applied(entry) } else { Some(entry.value) };
                        all.into_iter().for_each(|node| each_value(node, found));
                    } else if *known.entry(name).or_insert_with(|| is_secret_name(name, !is_object))
                        || (is_secret_env && name == "value")
                    {
                        secret_value(entry, found);
                    } else {
                        open.push(entry.value);
                    }
                }
            }
            Shape::Scalar => {
                if matches!(node.style(), Some(Style::Literal | Style::Folded)) && node.alias_of().is_none() {
                    lines(text, node.span(), is_secret_text(node.span().of(text)), found);
                }
            }
        }
    }
}

/// `{name: DB_PASSWORD, value: …}` of a container's environment.
fn is_secret_env(node: Node<'_>) -> bool {
    let name = node.get("name").and_then(Node::as_str).unwrap_or_default();
    let words = ["PASSWORD", "TOKEN", "SECRET", "API_KEY"];
    node.entry("value").is_some() && words.iter().any(|word| name.to_ascii_uppercase().contains(word))
}

fn last_applied(metadata: Entry<'_>) -> Option<Node<'_>> {
    metadata.value.get("annotations")?.get("kubectl.kubernetes.io/last-applied-configuration")
}

/// The value of a field that holds a secret: itself, or what is in it unless it says where the secret is to be found.
fn secret_value(entry: Entry<'_>, found: &mut Vec<Span>) {
    let value = entry.value;
    let is_reference = value.kind() == Shape::Mapping
        && ["name", "key", "secretKeyRef", "valueFrom", "secret", "configMap"]
            .iter()
            .any(|key| value.entry(key).is_some());
    let plain = entry.key.text().unwrap_or_default().replace('_', "").to_ascii_lowercase();
    if KEYED.contains(&plain.as_str()) {
        each_value(value, found);
    } else if !is_reference {
        found.push(value.alias_of().unwrap_or(value).span());
    }
}

/// Every value of a mapping, or what stands in its place.
fn each_value(node: Node<'_>, found: &mut Vec<Span>) {
    let whole = |node: Node<'_>| node.alias_of().unwrap_or(node).span();
    if node.kind() == Shape::Mapping {
        found.extend(node.entries().map(|entry| whole(entry.value)));
    } else {
        found.push(whole(node));
    }
}

/// Reads a stretch of text line by line: behind `name:` and `name =` of a secret, all to the end of the line, and the
/// lines below that are further in. `all`: the text is of a Secret, all of whose data is.
fn lines(text: &str, within: Span, all: bool, found: &mut Vec<Span>) {
    let mut start = within.start;
    // The indentation of a secret name whose value goes on in further lines.
    let mut inside: Option<usize> = None;
    for line in within.of(text).split_inclusive('\n') {
        let code = line.trim_end();
        let indent = code.len() - code.trim_start_matches([' ', '#']).len();
        if !code.is_empty() && inside.is_some_and(|outer| indent > outer) {
            found.push(Span::new(start + indent, start + code.len()));
        } else {
            inside = inside.filter(|_| code.is_empty());
            if let Some(value) = secret_in_line(code, all) {
                found.push(Span::new(start + value, start + code.len()));
                let rest = code[value..].trim_start();
                let goes_on = rest.is_empty() || rest.starts_with(['|', '>', '"', '\'']);
                inside = goes_on.then_some(indent);
            }
        }
        start += line.len();
    }
}

/// Where in a line the value of the first secret name begins.
fn secret_in_line(line: &str, all: bool) -> Option<usize> {
    for (at, sign) in line.char_indices().filter(|(_, c)| matches!(c, ':' | '=')) {
        let before = line[..at].trim_end_matches([' ', '"', '\'']);
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let name = &before[before.trim_end_matches(is_word).len()..];
        let known =
            is_secret_name(name, false) || (sign == ':' && all && matches!(name, "data" | "stringData"));
        if known {
            let rest = &line[at + 1..];
            return Some(line.len() - rest.trim_start().len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Budget;

    /// Every `canary…` of `text` is secret, and no `shown…`.
    #[track_caller]
    fn check(text: &str) {
        let file = File::parse(text.to_owned(), &Budget::default());
        let spans = spans(&file);
        let is_secret = |at: usize| spans.iter().any(|span| span.contains(at));
        let all = |word| text.match_indices(word).map(|(at, _)| at).collect::<Vec<_>>();
        assert!(!all("canary").is_empty());
        for at in all("canary") {
            assert!(is_secret(at), "{} is shown: {spans:?}", &text[at..]);
        }
        for at in all("shown") {
            assert!(!is_secret(at), "{} is masked: {spans:?}", &text[at..]);
        }
    }

    #[test]
    fn fields_of_prometheus() {
        check(
            "scrape_configs:\n- job_name: shown\n  basic_auth: {username: shown, password: canary}\n  \
             authorization: {credentials: 'canary'}\n  oauth2: {client_id: shown, client_secret: canary}\n",
        );
        check("remote_write:\n- sigv4: {access_key: canary, secret_key: canary}\n  bearer_token: canary");
        check("scrape_configs:\n- proxy_connect_header: {X: [canary, canary]}\n  tls_config: {key: canary}");
        check("basic_auth_users:\n  shown: canary\n  shown2: canary\n");
    }

    #[test]
    fn misspelt_names() {
        check("scrape_configs:\n- basic_auth: {username: shown, pasword: canary, password_file: shown}\n");
    }

    #[test]
    fn objects() {
        check(
            "apiVersion: v1\nkind: Secret\ndata: {shown: canary}\nstringData:\n  shown: |\n    canary\n    canary2\n",
        );
        check(
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: shown, annotations: \
             {kubectl.kubernetes.io/last-applied-configuration: canary}}\n  data: {a: canary}\n",
        );
        check(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nspec:\n  endpoints:\n  - basicAuth:\n      \
             password: {name: shown, key: shown}\n  - oauth2: {tokenUrl: shown, x: {password: canary}}\n",
        );
        check("kind: Pod\nspec: {env: [{name: DB_PASSWORD, value: canary}, {name: HOME, value: shown}]}");
    }

    #[test]
    fn text_that_is_no_tree() {
        check("a: shown # password: canary\nb: 1\n");
        check("a: |\n  [[outputs.x]]\n    urls = \"shown\"\n    password = \"canary\"\n");
        check("a: [shown\npassword: canary\nb: shown\n");
        check(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: shown}\ndata:\n  a: canary\n  b: |\n    canary\nc: [\n",
        );
    }
}
