//! Headers that Prometheus sets itself.

use super::needs;
use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/remote-write-header",
    severity: Severity::Error,
    summary: "a header that Prometheus sets itself",
    page: include_str!("../../../../docs/rules/scrape/remote-write-header.md"),
    opt_in: false,
    check: Check::Section(check),
};

const RESERVED: [&str; 17] = [
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
    "authorization",
];

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    let own = ["config.RemoteWriteConfig", "config.RemoteReadConfig", "config.TracingConfig"];
    if own.contains(&section.kind) {
        headers(section, "headers", out);
    }
    if out.options.prometheus >= Version::new(2, 53) && !needs::unchecked(section, out.options.prometheus) {
        headers(section, "http_headers", out);
    }
}

fn headers(section: &Section<'_>, field: &str, out: &mut Out<'_>) {
    for entry in section.get(field).into_iter().flat_map(Node::entries) {
        let name = entry.key.text().unwrap_or_default().to_ascii_lowercase();
        let timeout = field == "http_headers" && name == "x-prometheus-scrape-timeout-seconds";
        if !timeout && !RESERVED.contains(&name.as_str()) {
            continue;
        }
        let help = match (name.as_str(), section.kind) {
            ("authorization", "config.TracingConfig") => {
                "remove it: tracing has no authentication but `tls_config`"
            }
            ("authorization", _) => "use `basic_auth`, `authorization` or `oauth2`",
            _ => "remove it",
        };
        let message = format!("the header `{name}` is reserved");
        out.report(
            RULE.at(entry.key.span(), message).label("set by Prometheus itself").why(REFUSED).help(help),
        );
    }
}
