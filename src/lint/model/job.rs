//! Scrape jobs: of a `prometheus.yml`, the endpoints of monitors, ScrapeConfig objects.

use std::collections::HashMap;
use std::time::Duration;

use super::Document;
use super::graph::{Graph, Item, Link};
use super::spelling::Spelling;
use crate::base::duration;
use crate::k8s::{Kind, Object};
use crate::lint::{self, values};
use crate::yaml::Node;

/// Something that is scraped by one set of rules.
#[derive(Clone, Copy)]
pub(in crate::lint) struct Job<'w> {
    /// The mapping that describes it.
    pub(in crate::lint) node: Node<'w>,
    pub(in crate::lint) spelling: Spelling,
    /// `global` of its file.
    pub(in crate::lint) global: Option<Node<'w>>,
    /// `spec` of the one Prometheus that selects its object: its defaults hold.
    prometheus: Option<Node<'w>>,
    /// The object it is of.
    pub(in crate::lint) object: Option<Object<'w>>,
    /// Whether it is an endpoint of a monitor, where interval and path have short names.
    endpoint: bool,
    /// Whether it is of a list by itself: `global` is that of whoever takes the list.
    list: bool,
}

impl<'w> Job<'w> {
    /// What `global` of a file says, as a job of its own: its interval and timeout are held against each other too.
    pub(in crate::lint) fn of_global(kind: lint::Kind, root: Node<'w>) -> Option<Self> {
        let node = root.get("global").filter(|_| kind == lint::Kind::Prometheus)?;
        Some(Self {
            node,
            spelling: Spelling::File,
            global: None,
            prometheus: None,
            object: None,
            endpoint: false,
            list: false,
        })
    }

    /// The field that Prometheus calls `name`.
    pub(in crate::lint) fn get(&self, name: &'static str) -> Option<Node<'w>> {
        let short = match name {
            "scrape_interval" if self.endpoint => Some("interval"),
            "metrics_path" if self.endpoint => Some("path"),
            _ => None,
        };
        match short {
            Some(short) => self.node.get(short),
            None => self.node.get(&self.spelling.of(name)),
        }
    }

    /// A duration of the job, or else of `global`: its place and its value. `None` when it is not written or wrong.
    /// Prometheus takes `0s` for not written.
    pub(in crate::lint) fn duration(&self, name: &'static str) -> Option<(Node<'w>, Duration)> {
        let read = |node: Node<'w>| Some((node, duration::parse(node.text()?).ok()?));
        let written = |node: &Node<'w>| read(*node).is_none_or(|(_, duration)| !duration.is_zero());
        read(self.get(name).filter(written).or_else(|| self.global?.get(name).filter(written))?)
    }

    /// The interval that is in force, with its place where it is written: Prometheus's own default is a minute. `None`
    /// where an object leaves it to the Prometheus that selects it.
    pub(in crate::lint) fn interval(&self) -> Option<(Option<Node<'w>>, Duration)> {
        match self.duration("scrape_interval") {
            Some((node, interval)) => Some((Some(node), interval)),
            None if self.spelling == Spelling::File && !self.list => Some((None, Duration::from_secs(60))),
            None => {
                let spec = self.prometheus?;
                let Some(node) = spec.get("scrapeInterval") else { return Some((None, OPERATOR_INTERVAL)) };
                // It may stand in another file, so it is no place of this one.
                Some((None, duration::parse(node.text()?).ok()?))
            }
        }
    }
}

/// What the operator's CRDs set where a Prometheus has no `scrapeInterval`.
const OPERATOR_INTERVAL: Duration = Duration::from_secs(30);

/// Gives the jobs of objects that exactly one Prometheus selects the defaults of that Prometheus.
pub(super) fn inherit<'w>(document: &mut Document<'w>, items: &[Item<'w>], graph: &Graph<'w>) {
    if document.jobs.iter().all(|job| job.spelling == Spelling::File) {
        inherit_list(document, graph);
        return;
    }
    let start = |object: &Object<'w>| object.node().span().start;
    let by_start: HashMap<usize, &Item<'w>> = items.iter().map(|item| (start(&item.object), item)).collect();
    let mut known: HashMap<usize, Option<Node<'w>>> = HashMap::new();
    for job in &mut document.jobs {
        let Some(at) = job.object.as_ref().map(start) else { continue };
        job.prometheus = *known.entry(at).or_insert_with(|| {
            let mut links = graph.selected_by(by_start.get(&at)?).into_iter().filter(Link::holds);
            match (links.next(), links.next()) {
                (Some(link), None) => link.from.object.spec(),
                _ => None,
            }
        });
    }
}

/// Of a list by itself: the one Prometheus that takes such lists.
fn inherit_list<'w>(document: &mut Document<'w>, graph: &Graph<'w>) {
    let takes = |item: &&Item<'w>| {
        matches!(item.object.kind(), Kind::Prometheus | Kind::PrometheusAgent)
            && item.object.spec().is_some_and(|spec| spec.entry("additionalScrapeConfigs").is_some())
    };
    if document.jobs.iter().any(|job| job.list && job.prometheus.is_none()) {
        let mut takers = graph.items().iter().filter(takes);
        if let (Some(taker), None) = (takers.next(), takers.next()) {
            document.jobs.iter_mut().for_each(|job| job.prometheus = taker.object.spec());
        }
    }
}

/// The jobs of a list by itself; `prometheus` is the `spec` of what takes it, where that is known.
pub(super) fn of_list<'w>(root: Node<'w>, prometheus: Option<Node<'w>>) -> Vec<Job<'w>> {
    let job = |node| Job {
        node,
        spelling: Spelling::File,
        global: None,
        prometheus,
        object: None,
        endpoint: false,
        list: true,
    };
    root.items().map(job).collect()
}

/// The endpoints of monitors that Helm values add.
pub(super) fn of_values(root: Node<'_>) -> Vec<Job<'_>> {
    let job = |node| Job {
        node,
        spelling: Spelling::Object,
        global: None,
        prometheus: None,
        object: None,
        endpoint: true,
        list: false,
    };
    values::endpoints(root).into_iter().map(job).collect()
}

/// The jobs of a `prometheus.yml`.
pub(super) fn of_file(root: Node<'_>) -> Vec<Job<'_>> {
    let global = root.get("global");
    let jobs = root.get("scrape_configs").into_iter().flat_map(Node::items);
    jobs.map(|node| Job {
        node,
        spelling: Spelling::File,
        global,
        prometheus: None,
        object: None,
        endpoint: false,
        list: false,
    })
    .collect()
}

/// The jobs of one object.
pub(super) fn of_object<'w>(object: &Object<'w>) -> Vec<Job<'w>> {
    let Some(spec) = object.spec() else { return Vec::new() };
    let job = |node, endpoint| Job {
        node,
        spelling: Spelling::Object,
        global: None,
        prometheus: None,
        object: Some(*object),
        endpoint,
        list: false,
    };
    let endpoints = match object.kind() {
        Kind::ServiceMonitor => "endpoints",
        Kind::PodMonitor => "podMetricsEndpoints",
        Kind::ScrapeConfig => return vec![job(spec, false)],
        Kind::Probe => return vec![job(spec, true)],
        _ => return Vec::new(),
    };
    let items = spec.get(endpoints).into_iter().flat_map(Node::items);
    items.map(|node| job(node, true)).collect()
}
