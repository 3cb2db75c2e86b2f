//! Label selectors that Kubernetes takes and the operator refuses.

use crate::diagnostic::Severity;
use crate::k8s::{Fault, Field, Kind, Object, Placed, Selector};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/invalid-selector",
    severity: Severity::Error,
    summary: "a label selector that the operator refuses",
    page: include_str!("../../../../docs/rules/operator/invalid-selector.md"),
    opt_in: false,
    check: Check::Object(check),
};

const MONITOR: &str = "the operator leaves the whole object out, and says so in an Event only";
const SELECTING: &str =
    "the operator stops there: what this object configures is no longer brought up to date";

fn check(object: &Object<'_>, out: &mut Out<'_>) {
    if let Kind::ServiceMonitor | Kind::PodMonitor = object.kind() {
        let selector = object.spec().and_then(|spec| spec.get("selector"));
        let selector = selector.filter(|node: &Node<'_>| node.value() != Some(Value::Null));
        let faults = selector.map(|node| Selector::read(node).faults).unwrap_or_default();
        report(faults, MONITOR, out);
    }
    for field in Field::of(object.kind()) {
        report(field.read(object).faults, SELECTING, out);
    }
}

fn report(faults: Vec<Placed<Fault>>, why: &'static str, out: &mut Out<'_>) {
    for Placed { value: fault, span } in faults {
        // Of fields and types the schema has spoken.
        if matches!(fault, Fault::Type { .. } | Fault::UnknownField { .. } | Fault::Missing(_)) {
            continue;
        }
        let mut finding = RULE.at(span, fault.to_string()).why(why);
        finding.help = fault.help();
        out.report(finding);
    }
}
