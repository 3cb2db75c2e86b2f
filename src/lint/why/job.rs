//! Jobs of a plain `prometheus.yml` that find pods or Services by themselves, such as those that go by annotations.

use super::case::{Case, Clue};
use super::dropped::{End, Way, dropped, reads, relabeling};
use super::target::{self, Target};
use crate::k8s::Selector;
use crate::lint::Kind;
use crate::lint::model::{Item, Job};
use crate::yaml::{Node, Value};

/// What a job makes of some pods or a Service.
pub(super) enum Verdict {
    /// It scrapes them.
    Keeps(String),
    /// A rule drops all of them.
    Drops(Box<Drops>),
    /// It cannot be said.
    Unknown { job: String, why: String },
}

/// A rule that drops all that is sought.
pub(super) struct Drops {
    pub(super) job: String,
    pub(super) this: Clue,
    pub(super) other: Option<Clue>,
    pub(super) by_annotation: bool,
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Sought<'s, 'g, 'w> {
    /// Services, with what makes the pods of each.
    pub(super) services: &'s [(&'g Item<'w>, Vec<&'g Item<'w>>)],
    /// What makes the pods, where pods are asked about.
    pub(super) pods: Option<&'g Item<'w>>,
}

/// The verdicts of all jobs that look for such things where they are.
pub(super) fn verdicts<'g, 'w>(case: &Case<'g, 'w>, sought: &Sought<'_, 'g, 'w>) -> Vec<Verdict> {
    let mut found = Vec::new();
    for document in case.model.documents.iter().filter(|document| document.kind == Kind::Prometheus) {
        for job in &document.jobs {
            let name = job.get("job_name").and_then(Node::text).unwrap_or_default();
            let discoveries = job.get("kubernetes_sd_configs").into_iter().flat_map(Node::items);
            let targets: Vec<Target> = discoveries.flat_map(|discovery| targets(discovery, sought)).collect();
            if !targets.is_empty() {
                found.push(verdict(case, document.source, job, name, &targets, sought));
            }
        }
    }
    found
}

fn verdict<'g, 'w>(
    case: &Case<'g, 'w>,
    source: usize,
    job: &Job<'w>,
    name: &str,
    targets: &[Target],
    sought: &Sought<'_, 'g, 'w>,
) -> Verdict {
    let job_name = name.to_owned();
    let mut way = Way::default();
    let rules = job.get("relabel_configs").filter(|list| list.items().next().is_some());
    let list = rules.and_then(|rules| relabeling(case, source, rules));
    if rules.is_some() && !list.is_some_and(|list| way.written(source, list)) {
        return Verdict::Unknown { job: job_name, why: "there is a rule that cannot be read".to_owned() };
    }
    match way.walk(targets) {
        End::Kept => Verdict::Keeps(job_name),
        End::Unknown(why) => Verdict::Unknown { job: job_name, why },
        End::Dropped { source, entry, labels } => {
            let services = sought.services.iter().map(|(service, _)| *service);
            let sides: Vec<&Item<'w>> = sought.pods.into_iter().chain(services).collect();
            let (this, other) = dropped(entry, source, &labels, targets, &sides);
            let by_annotation = reads(entry).iter().any(|label| label.contains("_annotation"));
            Verdict::Drops(Box::new(Drops { job: job_name, this, other, by_annotation }))
        }
    }
}

/// The targets that one discovery gives.
fn targets<'g, 'w>(discovery: Node<'w>, sought: &Sought<'_, 'g, 'w>) -> Vec<Target> {
    let role = discovery.get("role").and_then(Node::text).unwrap_or_default();
    let seen = |item: &Item<'w>| looks_at(discovery, item);
    let pods = || sought.pods.filter(|item| seen(item) && selects(discovery, "pod", item));
    let services = || {
        let here = |(service, _): &&(&'g Item<'w>, Vec<&'g Item<'w>>)| {
            seen(service) && selects(discovery, "service", service)
        };
        sought.services.iter().filter(here)
    };
    match role {
        "pod" => pods().into_iter().flat_map(|item| target::of_pod(item)).collect(),
        "service" if sought.pods.is_none() => {
            services().flat_map(|(service, _)| target::of_service(service)).collect()
        }
        "endpoints" | "endpointslice" => services()
            .flat_map(|(service, makers)| {
                let meant = |maker: &&&Item<'w>| sought.pods.is_none_or(|pods| std::ptr::eq(pods, **maker));
                let of = |maker: &&Item<'w>| target::of_endpoints(service, maker, role == "endpointslice");
                makers.iter().filter(meant).flat_map(of).collect::<Vec<_>>()
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a discovery looks into the namespace of an object, as far as that is known.
fn looks_at(discovery: Node<'_>, item: &Item<'_>) -> bool {
    let Some(namespaces) = discovery.get("namespaces") else { return true };
    // Which one its own is, the file does not say.
    if namespaces.get("own_namespace").and_then(Node::value) == Some(Value::Bool(true)) {
        return true;
    }
    let names: Vec<&str> =
        namespaces.get("names").into_iter().flat_map(Node::items).filter_map(Node::text).collect();
    names.is_empty() || item.namespace().is_none_or(|namespace| names.contains(&namespace))
}

/// Whether the `selectors` of a discovery for this role let an object pass.
fn selects(discovery: Node<'_>, role: &str, item: &Item<'_>) -> bool {
    let labels = match &item.pods {
        Some(pods) if role == "pod" => &pods.labels,
        _ => &item.labels,
    };
    let selectors = discovery.get("selectors").into_iter().flat_map(Node::items);
    let ours = selectors.filter(|it| it.get("role").and_then(Node::text) == Some(role));
    let mut texts = ours.filter_map(|it| it.get("label")?.text());
    texts.all(|text| Selector::parse(text).is_ok_and(|selector| selector.matches(labels)))
}
