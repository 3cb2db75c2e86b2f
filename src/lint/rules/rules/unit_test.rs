//! Unit tests of rules that promtool cannot read.

use std::collections::BTreeMap;

use crate::base::span::Span;
use crate::base::text::clip;
use crate::diagnostic::{Finding, Severity};
use crate::lint::kind::Kind;
use crate::lint::model::Model;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{Error, ParseOptions, parse, series};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/unit-test",
    severity: Severity::Error,
    summary: "a unit test of rules with a series, a value or an expression that promtool does not read",
    page: include_str!("../../../../docs/rules/rules/unit-test.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let options = ParseOptions { version: out.options.prometheus, features: out.options.features };
    for document in model.documents.iter().filter(|document| document.kind == Kind::RuleTest) {
        let mut findings = Vec::new();
        order(document.root, &mut findings);
        for test in items(document.root, "tests") {
            one(test, &options, document.whole, &mut findings);
        }
        findings.into_iter().for_each(|finding| out.report_in(document.source, finding));
    }
}

fn items<'w>(node: Node<'w>, field: &str) -> impl Iterator<Item = Node<'w>> {
    node.get(field).into_iter().flat_map(Node::items)
}

/// Groups that are evaluated twice.
fn order(root: Node<'_>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    for node in items(root, "group_eval_order") {
        let Some(name) = node.text() else { continue };
        if let Some(first) = seen.insert(name, node) {
            let finding =
                RULE.at(node.span(), format!("the group `{}` has its place already", clip(name, 60)));
            let finding = finding.label("again").related(first.span(), "the first");
            findings.push(finding.why("promtool fails the whole file").help("name each group once"));
        }
    }
}

fn one(test: Node<'_>, options: &ParseOptions, whole: bool, findings: &mut Vec<Finding>) {
    for input in items(test, "input_series") {
        findings.extend(read(input.get("series"), |text| series::series(text, options).err()));
        findings.extend(read(input.get("values"), |text| series::values(text, options).err()));
    }
    for case in items(test, "alert_rule_test") {
        let name = case.get("alertname");
        if whole && name.is_none_or(|name| name.text().is_some_and(str::is_empty)) {
            let place = name.unwrap_or_else(|| case.entries().next().map_or(case, |entry| entry.key));
            let finding = RULE.at(place.span(), "an expected alert has no `alertname`").label("no name");
            findings.push(finding.why("promtool fails the whole file").help("add `alertname:`"));
        }
    }
    for case in items(test, "promql_expr_test") {
        findings.extend(read(case.get("expr"), |text| parse(text, options).errors.into_iter().next()));
        for sample in items(case, "exp_samples") {
            findings.extend(read(sample.get("labels"), |text| series::sample_labels(text, options).err()));
        }
    }
}

/// What is wrong with the text of a field.
fn read(node: Option<Node<'_>>, parse: impl Fn(&str) -> Option<Error>) -> Option<Finding> {
    let node = node?;
    let err = parse(node.text()?)?;
    let map = node.value_map()?;
    let span = map.span(Span::new(err.span.start, err.span.end));
    let mut finding = RULE.at(span, err.message).label("here").why("promtool fails the whole file");
    finding.help = err.help;
    Some(finding)
}
