//! The upper half of a chain: a Prometheus that selects the object, runs, and whose operator takes it.

use super::case::{Case, Clue, Link};
use super::{State, Step};
use crate::base::edit::Edit;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::{Field, Kind, Namespaces};
use crate::lint::live;
use crate::lint::model::{self, Item};
use crate::lint::rules::operator::nil_vs_empty_selector;
use crate::lint::rules::reference::{
    before_first, label_edits, listed, monitor_not_selected, name_span, rule_not_selected, wanted,
};
use crate::yaml::{Node, Value};

/// Which Prometheus selects the object, with the links up to there.
pub(super) fn links<'g, 'w>(case: &Case<'g, 'w>, item: &'g Item<'w>) -> (Vec<Link>, Option<&'g Item<'w>>) {
    let all = case.model.graph.selected_by(item);
    let holding: Vec<&model::Link<'g, 'w>> = all.iter().filter(|link| link.holds()).collect();
    // Of several, one that runs.
    let chosen = holding.iter().find(|link| stopped(link.from).is_none()).or(holding.first());
    let Some(link) = chosen else { return (vec![unselected(case, item, &all), taken(case, item)], None) };
    let selected = Link::holds(Step::Prometheus, format!("{} selects it", link.from.title()));
    (vec![selected, configured(case, link.from), taken(case, item)], Some(link.from))
}

/// Nothing selects it, or nothing that is there.
fn unselected<'w>(case: &Case<'_, 'w>, item: &Item<'w>, links: &[model::Link<'_, 'w>]) -> Link {
    let is_rule = item.object.kind() == Kind::PrometheusRule;
    let rule = if is_rule { rule_not_selected::RULE.name } else { monitor_not_selected::RULE.name };
    let kinds = if is_rule { live::RULERS } else { live::SCRAPERS };
    if case.hides(kinds) {
        return Link::unknown(Step::Prometheus, "not every Prometheus could be read");
    }
    let Some(link) = near(links) else {
        if let Some(clue) = by_chart(case, item) {
            return Link::broken(Step::Prometheus, clue, None);
        }
        let says = "there is no Prometheus of the operator";
        return match case.absence(kinds) {
            State::Unknown => Link::unknown(Step::Prometheus, format!("{says} in what was given")),
            _ => {
                let finding = Finding::new(rule, Severity::Error, name_span(item), says)
                    .label("nothing selects it")
                    .why("only a Prometheus or PrometheusAgent object selects monitors and rules")
                    .help(format!("make a Prometheus object with a `{}`", field_of(item)));
                Link::broken(Step::Prometheus, Clue::new(item.source, finding), None)
            }
        };
    };
    let own = link.misses.is_empty() && matches!(link.outside, Some(Namespaces::Own)) && !link.absent;
    let field = Field::of(link.from.object.kind()).iter().find(|field| field.objects == link.field);
    if let (true, Some(field)) = (own, field)
        && let Some(finding) =
            nil_vs_empty_selector::finding(case.model, link.from, field, item, Severity::Error)
    {
        let other = Clue::side(finding.rule, item.source, name_span(item), "what is left out");
        return Link::broken(Step::Prometheus, Clue::new(link.from.source, finding), Some(other));
    }
    let finding = match is_rule {
        true => rule_not_selected::finding(case.model, item, link, Severity::Error),
        false => monitor_not_selected::finding(case.model, item, link, Severity::Error),
    };
    let other = other_side(case, link, rule);
    Link::broken(Step::Prometheus, Clue::new(item.source, finding), Some(other))
}

/// The link that is nearest to holding: one that has all labels right says more of what was meant than one that misses
/// some, and more than one that asks for none.
fn near<'l, 'g, 'w>(links: &'l [model::Link<'g, 'w>]) -> Option<&'l model::Link<'g, 'w>> {
    let key = |link: &&model::Link<'g, 'w>| (link.distance(), link.asked == 0, link.misses.len());
    links.iter().min_by_key(key)
}

