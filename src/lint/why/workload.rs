//! From below: what scrapes a Service, or pods.

use super::case::{Case, Clue, Link};
use super::job::{Drops, Sought, Verdict, verdicts};
use super::monitor::{self, Scope};
use super::pods::of_service;
use super::{State, Step};
use crate::diagnostic::{Finding, Severity};
use crate::k8s::{Kind, Level, levels};
use crate::lint::model::{self, Item, nearest};
use crate::lint::rules::reference::{name_span, namespace_not_covered, no_pod_matches, no_service_matches};

/// Kinds that say what is scraped.
const SCRAPING: &[Kind] = &[Kind::ServiceMonitor, Kind::PodMonitor, Kind::ScrapeConfig, Kind::ConfigMap];

/// The way to a Service.
pub(super) fn service<'g, 'w>(case: &Case<'g, 'w>, service: &'g Item<'w>) -> Vec<Link> {
    let to_service = monitors(case, service);
    let mut chains: Vec<Vec<Link>> = Vec::new();
    let scope = Scope { service: Some(service), pods: None };
    for link in to_service.iter().filter(|link| link.holds()) {
        chains.push(begun(link.from, monitor::of_services(case, link.from, Some(scope))));
    }
    let makers = of_service(case, service);
    let sought = [(service, makers)];
    let sought = Sought { services: &sought, pods: None };
    judged(case, service, chains, verdicts(case, &sought), || {
        let near = nearest(&to_service)?;
        not_selected(
            case,
            near,
            no_service_matches::finding(case.model, near.from, &to_near(case, near), Severity::Error)
                .map(|it| it.1),
        )
    })
}

/// The way to pods.
pub(super) fn pods<'g, 'w>(case: &Case<'g, 'w>, maker: &'g Item<'w>) -> Vec<Link> {
    let graph = &case.model.graph;
    let mut chains: Vec<Vec<Link>> = Vec::new();
    let of_pod_monitors: Vec<_> = graph
        .of(Kind::PodMonitor)
        .flat_map(|monitor| graph.pods_of(monitor))
        .filter(|link| std::ptr::eq(link.to, maker))
        .collect();
    for link in of_pod_monitors.iter().filter(|link| link.holds()) {
        let scope = Scope { service: None, pods: Some(maker) };
        chains.push(begun(link.from, monitor::of_pods(case, link.from, Some(scope))));
    }
    let services: Vec<&Item<'w>> = graph
        .of(Kind::Service)
        .filter(|service| of_service(case, service).iter().any(|it| std::ptr::eq(*it, maker)))
        .collect();
    for service in &services {
        for link in monitors(case, service).iter().filter(|link| link.holds()) {
            let scope = Scope { service: Some(service), pods: Some(maker) };
            chains.push(begun(link.from, monitor::of_services(case, link.from, Some(scope))));
        }
    }
    let found: Vec<_> = services.iter().map(|service| (*service, vec![maker])).collect();
    let sought = Sought { services: &found, pods: Some(maker) };
    judged(case, maker, chains, verdicts(case, &sought), || {
        // A Service leads there: which of its labels a monitor misses says more than the labels of pods.
        let to_services: Vec<_> = services.iter().flat_map(|service| monitors(case, service)).collect();
        if let Some(near) = nearest(&to_services) {
            let links = to_near(case, near);
            let finding = no_service_matches::finding(case.model, near.from, &links, Severity::Error);
            return not_selected(case, near, finding.map(|it| it.1));
        }
        let near = nearest(&of_pod_monitors)?;
        not_selected(case, near, Some(no_pod_matches::finding(case.model, near.from, near, Severity::Error)))
    })
}

/// The links from every ServiceMonitor to a Service.
fn monitors<'g, 'w>(case: &Case<'g, 'w>, service: &'g Item<'w>) -> Vec<model::Link<'g, 'w>> {
    case.model.graph.selected_by(service)
}

/// The one link, as those of its monitor.
fn to_near<'g, 'w>(case: &Case<'g, 'w>, near: &model::Link<'g, 'w>) -> Vec<model::Link<'g, 'w>> {
    let links = case.model.graph.services_of(near.from);
    links.into_iter().filter(|link| std::ptr::eq(link.to, near.to)).collect()
}

/// The chain of a monitor, with the link to it.
fn begun(monitor: &Item<'_>, mut links: Vec<Link>) -> Vec<Link> {
    links.insert(0, Link::holds(Step::Monitor, format!("{} is meant for it", monitor.title())));
    links
}

