//! Relabel rules that Prometheus refuses, but for their regular expressions.

use crate::diagnostic::Severity;
use crate::lint::model::{Entry, Relabeling};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::RuleError;
use crate::yaml::{Node, Value};

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
        let Some(Err(err)) = &entry.rule else { continue };
        let Some((node, label, help)) = place(entry, err) else { continue };
        out.report(RULE.at(node.span(), err.to_string()).label(label).why(list.refusal()).help(help));
    }
}

/// Where the fault is, what stands there, and how to mend it; `None` for faults of other rules.
fn place<'w>(entry: &Entry<'w>, err: &RuleError) -> Option<(Node<'w>, &'static str, String)> {
    let at = |name| entry.get(name).unwrap_or(entry.node);
    Some(match err {
        RuleError::Regex(_) => return None,
        // The table of fields has said so of Prometheus's own files, but takes nothing for not written.
        RuleError::UnknownAction { .. } => {
            let node = entry.get("action").filter(|node| node.value() == Some(Value::Null))?;
            (node, "nothing here", "remove `action`, or say which: without it, it is `replace`".into())
        }
        RuleError::ActionTooNew { action, since } => {
            (at("action"), "this action", format!("`{action}` needs Prometheus >= {since}"))
        }
        RuleError::SourceLabel { names, .. } => {
            (at("source_labels"), "a label's name", format!("a label's name is {names}"))
        }
        RuleError::Modulus => {
            (at("action"), "this rule sets no `modulus`", "add `modulus: N`, the number of shards".into())
        }
        RuleError::NoTarget { action } => {
            (at("action"), "this rule sets no target label", format!("say which label `{action}` writes"))
        }
        RuleError::Target { names, .. } => {
            (at("target_label"), "not a label's name", format!("a label's name is {names}"))
        }
        RuleError::MapReplacement { names, .. } => {
            (at("replacement"), "becomes a label's name", format!("a label's name is {names}"))
        }
        RuleError::Forbidden { action, field } => (
            at(field),
            "not for this action",
            format!("remove it: `{action}` goes by `regex` alone, or by the labels it compares"),
        ),
    })
}