/// What the Prometheus asks for; the mend where it is there, or in the Namespace.
fn other_side<'w>(case: &Case<'_, 'w>, link: &model::Link<'_, 'w>, rule: &'static str) -> Clue {
    let from = link.from;
    let spec = from.object.spec();
    let field = |name| spec.and_then(|spec| Some(spec.get(name)?.span()));
    let asked = link.misses.first().map(|miss| miss.requirement.span());
    if let (true, Some(Namespaces::Labelled(selector))) = (link.misses.is_empty(), link.outside)
        && let Some(namespace) =
            case.model.graph.of(Kind::Namespace).find(|it| Some(it.name()) == link.to.namespace())
    {
        let misses = selector.misses(&namespace.labels);
        let message = format!("{} does not have the labels that are asked for", namespace.title());
        let mut clue = Clue::side(rule, namespace.source, name_span(namespace), &message);
        if let Some(wanted) = wanted(&misses)
            && let Some(edits) = label_edits(&namespace.object, &wanted)
        {
            clue.finding = clue.finding.fix(format!("add {}", listed(&wanted)), Safety::Unsafe, edits);
        }
        return clue;
    }
    let span = asked.or_else(|| field(link.namespace_field)).unwrap_or(name_span(from));
    let mut clue = Clue::side(rule, from.source, span, "what is asked for");
    if link.absent
        && let Some(edit) = spec.and_then(|spec| before_first(spec, &[format!("{}: {{}}", link.field)]))
    {
        let title = format!("select all: `{}: {{}}`", link.field);
        clue.finding = clue.finding.fix(title, Safety::Unsafe, vec![edit]);
    }
    clue
}

fn field_of(item: &Item<'_>) -> &'static str {
    let fields = Field::of(Kind::Prometheus).iter();
    fields.clone().find(|field| field.kind == item.object.kind()).map_or("selector", |field| field.objects)
}

/// Helm values that make a Prometheus which selects by the label of its release.
fn by_chart(case: &Case<'_, '_>, item: &Item<'_>) -> Option<Clue> {
    if item.labels.contains_key("release") {
        return None;
    }
    let field = format!("`{}: ", field_of(item));
    case.anywhere("operator/helm-nil-uses", |_, finding| finding.message.starts_with(&field))
}

/// The Prometheus runs and has a configuration.
fn configured(case: &Case<'_, '_>, prometheus: &Item<'_>) -> Link {
    let title = prometheus.title();
    if let Some(finding) = stopped(prometheus) {
        return Link::broken(Step::Configuration, Clue::new(prometheus.source, finding), None);
    }
    if let Some(finding) = case.of(prometheus, refuses).next() {
        let clue = Clue::new(prometheus.source, finding.clone());
        return Link::broken(Step::Configuration, clue, None);
    }
    let adds = prometheus.object.spec().and_then(|spec| spec.get("additionalScrapeConfigs"));
    if let Some(adds) = adds
        && let Some(secret) = named(case, prometheus, adds)
        && let Some(clue) =
            case.anywhere("operator/duplicate-job", |source, _| case.model.holder(source) == secret.source)
    {
        let other = Clue::side(clue.finding.rule, prometheus.source, adds.span(), "it is added here");
        return Link::broken(Step::Configuration, clue, Some(other));
    }
    Link::holds(Step::Configuration, format!("nothing keeps {title} from running with it"))
}

/// The Secret that a Prometheus names.
fn named<'g, 'w>(case: &Case<'g, 'w>, prometheus: &Item<'w>, reference: Node<'w>) -> Option<&'g Item<'w>> {
    let name = reference.get("name")?.as_str()?;
    let here = |item: &&Item<'w>| {
        Namespaces::Own.cover(prometheus.namespace(), item.namespace(), None) != Some(false)
    };
    case.model.graph.of(Kind::Secret).filter(|item| item.name() == name).find(here)
}

/// That it was told not to run, or not to change.
fn stopped(prometheus: &Item<'_>) -> Option<Finding> {
    let spec = prometheus.object.spec()?;
    let title = prometheus.title();
    let finding = |node: Node<'_>, message: String| {
        Finding::new("why/not-running", Severity::Error, node.span(), message)
    };
    if let Some(entry) = spec.entry("paused").filter(|entry| entry.value.value() == Some(Value::Bool(true))) {
        let found = finding(entry.value, format!("{title} is paused"))
            .label("since then, nothing")
            .why("the operator does not touch it: what came since is not in its configuration")
            .help("set `paused: false`");
        let edit = Edit::replace(entry.value.span(), "false");
        return Some(found.fix("go on", Safety::Unsafe, vec![edit]));
    }
    let entry = spec.entry("replicas").filter(|entry| entry.value.value() == Some(Value::Int(0)))?;
    let found = finding(entry.value, format!("{title} has no replicas"))
        .label("no pod of it runs")
        .why("nothing scrapes")
        .help("set `replicas` to 1 or above");
    Some(found.fix("run one", Safety::Unsafe, vec![Edit::replace(entry.value.span(), "1")]))
}

/// The API server and the operator take the object.
fn taken(case: &Case<'_, '_>, item: &Item<'_>) -> Link {
    match case.of(item, refuses).next() {
        Some(finding) => Link::broken(Step::Object, Clue::new(item.source, finding.clone()), None),
        None => Link::holds(Step::Object, "nothing in it that the operator refuses"),
    }
}

/// Whether the API server or the operator refuses an object with this finding in it.
fn refuses(finding: &Finding) -> bool {
    finding.severity == Severity::Error || finding.rule == "reference/secret-ref"
}
