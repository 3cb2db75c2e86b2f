//! Monitors whose Services or pods are all in namespaces that they do not look at.

use super::far::{severity, with_other};
use super::label::before_first;
use super::unmatched::broken;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::{Kind, Namespaces};
use crate::lint::live;
use crate::lint::model::{Item, Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/namespace-not-covered",
    severity: Severity::Warning,
    summary: "a monitor whose Services or pods are in a namespace that it does not look at",
    page: include_str!("../../../../docs/rules/reference/namespace-not-covered.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for monitor in model.graph.of(Kind::ServiceMonitor) {
        report(model, monitor, &[Kind::Service], &model.graph.services_of(monitor), out);
    }
    for monitor in model.graph.of(Kind::PodMonitor) {
        report(model, monitor, live::PODS, &model.graph.pods_of(monitor), out);
    }
}

fn report<'w>(
    model: &Model<'w>,
    monitor: &Item<'w>,
    looked_for: &[Kind],
    links: &[Link<'_, 'w>],
    out: &mut Out<'_>,
) {
    let hidden = out.options.hides(looked_for, monitor.looks_into().as_deref());
    if hidden || broken(links, out.options).is_none() {
        return;
    }
    let (Some(link), Some(severity)) = (meant(links), severity(out.options, true)) else { return };
    if let Some(finding) = finding(model, monitor, link, severity) {
        out.report_in(monitor.source, finding);
    }
}

/// The link that has all labels right. An empty selector fits everything everywhere, so it is no sign that anything was
/// meant.
pub(in crate::lint) fn meant<'l, 'g, 'w>(links: &'l [Link<'g, 'w>]) -> Option<&'l Link<'g, 'w>> {
    links.iter().find(|link| link.misses.is_empty() && link.asked > 0)
}

/// The finding of a monitor that does not look into the namespace where the link leads.
pub(in crate::lint) fn finding<'w>(
    model: &Model<'w>,
    monitor: &Item<'w>,
    link: &Link<'_, 'w>,
    severity: Severity,
) -> Option<Finding> {
    let (namespace, spec) = (link.to.namespace()?, monitor.object.spec()?);
    let selector = spec.get("namespaceSelector");
    let span = selector.map(|node| node.span()).or(monitor.object.namespace().map(|it| it.span));
    let looks = match link.outside {
        Some(Namespaces::Named(names)) => format!("`{}`", names.join("`, `")),
        _ => "its own namespace alone".to_owned(),
    };
    let message = format!(
        "{} looks for {} in {looks}, and what it selects is in `{namespace}`",
        monitor.title(),
        if monitor.object.kind() == Kind::PodMonitor { "pods" } else { "Services" },
    );
    let mut finding = RULE
        .at(span.unwrap_or(super::far::name_span(monitor)), message)
        .label(format!("not `{namespace}`"))
        .why("nothing is scraped, and neither Prometheus nor the operator reports that")
        .help(format!("list the namespace: `namespaceSelector: {{matchNames: [{namespace}]}}`"));
    finding.severity = severity;
    if selector.is_none()
        && let Some(edit) = before_first(spec, &[format!("namespaceSelector: {{matchNames: [{namespace}]}}")])
    {
        finding = finding.fix(format!("look at namespace `{namespace}`"), Safety::Unsafe, vec![edit]);
    }
    let other = super::far::name_span(link.to);
    Some(with_other(finding, model, monitor.source, link.to, other, "what it selects"))
}