/// The chain that comes farthest, or why there is none.
fn judged<'w>(
    case: &Case<'_, 'w>,
    item: &Item<'w>,
    chains: Vec<Vec<Link>>,
    verdicts: Vec<Verdict>,
    near: impl FnOnce() -> Option<Link>,
) -> Vec<Link> {
    let count = |chain: &Vec<Link>| chain.iter().filter(|link| link.state == State::Broken).count();
    let best = chains.into_iter().min_by_key(count);
    let scrapes = verdicts.iter().find_map(|it| if let Verdict::Keeps(job) = it { Some(job) } else { None });
    match (best, scrapes) {
        (Some(chain), _) if count(&chain) == 0 => chain,
        (_, Some(job)) => {
            let link = Link::holds(Step::Monitor, format!("job `{job}` finds it"));
            let remark = case.of(item, |finding| finding.rule == "annotation/port-vs-containers").next();
            let remark = remark.map(|finding| Clue::new(item.source, finding.clone()));
            let kept = Link::holds(Step::Relabeling, "its rules keep a target");
            vec![link.with_remark(remark), kept]
        }
        (Some(chain), None) => chain,
        (None, None) => vec![nothing(case, item, verdicts, near)],
    }
}

/// Nothing scrapes it: by the annotations that it has, by the job that comes nearest, by the monitor that does.
fn nothing<'w>(
    case: &Case<'_, 'w>,
    item: &Item<'w>,
    verdicts: Vec<Verdict>,
    near: impl FnOnce() -> Option<Link>,
) -> Link {
    const MISREAD: [&str; 6] = [
        "annotation/annotation-wrong-level",
        "annotation/annotation-not-string",
        "annotation/annotation-value",
        "annotation/annotation-key-typo",
        "yaml/unknown-field",
        "annotation/annotation-unused",
    ];
    let asks = levels(&item.object).iter().any(|(level, pairs)| {
        *level != Level::Metadata && pairs.iter().any(|it| it.key.starts_with("prometheus.io/"))
    });
    for rule in MISREAD {
        if let Some(finding) = case.of(item, |finding| finding.rule == rule).next() {
            return Link::broken(Step::Monitor, Clue::new(item.source, finding.clone()), None);
        }
    }
    let mut unsure = None;
    for verdict in verdicts {
        match verdict {
            Verdict::Drops(drops) if asks || !drops.by_annotation => return by_job(*drops),
            Verdict::Unknown { job, why } => {
                unsure = Some(Link::unknown(Step::Relabeling, format!("job `{job}`: {why}")));
            }
            Verdict::Drops(drops) => {
                unsure.get_or_insert_with(|| by_job(*drops));
            }
            Verdict::Keeps(_) => {}
        }
    }
    if let Some(link) = near().or(unsure) {
        return link;
    }
    if let Some(item) = adding(case) {
        let says =
            format!("no monitor is meant for it; the jobs that {} adds are not looked into", item.title());
        return Link::unknown(Step::Monitor, says);
    }
    let says = "no monitor and no job is meant for it";
    match case.absence(SCRAPING) {
        State::Unknown => Link::unknown(Step::Monitor, format!("{says} in what was given")),
        _ => {
            let finding = Finding::new("why/nothing-scrapes", Severity::Error, name_span(item), says)
                .label("nobody asks for its metrics")
                .why("Prometheus scrapes what a monitor, a ScrapeConfig or a job of its configuration says")
                .help("write a ServiceMonitor for its Service, or a PodMonitor");
            Link::broken(Step::Monitor, Clue::new(item.source, finding), None)
        }
    }
}

/// A Prometheus with jobs of its own.
fn adding<'g, 'w>(case: &Case<'g, 'w>) -> Option<&'g Item<'w>> {
    let adds = |item: &&Item<'w>| {
        item.object.spec().is_some_and(|spec| spec.entry("additionalScrapeConfigs").is_some())
    };
    let kinds = [Kind::Prometheus, Kind::PrometheusAgent].into_iter();
    kinds.flat_map(|kind| case.model.graph.of(kind)).find(adds)
}

fn by_job(drops: Drops) -> Link {
    let Drops { job, this, other, .. } = drops;
    let mut link = Link::broken(Step::Relabeling, this, other);
    link.says = format!("job `{job}`: {}", link.says);
    link
}

/// That the monitor which comes nearest does not select it.
fn not_selected<'w>(
    case: &Case<'_, 'w>,
    link: &model::Link<'_, 'w>,
    finding: Option<Finding>,
) -> Option<Link> {
    let covered = (link.misses.is_empty() && link.asked > 0)
        .then(|| namespace_not_covered::finding(case.model, link.from, link, Severity::Error))
        .flatten();
    let finding = covered.or(finding)?;
    let other = Clue::side(finding.rule, link.to.source, name_span(link.to), "what it does not select");
    Some(Link::broken(Step::Monitor, Clue::new(link.from.source, finding), Some(other)))
}
