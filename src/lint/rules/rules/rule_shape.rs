//! Rules and groups that miss a field, or have one that they do not take.

use std::collections::BTreeMap;

use crate::base::name::{is_label_name, is_metric_name};
use crate::base::text::{clip, escape};
use crate::base::version::Version;
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Document, Group, Model, PromRule, Spelling, refusal};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Entry, Kind, Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/rule-shape",
    severity: Severity::Error,
    summary: "a rule or group that misses a field, or has one that it does not take",
    page: include_str!("../../../../docs/rules/rules/rule-shape.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let version = out.options.prometheus;
    for document in &model.documents {
        let mut findings = Vec::new();
        groups(document, version, &mut findings);
        findings.into_iter().for_each(|finding| out.report_in(document.source, finding));
    }
}

fn groups(document: &Document<'_>, version: Version, findings: &mut Vec<Finding>) {
    let mut names: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    let is_file = document.objects.is_empty();
    let why = refusal(if is_file { Spelling::File } else { Spelling::Object });
    for group in &document.groups {
        // The fields of objects are checked against their schema, which says this of groups too.
        if is_file && is_struct(group.node) && document.whole {
            group_name(group, &mut names, findings);
        }
        for entry in group.node.get("labels").into_iter().flat_map(Node::entries) {
            findings.extend(label_name(entry, version, "label").map(|finding| finding.why(why)));
        }
        for rule in group.rules.iter().filter(|rule| is_struct(rule.node)) {
            if document.whole {
                missing(rule, is_file, findings);
            }
            surplus(rule, findings);
            names_of(rule, version, findings);
        }
    }
}

/// Whether Go reads the node as a structure: null is one with no field.
fn is_struct(node: Node<'_>) -> bool {
    node.kind() == Kind::Mapping || node.value() == Some(Value::Null)
}

fn group_name<'w>(group: &Group<'w>, names: &mut BTreeMap<&'w str, Node<'w>>, findings: &mut Vec<Finding>) {
    let entry = group.node.entry("name");
    let place = entry.map_or(first_key(group.node), |entry| entry.value);
    let Some(name) = entry.map_or(Some(""), |entry| text(entry.value)) else { return };
    let why = refusal(Spelling::File);
    if name.is_empty() {
        let finding = RULE.at(place.span(), "a group has no name").label("no name").why(why);
        findings.push(finding.help("add `name:`: it is what the group is called in metrics and in the UI"));
    } else if let Some(first) = names.get(name) {
        let message = format!("the group `{}` stands twice in this file", shown(name));
        let finding = RULE.at(place.span(), message).label("again").related(first.span(), "the first");
        findings.push(finding.why(why).help("give one of them another name, or put the rules together"));
    } else {
        names.insert(name, place);
    }
}

fn missing(rule: &PromRule<'_>, is_file: bool, findings: &mut Vec<Finding>) {
    let has = |field: &str| rule.node.entry(field).is_some();
    let place = first_key(rule.node).span();
    // A name of another shape is another finding.
    let named = rule.alert().is_some() || rule.record().is_some();
    let unreadable = ["alert", "record"]
        .iter()
        .any(|field| rule.node.get(field).is_some_and(|node| node.kind() != Kind::Scalar));
    if !named && !unreadable {
        let finding =
            RULE.at(place, "a rule has neither `alert` nor `record`").label("this rule").why(rule.refusal());
        findings.push(finding.help("add `alert: NAME` for an alert, `record: NAME` for a recording rule"));
    }
    let empty = rule.node.get("expr").is_none_or(|node| text(node) == Some(""));
    if empty && (is_file || has("expr")) {
        let place = rule.node.get("expr").map_or(place, Node::span);
        let name =
            rule.alert().or(rule.record()).map_or("a rule".to_owned(), |it| format!("`{}`", shown(it.text)));
        let finding =
            RULE.at(place, format!("{name} has no expression")).label("no `expr`").why(rule.refusal());
        findings.push(finding.help("add `expr:`"));
    }
}

fn surplus(rule: &PromRule<'_>, findings: &mut Vec<Finding>) {
    let Some(record) = rule.record() else { return };
    if let Some(alert) = rule.alert() {
        let finding =
            RULE.at(alert.key.span(), "a rule has both `alert` and `record`").label("a second name");
        findings.push(
            finding
                .related(record.key.span(), "the first name")
                .why(rule.refusal())
                .help("make two rules of it: the alert can ask for the recorded series"),
        );
        return; // the other fields tell which of the two is meant
    }
    let waits = |field| rule.duration(field).is_some_and(|(_, wait)| !wait.is_zero());
    let annotated = rule.pairs("annotations").next().is_some();
    for (field, there) in
        [("for", waits("for")), ("keep_firing_for", waits("keep_firing_for")), ("annotations", annotated)]
    {
        let Some(entry) = rule.node.entry(field).filter(|_| there) else { continue };
        let message = format!("a recording rule takes no `{field}`");
        let finding = RULE.at(entry.key.span(), message).label("only for alerts").why(rule.refusal());
        findings.push(finding.related(record.key.span(), "a recording rule").help("remove it"));
    }
}

fn names_of(rule: &PromRule<'_>, version: Version, findings: &mut Vec<Finding>) {
    for (field, what) in [("labels", "label"), ("annotations", "annotation")] {
        for entry in rule.pairs(field) {
            findings.extend(label_name(entry, version, what).map(|finding| finding.why(rule.refusal())));
        }
    }
}

/// What is wrong with the name of a label or annotation.
fn label_name(entry: Entry<'_>, version: Version, what: &str) -> Option<Finding> {
    let name = entry.key.text()?;
    if name == "__name__" && what == "label" {
        let finding =
            RULE.at(entry.key.span(), "the label `__name__` cannot be set").label("the metric name");
        return Some(finding.help("the name of the series is what stands at `record`"));
    }
    if is_valid(name, version, is_label_name) {
        return None;
    }
    let of = if what == "label" { "a label" } else { "an annotation" };
    let message = match name {
        "" => format!("{of} has an empty name"),
        _ => format!("`{}` is no name of {of}", shown(name)),
    };
    let help =
        "a name has letters, digits and `_`, and begins with no digit; only 3.0 and later take other letters";
    Some(RULE.at(entry.key.span(), message).label("not a name").help(help))
}

/// Whether a name is valid: since 3.0 any UTF-8 is that is not empty.
pub(super) fn is_valid(name: &str, version: Version, classic: fn(&str) -> bool) -> bool {
    if version < Version::new(3, 0) { classic(name) } else { !name.is_empty() }
}

/// Whether the name of a recording rule is valid, apart from its braces.
pub(super) fn is_record_name(name: &str, version: Version) -> bool {
    is_valid(name, version, is_metric_name)
}

/// The text of a scalar as Go reads it into a string.
fn text(node: Node<'_>) -> Option<&str> {
    match node.value() {
        Some(Value::Null) => Some(""),
        _ => node.text(),
    }
}

fn first_key(node: Node<'_>) -> Node<'_> {
    node.entries().next().map_or(node, |entry| entry.key)
}

fn shown(name: &str) -> String {
    escape(&clip(name, 60)).into_owned()
}
