//! What each kind of service discovery needs.

use super::needs::{self, Part};
use super::path_glob as glob;
use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::rules::yaml::UNKNOWN_VALUE;
use crate::lint::schema::{Section, is_null};
use crate::yaml::{Entry, Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/sd-required-field",
    severity: Severity::Error,
    summary: "a service discovery that lacks a field, or has one that it does not take",
    page: include_str!("../../../../docs/rules/scrape/sd-required-field.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if (section.kind, section.parent) != ("discovery/aws.Filter", "discovery/aws.RDSSDConfig") {
        needs::check(&RULE, Part::Discovery, section, out);
    }
    match section.kind {
        "discovery/dns.SDConfig" => dns(section, out),
        "discovery/file.SDConfig" => files(section, out),
        KUBERNETES => kubernetes(section, out),
        _ => {}
    }
}

const KUBERNETES: &str = "discovery/kubernetes.SDConfig";

/// The answer to a question for an `A` record has no port.
fn dns(section: &Section<'_>, out: &mut Out<'_>) {
    const TYPES: [&str; 5] = ["SRV", "A", "AAAA", "MX", "NS"];
    let Some(node) = section.entry("type").map(|entry| entry.value) else { return };
    let text = if is_null(node) { "" } else { node.text().unwrap_or_default() };
    if !TYPES.iter().any(|known| known.eq_ignore_ascii_case(text)) {
        let finding = UNKNOWN_VALUE.at(node.span(), format!("`type` cannot be `{}`", clip(text, 60)));
        let help = format!("use one of `{}`", TYPES.join("`, `"));
        out.report(finding.label("no type of records").why(REFUSED).help(help));
    } else if !text.eq_ignore_ascii_case("SRV") && section.filled("port").is_none() {
        let finding =
            RULE.at(node.span(), format!("records of type `{text}` have no port, and none is set here"));
        out.report(finding.label("has no port").why(REFUSED).help("add `port`"));
    }
}

/// Names of files end like files of targets, and have a `*` in their last part alone.
fn files(section: &Section<'_>, out: &mut Out<'_>) {
    for node in section.get("files").into_iter().flat_map(Node::items) {
        let path = if is_null(node) { "" } else { node.text().unwrap_or_default() };
        let kind = path.rsplit_once('.').map_or("", |(_, kind)| kind);
        let known = ["json", "yml", "yaml", "JSON", "YML", "YAML"].contains(&kind);
        let help = match (known, glob::fits(path.trim_end_matches(kind).trim_end_matches('.'))) {
            (true, true) => continue,
            (true, false) => "`*` may stand only in the last part of the path",
            (false, _) => "the name must end in `.json`, `.yml` or `.yaml`",
        };
        let message = format!("`{}` is no path for file discovery", clip(path, 60));
        out.report(RULE.at(node.span(), message).label("not taken").why(REFUSED).help(help));
    }
}

/// Where the API server is, is said once: in the cluster, by `api_server`, or by a kubeconfig.
fn kubernetes(section: &Section<'_>, out: &mut Out<'_>) {
    if section.is_null() {
        return;
    }
    let (server, config) = (section.get("api_server"), section.filled("kubeconfig_file"));
    if let Some(client) = client(section) {
        let name = client.key.text().unwrap_or_default();
        let finding = match (config, server) {
            (Some(config), _) => RULE
                .at(client.key.span(), format!("`{name}` cannot stand beside `kubeconfig_file`"))
                .label("the kubeconfig says how to connect")
                .related(config.key.span(), "the kubeconfig is here")
                .help("remove one of the two"),
            (None, None) => RULE
                .at(client.key.span(), format!("`{name}` needs `api_server` with it"))
                .label("not for the server of the cluster that Prometheus runs in")
                .help(format!("add `api_server`, or remove `{name}`")),
            (None, Some(_)) => return own_namespace(section, out),
        };
        out.report(finding.why(REFUSED));
    }
    own_namespace(section, out);
}

fn own_namespace(section: &Section<'_>, out: &mut Out<'_>) {
    let own = section.get("namespaces").and_then(|namespaces| namespaces.entry("own_namespace"));
    let Some(own) = own.filter(|own| own.value.value() == Some(Value::Bool(true))) else { return };
    let other = section.entry("api_server").filter(|it| !is_null(it.value));
    if let Some(other) = other.or_else(|| section.filled("kubeconfig_file")) {
        let name = other.key.text().unwrap_or_default();
        let message = format!("`own_namespace` cannot stand beside `{name}`");
        out.report(
            RULE.at(own.key.span(), message)
                .label("there is no own namespace")
                .related(other.key.span(), "Prometheus runs outside")
                .why(REFUSED)
                .help("name the namespaces: `names: […]`"),
        );
    }
}

/// The first field of the HTTP client that is not what it is by default.
fn client<'w>(section: &Section<'w>) -> Option<Entry<'w>> {
    const FIELDS: [&str; 12] = [
        "basic_auth",
        "authorization",
        "oauth2",
        "bearer_token",
        "bearer_token_file",
        "no_proxy",
        "proxy_from_environment",
        "proxy_connect_header",
        "http_headers",
        "proxy_url",
        "follow_redirects",
        "enable_http2",
    ];
    let set = |field: &&str| match *field {
        // On by default.
        "follow_redirects" | "enable_http2" => {
            section.entry(field).filter(|entry| entry.value.value() != Some(Value::Bool(true)))
        }
        "proxy_url" | "proxy_connect_header" | "http_headers" => {
            section.entry(field).filter(|entry| !is_null(entry.value))
        }
        _ => section.filled(field),
    };
    let tls = || {
        let tls = section.get("tls_config")?;
        let filled = |entry: &Entry<'w>| match entry.value.value() {
            Some(Value::Null | Value::Bool(false)) => false,
            _ => entry.value.text() != Some(""),
        };
        tls.entries().any(|entry| filled(&entry)).then(|| section.entry("tls_config"))?
    };
    FIELDS.iter().find_map(set).or_else(tls)
}
