//! A Prometheus without a namespace selector, which stays in its own namespace, though what it selects is elsewhere.

use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::{Field, Namespaces};
use crate::lint::live;
use crate::lint::model::{Item, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::reference::{before_first, name_span, severity, with_other};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/nil-vs-empty-selector",
    severity: Severity::Warning,
    summary: "no namespace selector, which is the own namespace, where `{}` for all was meant",
    page: include_str!("../../../../docs/rules/operator/nil-vs-empty-selector.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    if out.options.hides(live::SELECTING, None) {
        return;
    }
    for selecting in model.graph.items() {
        for field in Field::of(selecting.object.kind()) {
            let Some(left_out) = left_out(model, selecting, field) else { continue };
            let Some(severity) = severity(out.options, true) else { continue };
            if let Some(finding) = finding(model, selecting, field, left_out, severity) {
                out.report_in(selecting.source, finding);
            }
        }
    }
}

/// An object that has the labels, is in another namespace, and is selected by nothing else.
fn left_out<'g, 'w>(model: &'g Model<'w>, selecting: &Item<'w>, field: &Field) -> Option<&'g Item<'w>> {
    model.graph.of(field.kind).find(|item| {
        let only_namespace = model.graph.between(selecting, item).next().is_some_and(|link| {
            !link.absent && link.misses.is_empty() && matches!(link.outside, Some(Namespaces::Own))
        });
        only_namespace && !model.graph.is_selected(item)
    })
}

/// The finding that `selecting` leaves an object out because it has no namespace selector.
pub(in crate::lint) fn finding<'w>(
    model: &Model<'w>,
    selecting: &Item<'w>,
    field: &Field,
    left_out: &Item<'w>,
    severity: Severity,
) -> Option<Finding> {
    let entry = selecting.object.spec()?.entry(field.objects)?;
    let message = format!(
        "without `{}`, `{}` looks into its own namespace alone: {} is left out",
        field.namespaces,
        field.objects,
        left_out.title()
    );
    let mut finding = RULE
        .at(entry.key.span(), message)
        .label(format!("no `{}` beside it", field.namespaces))
        .why(
            "an absent namespace selector is the namespace of the object; an empty one, `{}`, is all of them",
        )
        .help(format!("add `{}: {{}}`, or labels of the namespaces that are meant", field.namespaces));
    finding.severity = severity;
    if let Some(spec) = selecting.object.spec().filter(|spec| spec.entry(field.namespaces).is_none())
        && let Some(edit) = before_first(spec, &[format!("{}: {{}}", field.namespaces)])
    {
        finding = finding.fix("look into all namespaces", Safety::Unsafe, vec![edit]);
    }
    let other = name_span(left_out);
    Some(with_other(finding, model, selecting.source, left_out, other, "what is left out"))
}
