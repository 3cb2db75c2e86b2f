//! Monitors that no Prometheus selects.

use super::far::{severity, with_other};
use super::label;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::{Kind, Namespaces};
use crate::lint::live;
use crate::lint::model::{Item, Link, Model, nearest};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/monitor-not-selected",
    severity: Severity::Warning,
    summary: "a monitor that no Prometheus selects",
    page: include_str!("../../../../docs/rules/reference/monitor-not-selected.md"),
    opt_in: false,
    check: Check::World(check),
};

const KINDS: [Kind; 4] = [Kind::ServiceMonitor, Kind::PodMonitor, Kind::Probe, Kind::ScrapeConfig];

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    if out.options.hides(live::SCRAPERS, None) {
        return;
    }
    for item in KINDS.iter().flat_map(|kind| model.graph.of(*kind)) {
        let links = model.graph.selected_by(item);
        let Some(link) = unselected(&links) else { continue };
        let Some(severity) = severity(out.options, link.distance() == 1) else { continue };
        out.report_in(item.source, finding(model, item, link, severity));
    }
}

/// The nearest link, where none holds. That a Prometheus without a namespace selector stays in its own namespace is
/// said of the Prometheus.
pub(in crate::lint) fn unselected<'l, 'g, 'w>(links: &'l [Link<'g, 'w>]) -> Option<&'l Link<'g, 'w>> {
    let link = nearest(links).filter(|link| !link.holds())?;
    let own = link.misses.is_empty() && matches!(link.outside, Some(Namespaces::Own));
    (!own || link.absent).then_some(link)
}

/// The finding of a monitor that nothing selects, not even by the nearest link.
pub(in crate::lint) fn finding<'w>(
    model: &Model<'w>,
    item: &Item<'w>,
    link: &Link<'_, 'w>,
    severity: Severity,
) -> Finding {
    let why = "it is never scraped, and neither Prometheus nor the operator reports that";
    of_rule(&RULE, model, item, link, why, severity)
}

/// The finding of any object that nothing selects.
pub(super) fn of_rule<'w>(
    rule: &Rule,
    model: &Model<'w>,
    item: &Item<'w>,
    link: &Link<'_, 'w>,
    why: &'static str,
    severity: Severity,
) -> Finding {
    let from = link.from.title();
    let message = format!("no {} selects {}: {}", link.from.object.kind(), item.title(), label::reason(link));
    let mut finding = rule.at(label::place(item, &link.misses), message).why(why);
    finding.severity = severity;
    let wanted = label::wanted(&link.misses).filter(|wanted| !wanted.is_empty() && !link.absent);
    finding.help = Some(match &wanted {
        Some(wanted) => {
            format!("add {} to `metadata.labels`, as {from} asks for", label::listed(wanted))
        }
        None if link.absent => format!("give {from} a `{}`; `{{}}` selects all", link.field),
        None if link.misses.is_empty() => {
            format!("let the `{}` of {from} choose the namespace", link.namespace_field)
        }
        None => format!("change the labels, or the `{}` of {from}", link.field),
    });
    if let Some(wanted) = &wanted
        && let Some(edits) = label::edits(&item.object, wanted)
    {
        finding = finding.fix(format!("add {}", label::listed(wanted)), Safety::Unsafe, edits);
    }
    let asks = link.misses.first().map(|miss| miss.requirement.span());
    let spec = link.from.object.spec();
    let namespaces = || spec.and_then(|spec| Some(spec.get(link.namespace_field)?.span()));
    let span = asks.or_else(namespaces).unwrap_or(super::far::name_span(link.from));
    with_other(finding, model, item.source, link.from, span, "what is asked for")
}
