//! Templates of alerts that Go does not parse, or that fail when the alert fires.

use crate::base::edit::Edit;
use crate::base::suggest::nearest;
use crate::base::text::{clip, escape};
use crate::diagnostic::{Finding, Safety, Severity};
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::template::{self, FIELDS, What};
use crate::yaml::Entry;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/template",
    severity: Severity::Error,
    summary: "a template of a label or annotation that Prometheus cannot read",
    page: include_str!("../../../../docs/rules/rules/template.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    if rule.alert().is_none() {
        return; // what a recording rule sets is taken as it stands
    }
    for entry in rule.pairs("labels").chain(rule.pairs("annotations")) {
        for finding in one(rule, entry, out) {
            out.report(finding);
        }
    }
}

fn one(rule: &PromRule<'_>, entry: Entry<'_>, out: &Out<'_>) -> Vec<Finding> {
    let (Some(text), Some(map)) = (entry.value.text(), entry.value.value_map()) else { return Vec::new() };
    let template = template::parse(text, out.options.prometheus);
    let mut findings = Vec::new();
    for fault in template.faults {
        let mut finding = RULE.at(map.span(fault.span), fault.message).label("here").why(rule.refusal());
        finding.help = fault.help;
        if let (Some(instead), Some(span)) = (fault.instead, map.verbatim(fault.span)) {
            let title = format!("write `{instead}`");
            finding = finding.fix(title, Safety::Unsafe, vec![Edit::replace(span, instead)]);
        }
        findings.push(finding);
    }
    for it in template.uses {
        let What::Field(name) = it.what else { continue };
        let shown = escape(&clip(&name, 40)).into_owned();
        let message = format!("templates of rules have no `.{shown}`");
        let mut finding = RULE
            .at(map.span(it.span), message)
            .label("no such field")
            .why("the text of every such alert is `<error expanding template: …>`");
        finding.severity = Severity::Warning;
        finding.help = Some(match nearest(&name, FIELDS.into_iter()) {
            Some(near) => format!("did you mean `.{near}`?"),
            None => "there are `.Labels`, `.ExternalLabels`, `.ExternalURL` and `.Value`".to_owned(),
        });
        findings.push(finding);
    }
    findings
}
