//! Fields of a monitor that exclude each other.

use super::client::{Client, LEFT_OUT, clients};
use crate::diagnostic::Severity;
use crate::k8s::{Kind, Object};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/exclusive-fields",
    severity: Severity::Error,
    summary: "fields of a monitor that cannot stand beside each other",
    page: include_str!("../../../../docs/rules/operator/exclusive-fields.md"),
    opt_in: false,
    check: Check::Object(check),
};

const WAYS: [&str; 4] = ["authorization", "basicAuth", "bearerTokenSecret", "oauth2"];

fn check(object: &Object<'_>, out: &mut Out<'_>) {
    for client in clients(object) {
        // Of a ScrapeConfig as a whole the schema says it.
        let whole = object.spec().is_some_and(|spec| spec.span() == client.node.span());
        if object.kind() != Kind::ScrapeConfig || !whole {
            ways(&client, out);
        }
        if client.filled("proxyFromEnvironment").is_some() {
            pair(&client, "proxyFromEnvironment", "proxyUrl", out);
            pair(&client, "proxyFromEnvironment", "noProxy", out);
        }
        if let Some(tls) = client.part("tlsConfig") {
            for (inline, file) in [("ca", "caFile"), ("cert", "certFile"), ("keySecret", "keyFile")] {
                pair(&tls, inline, file, out);
            }
            for of_two in ["ca", "cert"].into_iter().filter_map(|field| tls.part(field)) {
                pair(&of_two, "secret", "configMap", out);
            }
        }
        if let Some(id) = client.part("clientId") {
            pair(&id, "secret", "configMap", out);
        }
        own_namespace(&client, out);
    }
}

/// More than one way to authenticate.
fn ways(client: &Client<'_>, out: &mut Out<'_>) {
    let found: Vec<_> = WAYS.into_iter().filter_map(|way| Some((way, client.entry(way)?))).collect();
    let [(first, one), (second, other), ..] = found[..] else { return };
    let why = match client.strict {
        true => LEFT_OUT,
        false => "Prometheus refuses to load the whole configuration that the operator makes of it",
    };
    out.report(
        RULE.at(other.key.span(), format!("`{second}` is a second way to authenticate, beside `{first}`"))
            .label("another way")
            .related(one.key.span(), "the first")
            .why(why)
            .help(format!("keep one of `{first}` and `{second}`")),
    );
}

fn pair(client: &Client<'_>, first: &str, second: &str, out: &mut Out<'_>) {
    let (Some(one), Some(other)) = (client.filled(first), client.filled(second)) else { return };
    out.report(
        RULE.at(other.key.span(), format!("`{second}` cannot stand beside `{first}`"))
            .label("excludes the other")
            .related(one.key.span(), "the other is here")
            .why(LEFT_OUT)
            .help("keep one of the two"),
    );
}

/// The own namespace of another cluster is none.
fn own_namespace(client: &Client<'_>, out: &mut Out<'_>) {
    let (Some(server), Some(namespaces)) = (client.entry("apiServer"), client.part("namespaces")) else {
        return;
    };
    let own = namespaces.entry("ownNamespace").filter(|it| Node::value(it.value) == Some(Value::Bool(true)));
    if let Some(own) = own {
        out.report(
            RULE.at(own.key.span(), "`ownNamespace` cannot stand beside `apiServer`")
                .label("excludes the other")
                .related(server.key.span(), "the other is here")
                .why(LEFT_OUT)
                .help("name the namespaces in `names`"),
        );
    }
}
