//! Selectors of Kubernetes service discovery.

use crate::base::text::clip;
use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::k8s::Selector;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::{Section, is_null};
use crate::yaml::Node;
use std::collections::BTreeMap;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/k8s-sd-selectors",
    severity: Severity::Error,
    summary: "a selector that the role of a Kubernetes discovery does not take",
    page: include_str!("../../../../docs/rules/scrape/k8s-sd-selectors.md"),
    opt_in: false,
    check: Check::Section(check),
};

/// For each role, whose selectors it takes.
const ROLES: [(&str, &[&str]); 6] = [
    ("pod", &["pod", "node"]),
    ("service", &["service"]),
    ("endpointslice", &["pod", "service", "endpointslice"]),
    ("endpoints", &["pod", "service", "endpoints"]),
    ("node", &["node"]),
    ("ingress", &["ingress"]),
];

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "discovery/kubernetes.SDConfig" {
        return;
    }
    let role = section.text("role").unwrap_or_default();
    let Some((_, allowed)) = ROLES.iter().find(|(name, _)| *name == role) else { return };
    // Pods can be had by the labels of their nodes since 3.11.
    let allowed: Vec<&str> = allowed
        .iter()
        .copied()
        .filter(|of| (role, *of) != ("pod", "node") || out.options.prometheus >= Version::new(3, 11))
        .collect();
    let mut seen: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    for selector in section.get("selectors").into_iter().flat_map(Node::items) {
        let Some((name, node)) = selector.get("role").and_then(|node| Some((node.text()?, node))) else {
            let place = selector.entries().next().map_or(selector.span(), |entry| entry.key.span());
            let finding = RULE.at(place, "a selector has no `role`").label("whose selector?").why(REFUSED);
            out.report(finding.help(format!("add `role`: one of `{}`", allowed.join("`, `"))));
            continue;
        };
        if !allowed.contains(&name) {
            let message = format!("the role `{role}` takes no selector of `{}`", clip(name, 60));
            let finding = RULE.at(node.span(), message).label("not for this role").why(REFUSED);
            out.report(finding.help(format!("it takes those of `{}`", allowed.join("`, `"))));
        } else if let Some(first) = seen.insert(name, node) {
            let message = format!("there is a selector of `{name}` already");
            let finding = RULE.at(node.span(), message).label("again").related(first.span(), "the first");
            out.report(finding.why(REFUSED).help("join the two by a comma: both must hold"));
        }
        syntax(selector, &RULE, REFUSED, out);
    }
}

/// Findings of `rule` about the terms of a selector.
pub(in crate::lint::rules) fn syntax(selector: Node<'_>, rule: &Rule, why: &'static str, out: &mut Out<'_>) {
    let text = |field| selector.get(field).filter(|node: &Node<'_>| !is_null(*node));
    if let Some(node) = text("field")
        && let Some(term) = node.text().and_then(broken_term)
    {
        let message = format!("`{}` is no field selector", clip(term, 60));
        let finding = rule.at(node.span(), message).label("not understood").why(why);
        out.report(finding.help("write `field=value` or `field!=value`, joined by commas"));
    }
    if let Some(node) = text("label")
        && let Some(Err(fault)) = node.text().map(Selector::parse)
    {
        let span = node.value_map().map_or(node.span(), |map| map.span(fault.span));
        let mut finding = rule.at(span, fault.value.to_string()).label("here").why(why);
        finding.help = fault.value.help();
        out.report(finding);
    }
}

/// The first term that Kubernetes does not read.
fn broken_term(text: &str) -> Option<&str> {
    let mut terms = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms.into_iter().find(|term| !term.is_empty() && !is_term(term))
}

/// A field, `=`, `==` or `!=`, and a value, in which `\`, `,` and `=` are escaped.
fn is_term(term: &str) -> bool {
    let Some(at) = term.find('=') else { return false };
    let value =
        term[at + 1..].strip_prefix('=').filter(|_| !term[..at].ends_with('!')).unwrap_or(&term[at + 1..]);
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if !matches!(chars.next(), Some('\\' | ',' | '=')) => return false,
            ',' | '=' => return false,
            _ => {}
        }
    }
    true
}
