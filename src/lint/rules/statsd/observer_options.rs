//! Options of histograms and summaries.

use super::{FILE, Mapping, PANICS, REFUSED, mappings};
use crate::diagnostic::{Finding, Severity};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;
use crate::yaml::{Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/observer-options",
    severity: Severity::Error,
    summary: "options of a histogram or summary that are not taken, or are for the other",
    page: include_str!("../../../../docs/rules/statsd/observer-options.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    for mapping in mappings(section) {
        if let Some(finding) = other(&mapping) {
            out.report(finding);
        }
        values(mapping.get("histogram_options"), mapping.get("summary_options"), out);
    }
    if let Some(defaults) = section.get("defaults").filter(|_| section.kind == FILE) {
        values(defaults.get("histogram_options"), defaults.get("summary_options"), out);
    }
}

/// Options of a summary beside a histogram, or the other way round.
fn other(mapping: &Mapping<'_>) -> Option<Finding> {
    let (options, kind, meant) = match mapping.is_histogram() {
        true => ("summary_options", "histogram", "summary"),
        false => ("histogram_options", "summary", "histogram"),
    };
    let key = mapping.node.entry(options).filter(|_| mapping.get(options).is_some())?.key.span();
    // By default it is a summary, which statsd_exporter only says when an event arrives.
    let said = mapping.inherited("observer_type");
    let mut finding = RULE.at(key, format!("`{options}` of a {kind}"));
    if said.is_none() {
        finding.severity = Severity::Warning;
        finding =
            finding.why("without `observer_type` observations become a summary, and these are for nothing");
    } else {
        finding = finding.why(REFUSED);
    }
    Some(
        finding.label(format!("for a {meant}")).help(format!("add `observer_type: {meant}`, or remove them")),
    )
}

/// Numbers that the library of metrics panics on.
fn values(histogram: Option<Node<'_>>, summary: Option<Node<'_>>, out: &mut Out<'_>) {
    let mut report = |node: Node<'_>, message: &str, label: &str, why: &'static str, help: &'static str| {
        let mut finding =
            RULE.at(node.span(), message.to_owned()).label(label.to_owned()).why(why).help(help);
        finding.severity = Severity::Warning;
        out.report(finding);
    };
    let buckets = histogram.and_then(|it| it.get("buckets"));
    let bounds: Vec<(Node<'_>, f64)> =
        buckets.into_iter().flat_map(Node::items).filter_map(|node| Some((node, number(node)?))).collect();
    if let Some(pair) = bounds.windows(2).find(|pair| pair[0].1 >= pair[1].1) {
        let message = "bounds of buckets do not go up";
        report(
            pair[1].0,
            message,
            "not above the one before",
            PANICS,
            "sort them, and leave out repeated ones",
        );
    }
    let age = summary.and_then(|it| it.get("max_age"));
    if let Some(node) = age.filter(|node| node.text().is_some_and(|text| text.starts_with('-'))) {
        report(node, "an age below zero", "negative", PANICS, "write how long observations count: `10m`");
    }
    let quantiles = summary.and_then(|it| it.get("quantiles")).into_iter().flat_map(Node::items);
    for node in quantiles.filter_map(|it| it.get("quantile")) {
        if number(node).is_some_and(|rank| !(0.0..=1.0).contains(&rank)) {
            let why = "no sample of the summary is ever shown";
            report(
                node,
                "a quantile that is not between 0 and 1",
                "no such rank",
                why,
                "the 99th percentile is `0.99`",
            );
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Go reads it so")]
fn number(node: Node<'_>) -> Option<f64> {
    match node.value()? {
        Value::Int(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        _ => None,
    }
}
