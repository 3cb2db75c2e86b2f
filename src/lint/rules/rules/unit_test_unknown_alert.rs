//! Unit tests of alerts that there are not.

use std::collections::BTreeSet;

use crate::base::edit::Edit;
use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::diagnostic::{Safety, Severity};
use crate::lint::kind::Kind;
use crate::lint::model::{Document, Model, included};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Node, Style};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/unit-test-unknown-alert",
    severity: Severity::Warning,
    summary: "a unit test of an alert that its rule files do not have",
    page: include_str!("../../../../docs/rules/rules/unit-test-unknown-alert.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in model.documents.iter().filter(|it| it.kind == Kind::RuleTest && !it.held) {
        let Some(known) = alerts(model, document) else { continue };
        let cases = items(document.root, "tests").flat_map(|test| items(test, "alert_rule_test"));
        for node in cases.filter_map(|case| case.get("alertname")) {
            let Some(name) = node.text().filter(|name| !name.is_empty() && !known.contains(name)) else {
                continue;
            };
            let finding = RULE
                .at(node.span(), format!("no rule of the test's files is the alert `{}`", clip(name, 60)))
                .label("no such alert")
                .why("where no alert is expected the test passes, and tests nothing");
            let near = nearest(name, known.iter().copied());
            let finding = match near {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("name an alert of `rule_files`, or add the file that has it"),
            };
            out.report_in(
                document.source,
                match near.filter(|_| node.style() == Some(Style::Plain)) {
                    Some(near) => {
                        let edit = Edit::replace(node.span(), near);
                        finding.fix(format!("write `{near}`"), Safety::Unsafe, vec![edit])
                    }
                    None => finding,
                },
            );
        }
    }
}

fn items<'w>(node: Node<'w>, field: &str) -> impl Iterator<Item = Node<'w>> + use<'w> {
    node.get(field).into_iter().flat_map(Node::items)
}

/// The alerts of the rule files that a test names; `None` where one of them is not in the world, or not whole.
fn alerts<'w>(model: &Model<'w>, test: &Document<'w>) -> Option<BTreeSet<&'w str>> {
    let mut found = BTreeSet::new();
    let patterns: Vec<&str> = test
        .root
        .get("rule_files")
        .into_iter()
        .flat_map(Node::items)
        .map(|it| it.text().unwrap_or(""))
        .collect();
    for pattern in &patterns {
        let mut files = included(&model.documents, test, pattern, Kind::Rules).peekable();
        files.peek()?;
        for file in files {
            if !file.whole {
                return None;
            }
            let rules = file.groups.iter().flat_map(|group| &group.rules);
            found.extend(rules.filter_map(|rule| rule.alert()).map(|alert| alert.text));
        }
    }
    (!patterns.is_empty()).then_some(found)
}
