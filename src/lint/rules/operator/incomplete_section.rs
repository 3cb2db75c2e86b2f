//! Sections of a monitor without what they need.

use super::client::{Client, LEFT_OUT, clients};
use crate::diagnostic::Severity;
use crate::k8s::{Kind, Object};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/incomplete-section",
    severity: Severity::Error,
    summary: "a section of a monitor without a field that it needs",
    page: include_str!("../../../../docs/rules/operator/incomplete-section.md"),
    opt_in: false,
    check: Check::Object(check),
};

fn check(object: &Object<'_>, out: &mut Out<'_>) {
    for client in clients(object) {
        authorization(&client, out);
        if let Some(tls) = client.part("tlsConfig") {
            certificate(&tls, out);
        }
        proxy(&client, out);
        if let Some(oauth2) = client.entry("oauth2") {
            let part = Client { node: oauth2.value, ..client };
            if part.filled("clientId").is_none() {
                missing(
                    oauth2.value,
                    oauth2.key,
                    "`oauth2` needs `clientId`",
                    "name the Secret or ConfigMap that holds it",
                    out,
                );
            }
        }
    }
    let Some(spec) = object.spec() else { return };
    match object.kind() {
        Kind::Probe => {
            if let Some(entry) = spec.entry("targets") {
                let targets = Client { node: entry.value, strict: false };
                if targets.entry("staticConfig").is_none() && targets.entry("ingress").is_none() {
                    let help = "add `staticConfig: {static: [...]}`, or `ingress` with a `selector`";
                    missing(entry.value, entry.key, "`targets` needs `staticConfig` or `ingress`", help, out);
                }
            }
        }
        Kind::ScrapeConfig => discoveries(spec, out),
        _ => {}
    }
}

fn missing(node: Node<'_>, key: Node<'_>, message: &str, help: &'static str, out: &mut Out<'_>) {
    // The first field where there is one, for what is missing belongs beside it.
    let at = node.entries().next().map_or(key.span(), |entry| entry.key.span());
    out.report(RULE.at(at, message.to_owned()).label("not enough").why(LEFT_OUT).help(help));
}

fn authorization(client: &Client<'_>, out: &mut Out<'_>) {
    let Some(entry) = client.entry("authorization") else { return };
    let part = Client { node: entry.value, ..*client };
    let credentials = part.entry("credentials").is_some();
    let kind = part.entry("type").and_then(|it| Some((it.value, it.value.as_str()?)));
    if let Some((node, _)) = kind.filter(|(_, kind)| kind.trim().eq_ignore_ascii_case("basic"))
        && (credentials || client.strict)
    {
        out.report(
            RULE.at(node.span(), "`authorization` cannot be of the type `Basic`")
                .label("has a section of its own")
                .why(LEFT_OUT)
                .help("write `basicAuth` with `username` and `password`"),
        );
    } else if !credentials && client.strict {
        let help = "add `credentials: {name: SECRET, key: KEY}`, or remove the section";
        missing(entry.value, entry.key, "`authorization` needs `credentials`", help, out);
    }
}

/// A certificate needs its key, and a key its certificate.
fn certificate(tls: &Client<'_>, out: &mut Out<'_>) {
    let certificate = tls.filled("cert").or_else(|| tls.filled("certFile"));
    let key = tls.entry("keySecret").or_else(|| tls.filled("keyFile"));
    let (entry, needed) = match (certificate, key) {
        (Some(entry), None) => (entry, "`keySecret`"),
        (None, Some(entry)) => (entry, "`cert`"),
        _ => return,
    };
    let name = entry.key.text().unwrap_or_default();
    out.report(
        RULE.at(entry.key.span(), format!("`{name}` needs {needed} with it"))
            .label("one half")
            .why(LEFT_OUT)
            .help(format!("add {needed}, or remove `{name}`")),
    );
}

fn proxy(client: &Client<'_>, out: &mut Out<'_>) {
    let url = client.filled("proxyUrl").is_some();
    let environment = client.filled("proxyFromEnvironment").is_some();
    let alone = match (client.filled("noProxy"), client.filled("proxyConnectHeader")) {
        (Some(entry), _) if !url && !environment => entry,
        (_, Some(entry)) if !url && !environment => entry,
        _ => return,
    };
    let name = alone.key.text().unwrap_or_default();
    out.report(
        RULE.at(alone.key.span(), format!("`{name}` needs `proxyUrl` with it"))
            .label("there is no proxy")
            .why(LEFT_OUT)
            .help(format!("add `proxyUrl`, or remove `{name}`")),
    );
}

/// What service discoveries need.
fn discoveries(spec: Node<'_>, out: &mut Out<'_>) {
    let items = |key: &str| {
        spec.get(key).into_iter().flat_map(Node::items).map(|node| Client { node, strict: false })
    };
    for dns in items("dnsSDConfigs") {
        let kind = dns.entry("type").filter(|it| it.value.as_str().is_some_and(|kind| kind != "SRV"));
        if let Some(kind) = kind.filter(|_| dns.entry("port").is_none()) {
            let name = kind.value.as_str().unwrap_or_default();
            out.report(
                RULE.at(kind.value.span(), format!("records of the type `{name}` need `port`"))
                    .label("says nothing of a port")
                    .why(LEFT_OUT)
                    .help("add `port`, or ask for `SRV` records"),
            );
        }
    }
    for azure in items("azureSDConfigs") {
        let method = azure.entry("authenticationMethod").and_then(|it| it.value.as_str()).unwrap_or("OAuth");
        if matches!(method, "ManagedIdentity" | "SDK" | "WorkloadIdentity") {
            continue;
        }
        let fields = ["tenantID", "clientID", "clientSecret"];
        let absent: Vec<&str> = fields.into_iter().filter(|field| azure.filled(field).is_none()).collect();
        if let Some(first) = absent.first() {
            let message = format!("a client of OAuth needs `{first}`");
            let help = "add `tenantID`, `clientID` and `clientSecret`, or set `authenticationMethod`";
            missing(azure.node, azure.node, &message, help, out);
        }
    }
}
