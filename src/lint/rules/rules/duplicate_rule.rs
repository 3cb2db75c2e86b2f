//! Rules that make the same series, or the same alerts, as another.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::text::{clip, escape};
use crate::diagnostic::Severity;
use crate::lint::model::{Document, Model, PromRule};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::promql::{Expr, ExprKind, Grouping, MatchOp, Matcher, uses};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "rules/duplicate-rule",
    severity: Severity::Warning,
    summary: "a rule that makes the same series, or the same alerts, as another",
    page: include_str!("../../../../docs/rules/rules/duplicate-rule.md"),
    opt_in: false,
    check: Check::World(check),
};

/// What two rules must share to be in each other's way: where they are loaded, what they are called, their labels.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Identity<'w> {
    place: Place<'w>,
    alert: bool,
    name: &'w str,
    labels: BTreeMap<&'w str, &'w str>,
}

/// Rules of one folder, and those of the objects of one namespace, are taken to be loaded together; what stands in a
/// ConfigMap or Helm values is by itself.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place<'w> {
    Folder(Option<&'w Path>),
    Held { source: usize },
    Namespace(&'w str),
}

struct First<'m, 'w> {
    source: usize,
    file: &'w str,
    rule: Node<'w>,
    group: &'w str,
    expr: String,
    parsed: Option<&'m Expr>,
}

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let mut seen: BTreeMap<Identity<'_>, First<'_, '_>> = BTreeMap::new();
    for document in &model.documents {
        for rule in document.groups.iter().flat_map(|group| &group.rules) {
            let Some((identity, name)) = identity(document, rule) else { continue };
            let expr = rule.expr.as_ref().map(canonical).unwrap_or_default();
            let group = rule.group.get("name").and_then(Node::text).unwrap_or_default();
            let parsed = rule.expr.as_ref().and_then(|expr| expr.parsed.expr.as_ref());
            match seen.get(&identity) {
                Some(first) if are_parts(first.parsed, parsed) => {}
                Some(first) => report(first, document, &identity, name, &expr, out),
                None => {
                    let first = First {
                        source: document.source,
                        file: document.name,
                        rule: name,
                        group,
                        expr,
                        parsed,
                    };
                    seen.insert(identity, first);
                }
            }
        }
    }
}

/// Whether two expressions are about parts of the same series, told apart by the values of a label that the result keeps:
/// `sum by (code) (x{code=~"2.."})` and the same of `4..`.
fn are_parts(one: Option<&Expr>, other: Option<&Expr>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let (of_one, of_other) = (uses(one).selectors, uses(other).selectors);
    let ([first], [second]) = (of_one.as_slice(), of_other.as_slice()) else { return false };
    let chosen = |matcher: &&Matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Matches);
    first.selector.matchers.iter().filter(chosen).any(|matcher| {
        let name = matcher.name.text.as_str();
        let mut others = second.selector.matchers.iter().filter(chosen);
        let differs = others.any(|it| it.name.text == name && it.value.text != matcher.value.text);
        differs && keeps(one, name) && keeps(other, name)
    })
}

/// Whether no aggregation takes the label away.
fn keeps(expr: &Expr, label: &str) -> bool {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if let ExprKind::Aggregate(aggregate) = &expr.kind {
            let named = |grouping: &Grouping| grouping.labels.iter().any(|name| name.text == label);
            if aggregate.grouping.as_ref().is_none_or(|grouping| named(grouping) == grouping.without) {
                return false;
            }
        }
        open.extend(expr.children());
    }
    true
}

fn canonical(expr: &crate::lint::model::Expression<'_>) -> String {
    match &expr.parsed.expr {
        Some(parsed) if expr.parsed.errors.is_empty() => parsed.to_string(),
        _ => expr.text().to_owned(),
    }
}

fn identity<'w>(document: &Document<'w>, rule: &PromRule<'w>) -> Option<(Identity<'w>, Node<'w>)> {
    let named = rule.alert().or(rule.record())?;
    let mut labels = BTreeMap::new();
    let of_group = rule.group.get("labels").into_iter().flat_map(Node::entries);
    for entry in of_group.chain(rule.pairs("labels")) {
        labels.insert(entry.key.text()?, entry.value.text()?);
    }
    let place = match document.objects.iter().find_map(|object| object.namespace()) {
        Some(namespace) => Place::Namespace(namespace.value),
        None if !document.objects.is_empty() => Place::Namespace(""),
        None if document.name.is_empty() => Place::Held { source: document.source },
        None => Place::Folder(Path::new(document.name).parent()),
    };
    let alert = rule.alert().is_some();
    Some((Identity { place, alert, name: named.text, labels }, named.value))
}

fn report(
    first: &First<'_, '_>,
    document: &Document<'_>,
    identity: &Identity<'_>,
    name: Node<'_>,
    expr: &str,
    out: &mut Out<'_>,
) {
    let shown = escape(&clip(identity.name, 60)).into_owned();
    let same = first.expr == expr;
    let what = if identity.alert { "the alert" } else { "the series" };
    let mut message = match (same, identity.alert) {
        (true, _) => format!("{what} `{shown}` comes from another rule already, by the same expression"),
        (false, true) => format!("another alert `{shown}` has the same labels"),
        (false, false) => format!("another rule records `{shown}` with the same labels"),
    };
    if first.source != document.source {
        message =
            format!("{message}: in group `{}` of {}", escape(&clip(first.group, 60)), escape(first.file));
    }
    let mut finding = RULE.at(name.span(), message).label("again");
    if first.source == document.source {
        finding = finding.related(first.rule.span(), "the first");
    }
    finding = match (same, identity.alert) {
        (true, _) => finding
            .why("the work is done twice, and nothing is won")
            .help("remove one of the two"),
        (false, true) => finding
            .why("who receives one cannot tell which of the two it is; where both give the same series, they overwrite each other")
            .help("this is meant where each covers other series; otherwise give them different names or labels"),
        (false, false) => finding
            .why("where both give the same series, one sample of the two is thrown away")
            .help("this is meant only where no series of one can come from the other: put `or` between the expressions, or give each a label of its own"),
    };
    if identity.alert && !same {
        finding.severity = Severity::Info;
    }
    out.report_in(document.source, finding);
}
