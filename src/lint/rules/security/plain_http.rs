//! Credentials that are sent without TLS to somewhere that is not near.

use super::{PLAIN_HTTP_CREDENTIALS, is_placeholder};
use crate::diagnostic::Finding;
use crate::lint::report::Out;
use crate::yaml::{Entry, Node};

/// What makes a client send credentials, in both spellings.
const AUTH: [&str; 11] = [
    "basic_auth",
    "basicAuth",
    "authorization",
    "oauth2",
    "bearer_token",
    "bearer_token_file",
    "bearerToken",
    "bearerTokenFile",
    "bearerTokenSecret",
    "azuread",
    "azureAd",
];

/// A client, if the mapping is one.
pub(super) fn check(node: Node<'_>, out: &mut Out<'_>) {
    let auth = auth(node).filter(|entry| !is_empty(entry.value));
    let token = ["token_url", "tokenUrl"].iter().find_map(|name| node.get(name));
    let url = auth.and_then(|_| node.get("url"));
    for url in token.into_iter().chain(url).filter(|url| is_far_http(*url)) {
        out.report(finding(url, auth.map(|auth| auth.key)));
    }
    if let Some(auth) = auth {
        targets(node, auth.key, out);
    }
}

/// What comes first in the list of what makes a client send credentials.
fn auth<'d>(node: Node<'d>) -> Option<Entry<'d>> {
    let ranked = node.entries().filter_map(|entry| {
        let name = entry.key.text()?;
        Some((AUTH.iter().position(|known| *known == name)?, entry))
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, entry)| entry)
}

/// The first target of a scrape job that is asked by HTTP.
fn targets(job: Node<'_>, auth: Node<'_>, out: &mut Out<'_>) {
    let is_https =
        job.get("scheme").and_then(Node::as_str).is_some_and(|it| it.eq_ignore_ascii_case("https"));
    let groups = ["static_configs", "staticConfigs"].iter().find_map(|name| job.get(name));
    let mut all = groups
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|group| group.get("targets"))
        .flat_map(Node::items)
        .filter(|target| target.text().is_some_and(|text| !text.contains("://") && is_far(text)));
    if let Some(target) = all.next().filter(|_| !is_https) {
        out.report(finding(target, Some(auth)).help("write `scheme: https`"));
    }
}

fn finding(place: Node<'_>, auth: Option<Node<'_>>) -> Finding {
    let finding = PLAIN_HTTP_CREDENTIALS
        .at(place.span(), "credentials are sent here without TLS")
        .label("by plain HTTP")
        .why("whoever stands between can read them")
        .help("use `https://`");
    match auth {
        Some(auth) => finding.related(auth.span(), "the credentials"),
        None => finding,
    }
}

fn is_empty(node: Node<'_>) -> bool {
    node.text() == Some("") || node.kind() == crate::yaml::Kind::Mapping && node.entries().next().is_none()
}

fn is_far_http(url: Node<'_>) -> bool {
    let rest = url.text().and_then(|text| {
        let scheme = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://"))?;
        text.strip_prefix(scheme)
    });
    rest.is_some_and(is_far)
}

/// Whether `host:port/…` is, by its name, neither this machine, nor in the same cluster or network.
fn is_far(text: &str) -> bool {
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    if is_placeholder(authority) {
        return false;
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(ip)) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local()),
        Ok(std::net::IpAddr::V6(ip)) => {
            !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local())
        }
        // A name without dots is one of the same cluster, machine or network.
        Err(_) => {
            host.contains('.')
                && !host.ends_with(".svc")
                && ![".local", ".localhost", ".internal", ".lan", ".home.arpa"]
                    .iter()
                    .any(|end| host.ends_with(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_is_what_is_not_near_by_its_name() {
        for near in [
            "localhost:9090",
            "127.0.0.1",
            "[::1]:80/x",
            "mimir:80",
            "mimir.obs.svc:8080/push",
            "mimir.obs.svc.cluster.local",
            "10.1.2.3:80",
            "${HOST}/x",
            "",
        ] {
            assert!(!is_far(near), "{near}");
        }
        for far in ["metrics.example.com/push", "8.8.8.8:80", "u:p@a.example:80", "[2001:db8::1]:80"] {
            assert!(is_far(far), "{far}");
        }
    }
}
