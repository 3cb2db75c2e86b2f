//! PrometheusRules that neither a Prometheus nor a ThanosRuler selects.

use super::far::severity;
use super::monitor_not_selected::{of_rule, unselected};
use crate::diagnostic::{Finding, Severity};
use crate::k8s::Kind;
use crate::lint::live;
use crate::lint::model::{Item, Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/rule-not-selected",
    severity: Severity::Warning,
    summary: "a PrometheusRule that no Prometheus selects",
    page: include_str!("../../../../docs/rules/reference/rule-not-selected.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    if out.options.hides(live::RULERS, None) {
        return;
    }
    for item in model.graph.of(Kind::PrometheusRule) {
        let links = model.graph.selected_by(item);
        let Some(link) = unselected(&links) else { continue };
        let Some(severity) = severity(out.options, link.distance() == 1) else { continue };
        out.report_in(item.source, finding(model, item, link, severity));
    }
}

/// The finding of a PrometheusRule that nothing selects, not even by the nearest link.
pub(in crate::lint) fn finding<'w>(
    model: &Model<'w>,
    item: &Item<'w>,
    link: &Link<'_, 'w>,
    severity: Severity,
) -> Finding {
    let why = "its rules are never evaluated and its alerts never fire, without a word";
    let finding = of_rule(&RULE, model, item, link, why, severity);
    match in_a_rule(item, link) {
        Some(label) => finding.related(label.span(), "this is a label of alerts: nothing is selected by it"),
        None => finding,
    }
}

/// The label that is missed, where it was given to a rule and not to the object.
fn in_a_rule<'w>(item: &Item<'w>, link: &Link<'_, 'w>) -> Option<Node<'w>> {
    let groups = item.object.spec()?.get("groups")?.items();
    let rules = groups.flat_map(|group| group.get("rules").into_iter().flat_map(Node::items));
    let labels: Vec<Node<'w>> = rules.filter_map(|rule| rule.get("labels")).collect();
    link.misses.iter().find_map(|miss| {
        let key = miss.requirement.key();
        let fits = |entry: &crate::yaml::Entry<'w>| miss.requirement.matches(entry.value.text());
        labels.iter().filter_map(|labels| labels.entry(key)).find(fits).map(|entry| entry.key)
    })
}
