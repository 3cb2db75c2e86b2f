//! Values of a monitor that its schema takes, and the operator does not.

use super::client::{Client, LEFT_OUT, clients};
use crate::base::name;
use crate::base::text::clip;
use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::k8s::{Kind, Object};
use crate::lint::go_url;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::scrape::k8s_sd_selectors;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/invalid-value",
    severity: Severity::Error,
    summary: "a value of a monitor that its schema takes, and the operator does not",
    page: include_str!("../../../../docs/rules/operator/invalid-value.md"),
    opt_in: false,
    check: Check::Object(check),
};

/// For each role, whose selectors the operator takes.
const ROLES: [(&str, &[&str]); 6] = [
    ("pod", &["pod"]),
    ("service", &["service"]),
    ("endpointslice", &["pod", "service", "endpointslice"]),
    ("endpoints", &["pod", "service", "endpoints"]),
    ("node", &["node"]),
    ("ingress", &["ingress"]),
];

fn check(object: &Object<'_>, out: &mut Out<'_>) {
    for tls in clients(object).iter().filter_map(|client| client.part("tlsConfig")) {
        versions(&tls, out);
    }
    let Some(spec) = object.spec() else { return };
    match object.kind() {
        Kind::Probe => {
            if let Some(node) = spec.get("prober").and_then(|prober| prober.get("url")) {
                prober(node, out);
            }
            labels(spec.get("targets").and_then(|targets| targets.get("staticConfig")), out);
        }
        Kind::ScrapeConfig => {
            let items = |key: &str| spec.get(key).into_iter().flat_map(Node::items);
            items("staticConfigs").for_each(|group| labels(Some(group), out));
            items("kubernetesSDConfigs").for_each(|discovery| roles(discovery, out));
            for (list, field) in
                [("httpSDConfigs", "url"), ("dockerSDConfigs", "host"), ("dockerSwarmSDConfigs", "host")]
            {
                items(list).filter_map(|it| it.get(field)).for_each(|node| url(node, false, out));
            }
            items("puppetDBSDConfigs").filter_map(|it| it.get("url")).for_each(|node| url(node, true, out));
        }
        _ => {}
    }
}

fn versions(tls: &Client<'_>, out: &mut Out<'_>) {
    let text = |field| tls.entry(field).and_then(|it| Some((it.value, it.value.as_str()?)));
    let (Some((low, least)), Some((node, most))) = (text("minVersion"), text("maxVersion")) else { return };
    if most < least {
        out.report(
            RULE.at(node.span(), format!("`maxVersion`, `{most}`, is before `minVersion`, `{least}`"))
                .label("there is none between")
                .related(low.span(), "the least")
                .why(LEFT_OUT)
                .help("swap the two, or remove `maxVersion`"),
        );
    }
}

/// A host, or a host and a port.
fn prober(node: Node<'_>, out: &mut Out<'_>) {
    let Some(text) = node.as_str().filter(|text| !is_address(text)) else { return };
    let help = if text.contains("://") || text.contains('/') {
        "write `host:port`; `scheme` and `path` are fields beside it"
    } else {
        "write a host, or `host:port`"
    };
    out.report(
        RULE.at(node.span(), format!("`{}` is no address of a prober", clip(text, 60)))
            .label("not a host")
            .why(LEFT_OUT)
            .help(help),
    );
}

/// As Go splits host and port; what does not split is a host.
fn is_address(text: &str) -> bool {
    let split = match text.strip_prefix('[') {
        Some(rest) => rest
            .split_once("]:")
            .filter(|(host, port)| !host.contains(['[', ']']) && !port.contains([':', '[', ']'])),
        None => text
            .split_once(':')
            .filter(|(host, port)| !port.contains(':') && !format!("{host}{port}").contains(['[', ']'])),
    };
    match split {
        Some((host, port)) => is_host(host) && port.parse::<u16>().is_ok_and(|port| port > 0),
        None => is_host(text),
    }
}

fn is_host(text: &str) -> bool {
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && !part.starts_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    let name = text.strip_suffix(['.', '_']).filter(|rest| !rest.is_empty()).unwrap_or(text);
    text.parse::<std::net::IpAddr>().is_ok() || (text.len() <= 255 && name.split('.').all(part))
}

/// Labels that targets get.
fn labels(group: Option<Node<'_>>, out: &mut Out<'_>) {
    let legacy = out.options.prometheus < Version::new(3, 0);
    for entry in group.and_then(|group| group.get("labels")).into_iter().flat_map(Node::entries) {
        let Some(text) = entry.key.text() else { continue };
        if text.is_empty() || (legacy && !name::is_label_name(text)) {
            out.report(
                RULE.at(entry.key.span(), format!("`{}` is no label name", clip(text, 60)))
                    .label("not a name")
                    .why(LEFT_OUT)
                    .help("a label name has letters, digits and `_`, and no digit first"),
            );
        }
    }
}

/// Selectors of a discovery of Kubernetes. Roles are read in any case.
fn roles(discovery: Node<'_>, out: &mut Out<'_>) {
    let role = discovery.get("role").and_then(Node::as_str).unwrap_or_default().to_ascii_lowercase();
    let Some((_, allowed)) = ROLES.iter().find(|(name, _)| *name == role) else { return };
    for selector in discovery.get("selectors").into_iter().flat_map(Node::items) {
        if let Some(node) = selector.get("role")
            && let Some(name) =
                node.as_str().filter(|name| !allowed.contains(&name.to_ascii_lowercase().as_str()))
        {
            let message = format!("the role `{role}` takes no selector of `{}`", clip(name, 60));
            let finding = RULE.at(node.span(), message).label("not for this role").why(LEFT_OUT);
            out.report(finding.help(format!("it takes those of `{}`", allowed.join("`, `"))));
        }
        k8s_sd_selectors::syntax(selector, &RULE, LEFT_OUT, out);
    }
}

fn url(node: Node<'_>, whole: bool, out: &mut Out<'_>) {
    let Some(text) = node.as_str() else { return };
    let fault = match go_url::parse(text) {
        Err(fault) => fault,
        Ok(url) if whole && url.host.is_empty() => "it has no host",
        Ok(_) => return,
    };
    out.report(
        RULE.at(node.span(), format!("`{}` is no URL: {fault}", clip(text, 60)))
            .label("not a URL")
            .why(LEFT_OUT)
            .help("write it as in a browser: `https://host:port/path`"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_probers_are_those_that_the_operator_takes() {
        for good in ["a", "a.b:80", "1.2.3.4", "[::1]:80", "::1", "a_b.c.", "blackbox.monitoring.svc:9115"] {
            assert!(is_address(good), "{good}");
        }
        for bad in
            ["", "a:", ":80", "http://a", "a/b", "a:80/p", "a:99999", "[::1]", "-a", "a:0", "a..b", "a b"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
