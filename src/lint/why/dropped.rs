//! Whether relabeling leaves a target, and which rule takes the last one.

use std::collections::BTreeSet;

use super::case::{Case, Clue, Link};
use super::service::{Chosen, Pods};
use super::target::{self, Target};
use super::{Step, operator};
use crate::base::text::count;
use crate::base::version::Version;
use crate::diagnostic::{Finding, Severity};
use crate::k8s::{Kind, PodTemplate};
use crate::lint::model::{Entry, Item, Relabeling, Stage};
use crate::relabel::{Effect, Labels, Outcome, Rule, RuleSpec, Rules};
use crate::yaml::{Node, Value};

/// Rules in the order in which a target meets them.
#[derive(Default)]
pub(super) struct Way<'g, 'w> {
    rules: Vec<Rule>,
    steps: Vec<Origin<'g, 'w>>,
}

/// Where a rule is from, and which labels it reads.
enum Origin<'g, 'w> {
    Operator { reads: Vec<String> },
    Written { source: usize, entry: &'g Entry<'w> },
}

/// What becomes of targets.
pub(super) enum End<'g, 'w> {
    /// One is left at least.
    Kept,
    /// None is left; the rule that dropped the one that came farthest, and that target before it.
    Dropped { source: usize, entry: &'g Entry<'w>, labels: Vec<(String, String)> },
    /// It hangs on labels that only a cluster says, or on rules that cannot be read.
    Unknown(String),
}

impl<'g, 'w> Way<'g, 'w> {
    /// Rules that the operator writes.
    fn operator(&mut self, specs: Vec<RuleSpec>) {
        for spec in specs {
            let reads = spec.source_labels.clone().unwrap_or_default();
            if let Ok(rule) = Rule::new(spec, Version::NEWEST) {
                self.rules.push(rule);
                self.steps.push(Origin::Operator { reads });
            }
        }
    }

    /// Rules that are written; whether all of them can be read.
    pub(super) fn written(&mut self, source: usize, list: &'g Relabeling<'w>) -> bool {
        for entry in &list.entries {
            let Some(rule) = entry.valid() else { return false };
            self.rules.push(rule.clone());
            self.steps.push(Origin::Written { source, entry });
        }
        true
    }

    fn has_written(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Origin::Written { .. }))
    }

    /// Sends targets through.
    pub(super) fn walk(self, targets: &[Target]) -> End<'g, 'w> {
        let rules = Rules::new(self.rules);
        let mut farthest: Option<(usize, Vec<(String, String)>)> = None;
        let mut unknown = None;
        for target in targets {
            let mut labels = Labels::new();
            labels.assign(target.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let explained = rules.explain(&mut labels);
            let mut guessed = BTreeSet::new();
            let mut at = None;
            for (step, origin) in explained.steps.iter().zip(&self.steps) {
                let reads = origin.reads();
                let guess = reads.iter().find(|label| guessed.contains(*label) || !target.knows(label));
                match (&step.effect, guess) {
                    (Effect::Dropped, Some(label)) => unknown = Some(label.clone()),
                    (Effect::Dropped, None) => at = Some(step.rule),
                    (Effect::Set { label, .. } | Effect::Deleted { label, .. }, Some(_)) => {
                        guessed.insert(label.clone());
                    }
                    _ => {}
                }
            }
            match explained.outcome {
                Outcome::Kept => return End::Kept,
                _ if at.is_none() => {}
                _ => {
                    if at > farthest.as_ref().map(|(at, _)| *at) {
                        let before = labels.iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
                        farthest = at.map(|at| (at, before));
                    }
                }
            }
        }
        match (unknown, farthest) {
            (Some(label), _) => End::Unknown(format!("it hangs on `{label}`, which no object says")),
            (None, None) => End::Unknown("no targets are known".to_owned()),
            (None, Some((at, labels))) => match self.steps.get(at) {
                Some(Origin::Written { source, entry }) => End::Dropped { source: *source, entry, labels },
                _ => End::Unknown("the operator's own rules leave no target".to_owned()),
            },
        }
    }
}

impl Origin<'_, '_> {
    fn reads(&self) -> Vec<String> {
        match self {
            Self::Operator { reads } => reads.clone(),
            Self::Written { entry, .. } => reads(entry),
        }
    }
}

/// The labels that a rule reads.
pub(super) fn reads(entry: &Entry<'_>) -> Vec<String> {
    let names = entry.get("source_labels").into_iter().flat_map(Node::items).filter_map(Node::text);
    names.map(str::to_owned).collect()
}

/// The relabeling of an endpoint of a monitor; `None` where nothing is known of its targets, and it has no rules.
pub(super) fn of_endpoint<'g, 'w>(
    case: &Case<'g, 'w>,
    prometheus: Option<&'g Item<'w>>,
    monitor: &'g Item<'w>,
    endpoint: Node<'w>,
    services: &[Chosen<'g, 'w>],
    pods: &Pods<'g, 'w>,
) -> Option<Link> {
    let slices = slices(prometheus, monitor);
    let mut way = Way::default();
    way.operator(operator::rules(&monitor.object, endpoint, slices));
    let class = prometheus.and_then(|it| Some((it.source, class(it, monitor)?.get("relabelings")?)));
    let lists = class.into_iter().chain(endpoint.get("relabelings").map(|list| (monitor.source, list)));
    for (source, list) in lists {
        let list = relabeling(case, source, list)?;
        if !way.written(source, list) {
            return Some(Link::unknown(Step::Relabeling, "there is a rule that cannot be read"));
        }
    }
    let has_rules = way.has_written();
    if !has_rules {
        return None;
    }
    let makers = pods.as_deref().unwrap_or_default();
    let targets: Vec<Target> = match monitor.object.kind() {
        Kind::PodMonitor => makers.iter().flat_map(|maker| target::of_pod(maker)).collect(),
        _ => services
            .iter()
            .flat_map(|it| {
                makers.iter().flat_map(move |maker| target::of_endpoints(it.service, maker, slices))
            })
            .collect(),
    };
    Some(match way.walk(&targets) {
        End::Kept => Link::holds(Step::Relabeling, "its rules keep a target"),
        End::Unknown(why) => Link::unknown(Step::Relabeling, why),
        End::Dropped { source, entry, labels } => {
            let sides: Vec<&Item<'w>> =
                services.iter().map(|it| it.service).chain(makers.iter().copied()).collect();
            let (this, other) = dropped(entry, source, &labels, &targets, &sides);
            Link::broken(Step::Relabeling, this, other)
        }
    })
}

