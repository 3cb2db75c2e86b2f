//! Label names that only some programs take.

use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Spelling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{Action, Names, RuleError, variables};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/label-name-scheme",
    severity: Severity::Info,
    summary: "a label name that is more than letters, digits and `_`",
    page: include_str!("../../../../docs/rules/relabel/label-name-scheme.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

/// Whether a rule is refused only because its Prometheus takes no such name, where others do.
pub(super) fn is_of_scheme(err: &RuleError) -> bool {
    let (name, names) = match err {
        RuleError::SourceLabel { label, names } => (label, names),
        RuleError::Target { target, names, .. } => (target, names),
        RuleError::MapReplacement { replacement, names } => (replacement, names),
        _ => return false,
    };
    *names == Names::Legacy && Names::Utf8.valid(name)
}

/// Whether the table of fields has said it: of the source labels in Prometheus's own files, by what the version takes.
pub(super) fn is_said(list: &Relabeling<'_>, err: &RuleError, version: Version) -> bool {
    let RuleError::SourceLabel { label, .. } = err else { return false };
    let refused = label.is_empty() || version < Version::new(3, 0);
    refused && list.spelling == Spelling::File && list.stage != Stage::Unknown
}

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    for entry in &list.entries {
        match &entry.rule {
            Some(Err(err)) if is_of_scheme(err) && !is_said(list, err, out.options.prometheus) => {
                let at = match err {
                    RuleError::SourceLabel { label, .. } => entry.source(label),
                    err => entry.place(err.field()),
                };
                let mut finding = RULE
                    .at(at.span(), err.to_string())
                    .label("not a label's name here")
                    .why(list.refusal())
                    .help("write letters, digits and `_`; names of any characters need Prometheus 3 and `metric_name_validation_scheme: utf8`");
                finding.severity = Severity::Error;
                out.report(finding);
            }
            Some(Ok(rule)) if matches!(list.stage, Stage::Target | Stage::Metric | Stage::Write) => {
                let target = rule.target_label();
                let writes = !matches!(rule.action(), Action::KeepEqual | Action::DropEqual);
                if !writes
                    || target.is_empty()
                    || !variables(target).is_empty()
                    || Names::Legacy.valid(target)
                {
                    continue;
                }
                let Some(node) = entry.get("target_label") else { continue };
                let finding = RULE
                    .at(node.span(), format!("`{target}` must be put into quotes in every query"))
                    .label("more than letters, digits and `_`")
                    .why("Prometheus 3 takes any name; many programs around it do not, or rewrite it")
                    .help(format!("write `{}`", legacy(target)));
                out.report(finding);
            }
            _ => {}
        }
    }
}

fn legacy(name: &str) -> String {
    let head = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    let word = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    head.chars().chain(name.chars().map(word)).collect()
}
