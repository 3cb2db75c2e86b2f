//! Replacements that name groups which the expression does not have.

use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::lint::model::{Entry, Relabeling};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{self, Action, variables};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/group-reference",
    severity: Severity::Warning,
    summary: "a replacement that names a group which the expression does not have",
    page: include_str!("../../../../docs/rules/relabel/group-reference.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for entry in &list.entries {
        let Some(rule) = entry.valid() else { continue };
        let fields: &[&'static str] = match rule.action() {
            Action::Replace => &["replacement", "target_label"],
            Action::LabelMap => &["replacement"],
            _ => continue,
        };
        for field in fields {
            match entry.get(field).filter(|_| entry.text(field).is_some()) {
                Some(node) => written(rule, node).into_iter().for_each(|finding| out.report(finding)),
                None if *field == "replacement" => {
                    default(rule, entry).into_iter().for_each(|finding| out.report(finding))
                }
                None => {}
            }
        }
    }
}

/// The default `$1`, of an expression without groups.
fn default(rule: &relabel::Rule, entry: &Entry<'_>) -> Option<Finding> {
    if rule.regex().groups() > 0 {
        return None;
    }
    let regex = entry.get("regex")?;
    let why = match rule.action() {
        Action::LabelMap => "what matches is copied to a label without a name".to_owned(),
        _ => format!("where it matches, `{}` is removed", rule.target_label()),
    };
    let help = match rule.action() {
        Action::LabelMap => "put what the new name shall have into parentheses",
        _ => {
            "put what is to be written into parentheses, or say it in `replacement` (`\"\"` to remove the label)"
        }
    };
    let finding = RULE.at(regex.span(), "the expression has no group for the default replacement, `$1`");
    Some(finding.label("no parentheses").why(why).help(help))
}

fn written(rule: &relabel::Rule, node: Node<'_>) -> Vec<Finding> {
    let (Some(text), Some(map)) = (node.text(), node.value_map()) else { return Vec::new() };
    let regex = rule.regex();
    let has = |index: usize| index <= regex.groups();
    let mut found = Vec::new();
    let mut report = |span: Span, message: String, why: &'static str, meant: Option<String>| {
        let finding = RULE.at(map.span(span), message).label("this is read as one name").why(why);
        let edit = |meant: &String| Some(Edit::replace(map.verbatim(span)?, meant.clone()));
        found.push(match (meant.as_ref().and_then(edit), meant) {
            (Some(edit), Some(meant)) => finding.help(format!("write `{meant}`")).fix(
                format!("write `{meant}`"),
                Safety::Safe,
                vec![edit],
            ),
            (None, Some(meant)) => finding.help(format!("write `{meant}`")),
            _ => finding.help(match regex.groups() {
                0 => "put what is meant into parentheses in `regex`".to_owned(),
                1 => "the expression has one group, `$1`".to_owned(),
                many => format!("the expression has {many} groups, `$1` to `${many}`"),
            }),
        });
    };
    let empty = "a group that is not there is empty, and Prometheus does not say so";
    for (span, name) in variables(text) {
        let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = name.split_at(digits);
        let index: Option<usize> = number.parse().ok().filter(|_| number == "0" || !number.starts_with('0'));
        let named = (1..=regex.groups()).any(|index| regex.name_of(index) == Some(name));
        match index {
            Some(index) if rest.is_empty() && !has(index) => {
                report(span, format!("the expression has no group {index}"), empty, None);
            }
            Some(_) if rest.is_empty() => {}
            _ if named => {}
            // `$1_total`; in braces it would be a name on purpose.
            Some(index) if has(index) && !text[span.start..].starts_with("${") => {
                let message = format!("`{}` is the group named `{name}`, which is not there", span.of(text));
                report(span, message, empty, Some(format!("${{{number}}}{rest}")));
            }
            _ => report(span, format!("the expression has no group named `{name}`"), empty, None),
        }
    }
    for (at, _) in text.match_indices('\\') {
        let Some(digit) = text[at + 1..].chars().next().and_then(|c| c.to_digit(10)) else { continue };
        if (1..=regex.groups()).contains(&(digit as usize)) {
            let span = Span::new(at, at + 2);
            let why = "groups are named with `$` here; a backslash is text like any other";
            report(span, format!("`\\{digit}` is no group"), why, Some(format!("${{{digit}}}")));
        }
    }
    found
}