/// Whether targets are found by EndpointSlices.
fn slices(prometheus: Option<&Item<'_>>, monitor: &Item<'_>) -> bool {
    let role = |item: &Item<'_>| item.object.spec()?.get("serviceDiscoveryRole")?.as_str().map(str::to_owned);
    role(monitor).or_else(|| role(prometheus?)).as_deref() == Some("EndpointSlice")
}

/// The scrape class of a monitor, or the one that is the default.
fn class<'w>(prometheus: &Item<'w>, monitor: &Item<'w>) -> Option<Node<'w>> {
    let named = monitor.object.spec().and_then(|spec| spec.get("scrapeClass")?.as_str());
    let mut classes = prometheus.object.spec()?.get("scrapeClasses")?.items();
    let is = |class: &Node<'w>| match named {
        Some(name) => class.get("name").and_then(Node::as_str) == Some(name),
        None => class.get("default").and_then(Node::value) == Some(Value::Bool(true)),
    };
    classes.find(is)
}

/// The list of target rules that stands at a node.
pub(super) fn relabeling<'g, 'w>(
    case: &Case<'g, 'w>,
    source: usize,
    node: Node<'w>,
) -> Option<&'g Relabeling<'w>> {
    let documents = case.model.documents.iter().filter(|document| document.source == source);
    let mut lists = documents.flat_map(|document| &document.relabelings);
    let first = node.items().next();
    lists.find(|list| {
        let of_targets = list.stage == Stage::Target;
        of_targets
            && first
                .is_some_and(|first| list.entries.first().is_some_and(|it| it.node.span() == first.span()))
    })
}

/// What is said of a rule that drops the last target, with the object that its labels are of.
pub(super) fn dropped(
    entry: &Entry<'_>,
    source: usize,
    labels: &[(String, String)],
    targets: &[Target],
    sides: &[&Item<'_>],
) -> (Clue, Option<Clue>) {
    const RULE: &str = "why/target-dropped";
    let reads = reads(entry);
    let action = entry.text("action").unwrap_or("replace");
    let value = |label: &String| labels.iter().find(|(name, _)| name == label).map(|(_, value)| value);
    let shown = |label: &String| match value(label) {
        Some(value) => format!("`{label}` is `{value}`"),
        None => format!("`{label}` is absent"),
    };
    let state = reads.iter().map(shown).collect::<Vec<_>>().join(", ");
    let regex = entry.text("regex").unwrap_or("(.*)");
    let wants = match action {
        "keep" => format!(", and must be `{regex}`"),
        "drop" => format!(", which `{regex}` fits"),
        _ => String::new(),
    };
    let message =
        format!("this rule drops the last of {}: {state}{wants}", count(targets.len() as u64, "target"));
    let mut finding = Finding::new(RULE, Severity::Error, entry.place("regex").span(), message)
        .label(format!("`{action}`"))
        .why("a target that relabeling drops is not scraped; Prometheus shows it under dropped targets at most");
    if let Some(label) = reads.first().filter(|_| reads.len() == 1 && value(&reads[0]).is_none())
        && let Some(near) = near(label, targets)
    {
        finding = finding.help(format!("did you mean `{near}`?"));
    } else {
        finding = finding.help("change the rule, or what it goes by");
    }
    let other = sides.iter().find_map(|item| side(item, &reads, RULE));
    (Clue::new(source, finding), other)
}

/// The label of a target that is nearest to one that no target has.
fn near<'t>(label: &str, targets: &'t [Target]) -> Option<&'t str> {
    let all = targets.iter().flat_map(|target| target.labels.iter().map(|(name, _)| name.as_str()));
    crate::base::suggest::nearest(label, all)
}

/// Where an object says what a rule reads: its label or its annotation, or else its name.
fn side(item: &Item<'_>, reads: &[String], rule: &'static str) -> Option<Clue> {
    let (of, labels, annotations) = match PodTemplate::of(&item.object) {
        Some(template) => ("pod", template.labels(), template.annotations()),
        None => ("service", item.object.labels(), item.object.annotations()),
    };
    let start = format!("__meta_kubernetes_{of}_");
    let rest = reads.iter().find_map(|label| label.strip_prefix(&start))?;
    let (pairs, key) = match rest.split_once('_')? {
        ("label" | "labelpresent", key) => (labels, key),
        ("annotation" | "annotationpresent", key) => (annotations, key),
        _ => return None,
    };
    let pair = pairs.iter().find(|pair| target::sanitized(pair.key) == key);
    let (span, message) = match pair {
        Some(pair) => (pair.node.span(), "what it reads".to_owned()),
        None => {
            let name = crate::lint::rules::reference::name_span(item);
            (name, format!("{} has nothing that becomes `{start}{rest}`", item.title()))
        }
    };
    Some(Clue::side(rule, item.source, span, &message))
}
