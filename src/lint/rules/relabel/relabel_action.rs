//! Relabel rules that Prometheus or the operator refuses, but for their regular expressions and the form of names.

use super::label_name_scheme::{is_of_scheme, is_said};
use crate::base::edit::Edit;
use crate::base::suggest::nearest;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::lint::model::{Entry, Relabeling, Spelling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{Action, RuleError, variables};
use crate::yaml::Value;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/relabel-action",
    severity: Severity::Error,
    summary: "a relabel rule whose action misses a field, or has one that it does not take",
    page: include_str!("../../../../docs/rules/relabel/relabel-action.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for entry in &list.entries {
        let finding = match &entry.rule {
            // The table of fields says so of files and objects, but takes nothing for not written.
            Some(Err(RuleError::UnknownAction { .. }))
                if list.stage != Stage::Unknown
                    && entry.get("action").is_none_or(|node| node.value() != Some(Value::Null)) =>
            {
                None
            }
            Some(Err(err)) if is_said(list, err, out.options.prometheus) => None,
            Some(Err(err)) if !matches!(err, RuleError::Regex(_)) && !is_of_scheme(err) => {
                Some(refused(entry, err))
            }
            Some(Ok(rule)) if list.spelling == Spelling::Object && out.options.prometheus.major < 3 => {
                let template = rule.action() == Action::Replace && !variables(rule.target_label()).is_empty();
                template.then(|| {
                    RULE.at(
                        entry.place("target_label").span(),
                        "the operator takes no variables in `targetLabel`",
                    )
                    .label("not a label's name")
                    .help("write one rule for each label, or use Prometheus 3")
                })
            }
            _ => None,
        };
        if let Some(finding) = finding {
            out.report(finding.why(list.refusal()));
        }
    }
}

fn refused(entry: &Entry<'_>, err: &RuleError) -> Finding {
    let node = match err {
        RuleError::SourceLabel { label, .. } => entry.source(label),
        RuleError::Modulus => entry.place("modulus"),
        err => entry.place(err.field()),
    };
    let label = match err {
        RuleError::UnknownAction { .. } => "no action",
        RuleError::ActionTooNew { .. } => "this action",
        RuleError::SourceLabel { .. } => "no label's name",
        RuleError::Modulus => "no `modulus` above 0",
        RuleError::NoTarget { .. } => "no target label",
        RuleError::Target { .. } => "no label's name",
        RuleError::MapReplacement { .. } => "becomes a label's name",
        RuleError::Forbidden { .. } | RuleError::Regex(_) => "not for this action",
    };
    let finding = RULE.at(node.span(), err.to_string()).label(label);
    match err {
        RuleError::Forbidden { action, field } => {
            let help = format!("remove it: {}", err.why());
            // By the values of labels somebody may have meant to choose; the others say nothing without a use.
            let meant = matches!(*field, "source_labels" | "target_label" | "replacement" | "regex");
            let safety = if meant { Safety::Unsafe } else { Safety::Safe };
            let finding = finding.help(help);
            match entry.node.remove(&entry.spelling.of(field)) {
                Some(edit) => {
                    finding.fix(format!("remove what `{action}` does not take"), safety, vec![edit])
                }
                None => finding,
            }
        }
        RuleError::UnknownAction { action } => {
            let known = nearest(action, Action::ALL.iter().map(|action| action.name()));
            match (known, node.value_map()) {
                (Some(known), Some(map)) => {
                    let span = map.verbatim(crate::base::span::Span::new(0, action.len()));
                    let edits: Vec<Edit> = span.map(|span| Edit::replace(span, known)).into_iter().collect();
                    let finding = finding.help(format!("did you mean `{known}`?"));
                    if edits.is_empty() {
                        finding
                    } else {
                        finding.fix(format!("write `{known}`"), Safety::Unsafe, edits)
                    }
                }
                _ => finding.help(err.help()),
            }
        }
        err => finding.help(err.help()),
    }
}
