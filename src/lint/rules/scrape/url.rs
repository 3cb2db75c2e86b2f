//! URLs of what Prometheus connects to.

use crate::diagnostic::{Finding, Severity};
use crate::lint::go_url::{self, GoUrl};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/url",
    severity: Severity::Error,
    summary: "a URL that is missing, or that Prometheus cannot read",
    page: include_str!("../../../../docs/rules/scrape/url.md"),
    opt_in: false,
    check: Check::Section(check),
};

/// Fields of service discovery that hold a URL: the structure, the field, and whether it is for HTTP alone.
const DISCOVERY: [(&str, &str, Asks); 8] = [
    ("discovery/http.SDConfig", "url", Asks::Http),
    ("discovery/puppetdb.SDConfig", "url", Asks::Http),
    ("discovery/eureka.SDConfig", "server", Asks::Host),
    ("discovery/xds.SDConfig", "server", Asks::Host),
    ("discovery/moby.DockerSDConfig", "host", Asks::Url),
    ("discovery/moby.DockerSwarmSDConfig", "host", Asks::Url),
    ("discovery/uyuni.SDConfig", "server", Asks::Url),
    ("discovery/stackit.SDConfig", "endpoint", Asks::Url),
];

/// What a URL must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// Any text that Go reads as a URL.
    Url,
    /// A scheme and a host.
    Host,
    /// The scheme `http` or `https`, and a host.
    Http,
}

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    let remote = ["config.RemoteWriteConfig", "config.RemoteReadConfig"].contains(&section.kind);
    if remote && !section.is_null() && section.get("url").is_none() {
        let place = section.entry("url").map_or(section.place(), |entry| entry.key.span());
        let finding = RULE.at(place, format!("an entry of `{}` has no `url`", section.field));
        out.report(finding.label("has no `url`").why(REFUSED).help("add `url`: where to send to"));
    }
    for (name, node) in section.of_word("url") {
        if let Err(reason) = go_url::parse(node.text().unwrap_or_default()) {
            out.report(unreadable(name, node, reason));
        } else if remote && name == "url" {
            hostless(node, out);
        }
    }
    for (_, name, asks) in DISCOVERY.iter().filter(|(kind, ..)| *kind == section.kind) {
        let Some((node, text)) = section.get(name).and_then(|node| Some((node, section.text(name)?))) else {
            continue;
        };
        let reason = match go_url::parse(text) {
            Err(reason) => Some(reason),
            Ok(url) => lacks(&url, *asks),
        };
        out.found.extend(reason.map(|reason| (out.source, unreadable(name, node, reason))));
    }
}

fn lacks(url: &GoUrl<'_>, asks: Asks) -> Option<&'static str> {
    match asks {
        Asks::Http if !["http", "https"].contains(&url.scheme.as_str()) => {
            Some("the scheme must be `http` or `https`")
        }
        Asks::Host if url.scheme.is_empty() => {
            Some("the scheme is missing; write `http://` or `https://` before it")
        }
        Asks::Http | Asks::Host if url.host.is_empty() => Some("the host is missing"),
        _ => None,
    }
}

fn unreadable(name: &str, node: Node<'_>, reason: &str) -> Finding {
    RULE.at(node.span(), format!("`{name}`: {reason}")).label("no URL that works here").why(REFUSED)
}

/// Prometheus takes it, and no request ever leaves.
fn hostless(node: Node<'_>, out: &mut Out<'_>) {
    let Ok(url) = go_url::parse(node.text().unwrap_or_default()) else { return };
    if let Some(reason) = lacks(&url, Asks::Http) {
        let finding =
            RULE.at(node.span(), format!("`url` leads nowhere: {reason}")).label("no host to send to");
        let finding = finding.why("Prometheus takes the file, and then every request fails");
        out.report(Finding { severity: Severity::Warning, ..finding });
    }
}
