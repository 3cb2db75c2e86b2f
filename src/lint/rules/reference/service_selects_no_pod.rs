//! Services whose selector fits the labels of no pods.

use super::unmatched::{self, Words};
use crate::diagnostic::{Finding, Severity};
use crate::k8s::Kind;
use crate::lint::live;
use crate::lint::model::{Item, Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/service-selects-no-pod",
    severity: Severity::Warning,
    summary: "a Service that selects no pods",
    page: include_str!("../../../../docs/rules/reference/service-selects-no-pod.md"),
    opt_in: false,
    check: Check::World(check),
};

const WORDS: Words = Words {
    what: "pod",
    kinds: live::PODS,
    why: "it has no endpoints: nothing behind it is reached, and nothing is scraped",
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for service in model.graph.of(Kind::Service) {
        let external = service.object.spec().and_then(|spec| spec.get("type")?.as_str());
        if external == Some("ExternalName") {
            continue;
        }
        let links = model.graph.pods_of(service);
        // A Service has no namespaces to choose: pods elsewhere are no candidates.
        let here: Vec<_> = links.into_iter().filter(|link| link.outside.is_none()).collect();
        unmatched::check(&RULE, &WORDS, model, service, &here, None, out);
    }
}

/// The finding of a Service that does not even select the pods of the nearest link.
pub(in crate::lint) fn finding<'w>(
    model: &Model<'w>,
    service: &Item<'w>,
    link: &Link<'_, 'w>,
    severity: Severity,
) -> Finding {
    unmatched::finding(&RULE, &WORDS, model, service, unmatched::by_labels(link), severity)
}
