//! Expressions that should put another port behind an address, and do not.

use crate::diagnostic::{Safety, Severity};
use crate::lint::model::{Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::relabel::{self, Action, Labels, Rules};
use crate::yaml::Style;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/port-regex",
    severity: Severity::Warning,
    summary: "an expression for `address;port` that does not replace the port",
    page: include_str!("../../../../docs/rules/relabel/port-regex.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

/// Takes every form of an address, with a port and without.
const GOOD: &str = r"(.+?)(?::\d+)?;(\d+)";

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    if !matches!(list.stage, Stage::Target | Stage::Unknown) {
        return;
    }
    for entry in &list.entries {
        let Some(rule) = entry.valid().filter(|rule| rule.action() == Action::Replace) else { continue };
        let [address, port] = rule.source_labels() else { continue };
        let Some(node) = entry.get("regex") else { continue };
        let same = matches!(entry.replacement(), "$1:$2" | "${1}:${2}" | "$1:${2}" | "${1}:$2");
        if address != "__address__"
            || rule.target_label() != "__address__"
            || !same
            || rule.separator() != ";"
        {
            continue;
        }
        // Only what is meant to put a port behind an address: of an address without one it makes what is expected.
        if run(rule, port, "10.0.0.1").as_deref() != Some("10.0.0.1:9100") {
            continue;
        }
        let wrong = |from: &str, to: &str| run(rule, port, from).filter(|became| became != to);
        let edit = || node.rewrite(GOOD, node.style().unwrap_or(Style::Plain));
        let help = format!("write `{GOOD}`");
        if let Some(became) = wrong("10.0.0.1:8080", "10.0.0.1:9100") {
            let finding = RULE
                .at(
                    node.span(),
                    format!("an address that has a port keeps it: `10.0.0.1:8080` becomes `{became}`"),
                )
                .label("does not take the old port off")
                .why("such an address cannot be scraped");
            out.report(fix(finding.help(help), edit(), Safety::Safe));
        } else if let Some(became) = wrong("[2001:db8::1]:8080", "[2001:db8::1]:9100") {
            let address = "[2001:db8::1]:8080";
            let message = match became == address {
                true => format!("the port of an IPv6 address such as `{address}` is not replaced"),
                false => {
                    format!("the port of an IPv6 address is not replaced: `{address}` becomes `{became}`")
                }
            };
            let mut finding = RULE
                .at(node.span(), message)
                .label("takes no `:` in an address")
                .why("the rule has no effect on such a target");
            finding.severity = Severity::Info;
            out.report(fix(finding.help(help), edit(), Safety::Unsafe));
        }
    }
}

fn fix(
    finding: crate::diagnostic::Finding,
    edit: Option<crate::base::edit::Edit>,
    safety: Safety,
) -> crate::diagnostic::Finding {
    match edit {
        Some(edit) => finding.fix("match any address, with a port or without", safety, vec![edit]),
        None => finding,
    }
}

/// What becomes of an address by the rule, where the port is to be 9100.
fn run(rule: &relabel::Rule, port: &str, address: &str) -> Option<String> {
    let mut labels = Labels::new();
    labels.assign([("__address__", address), (port, "9100")]);
    let outcome = Rules::new(vec![rule.clone()]).apply(&mut labels);
    (outcome == relabel::Outcome::Kept).then(|| labels.get("__address__").to_owned())
}
