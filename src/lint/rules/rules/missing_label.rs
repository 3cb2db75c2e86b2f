//! Templates that ask for a label which the expression has taken away.

use std::collections::BTreeSet;

use super::label_set::LabelSet;
use crate::base::text::{clip, escape};
use crate::diagnostic::Severity;
use crate::lint::model::PromRule;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::template::{self, What};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/missing-label",
    severity: Severity::Warning,
    summary: "a template that asks for a label which the expression does not leave",
    page: include_str!("../../../../docs/rules/rules/missing-label.md"),
    opt_in: false,
    check: Check::PromRule(check),
};

fn check(rule: &PromRule<'_>, out: &mut Out<'_>) {
    let (Some(_), Some(expr)) = (rule.alert(), &rule.expr) else { return };
    let Some(tree) = expr.parsed.expr.as_ref().filter(|_| expr.parsed.errors.is_empty()) else { return };
    let labels = LabelSet::of(tree);
    let mut told = BTreeSet::new();
    for entry in rule.pairs("labels").chain(rule.pairs("annotations")) {
        let (Some(text), Some(map)) = (entry.value.text(), entry.value.value_map()) else { continue };
        for it in template::parse(text, out.options.prometheus).uses {
            let What::Label(label) = it.what else { continue };
            // An expanded label cannot see another one that the rule sets, only what the expression gives.
            if label == "__name__" || labels.may_have(&label) || !told.insert(label.clone()) {
                continue;
            }
            let shown = escape(&clip(&label, 40)).into_owned();
            out.report(
                RULE.at(map.span(it.span), format!("the expression leaves no label `{shown}`"))
                    .label("always empty")
                    .related(expr.place(tree.span), format!("has no `{shown}`"))
                    .why("the text has a hole where the label belongs, and nobody learns which one it is about")
                    .help(format!("keep it in the aggregation, such as `by ({shown})`, or leave it out of the text")),
            );
        }
    }
}
