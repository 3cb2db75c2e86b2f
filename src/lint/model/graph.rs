//! What selects what: Prometheus, monitors, Services, pods, and why a link of that chain does not hold.
//!
//! A link holds unless the world says that it does not: a namespace that is not written is unknown and may be any, and so
//! are the labels of a namespace whose object is not there. Whether a broken link is worth saying is for rules.

use std::collections::BTreeMap;

use super::Document;
use crate::k8s::{ContainerPort, Field, Kind, Labels, Miss, Namespaces, Object, PodTemplate, Selector};
use crate::yaml::{Node, Value};

/// All objects of one world.
pub(in crate::lint) struct Graph<'w> {
    items: Vec<Item<'w>>,
    /// The labels of the namespaces whose objects are there.
    namespaces: BTreeMap<&'w str, Labels<'w>>,
}

/// One object, with what it selects and by what it is selected.
pub(in crate::lint) struct Item<'w> {
    /// Which source it is of.
    pub(in crate::lint) source: usize,
    pub(in crate::lint) object: Object<'w>,
    pub(in crate::lint) labels: Labels<'w>,
    namespace: Option<&'w str>,
    /// The pods that it makes, or is.
    pub(in crate::lint) pods: Option<Pods<'w>>,
    /// Of a kind that selects others: by which field, of which kind, with which labels, where.
    choices: Vec<Choice<'w>>,
}

/// Pods that are all alike.
pub(in crate::lint) struct Pods<'w> {
    pub(in crate::lint) labels: Labels<'w>,
    /// What their containers declare; `None` where the operator writes them.
    pub(in crate::lint) ports: Option<Vec<ContainerPort<'w>>>,
}

/// One thing that an object selects.
struct Choice<'w> {
    /// The fields of the labels and of the namespaces.
    fields: (&'static str, &'static str),
    target: Target,
    objects: Wanted,
    /// `None` where it is refused.
    namespaces: Option<Namespaces<'w>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    Objects(Kind),
    Pods,
}

enum Wanted {
    /// No selector: nothing is selected.
    Nothing,
    /// A selector that is refused: what it means is not known.
    Refused,
    Labelled(Selector),
}

/// One object that selects, one that might be selected, and what is between them.
pub(in crate::lint) struct Link<'g, 'w> {
    pub(in crate::lint) from: &'g Item<'w>,
    pub(in crate::lint) to: &'g Item<'w>,
    /// The field that selects by labels.
    pub(in crate::lint) field: &'static str,
    /// The field that selects namespaces; empty for a Service, which has none.
    pub(in crate::lint) namespace_field: &'static str,
    /// The field is absent, and selects nothing.
    pub(in crate::lint) absent: bool,
    /// Labels that are missing or different.
    pub(in crate::lint) misses: Vec<Miss<'g, 'w>>,
    /// How many labels are asked for.
    pub(in crate::lint) asked: usize,
    /// `to` is in a namespace that is not meant: those that are.
    pub(in crate::lint) outside: Option<&'g Namespaces<'w>>,
}

impl Link<'_, '_> {
    pub(in crate::lint) fn holds(&self) -> bool {
        self.distance() == 0
    }

    /// How much would have to change for it to hold; a selector that is not there is farthest away.
    pub(in crate::lint) fn distance(&self) -> usize {
        if self.absent { usize::MAX } else { self.misses.len() + usize::from(self.outside.is_some()) }
    }
}

/// The link that is nearest to holding; the first of several.
pub(in crate::lint) fn nearest<'l, 'g, 'w>(links: &'l [Link<'g, 'w>]) -> Option<&'l Link<'g, 'w>> {
    links.iter().min_by_key(|link| link.distance())
}

impl<'w> Graph<'w> {
    pub(super) fn new(documents: &[Document<'w>]) -> Self {
        let objects = documents.iter().flat_map(|document| {
            document.objects.iter().map(move |object| Item::new(document.source, *object))
        });
        let items: Vec<Item<'w>> = objects.collect();
        let namespaces = items.iter().filter(|item| item.object.kind() == Kind::Namespace);
        let named =
            namespaces.filter_map(|item| Some((item.object.name()?.value, item.labels.clone()))).collect();
        Self { items, namespaces: named }
    }

    pub(in crate::lint) fn items(&self) -> &[Item<'w>] {
        &self.items
    }

    /// The objects of one kind.
    pub(in crate::lint) fn of(&self, kind: Kind) -> impl Iterator<Item = &Item<'w>> {
        self.items.iter().filter(move |item| item.object.kind() == kind)
    }

    /// The links from everything that selects objects of this item's kind: of a ServiceMonitor, those from every
    /// Prometheus and PrometheusAgent.
    pub(in crate::lint) fn selected_by<'g>(&'g self, to: &'g Item<'w>) -> Vec<Link<'g, 'w>> {
        let target = Target::Objects(to.object.kind());
        self.items.iter().flat_map(|from| self.links(from, to, target)).collect()
    }

    /// The links from a ServiceMonitor to every Service.
    pub(in crate::lint) fn services_of<'g>(&'g self, monitor: &'g Item<'w>) -> Vec<Link<'g, 'w>> {
        let target = Target::Objects(Kind::Service);
        self.of(Kind::Service).flat_map(|to| self.links(monitor, to, target)).collect()
    }

    /// The links from a Service or PodMonitor to everything that makes pods, or is one.
    pub(in crate::lint) fn pods_of<'g>(&'g self, from: &'g Item<'w>) -> Vec<Link<'g, 'w>> {
        self.items.iter().flat_map(|to| self.links(from, to, Target::Pods)).collect()
    }

    fn links<'g>(
        &'g self,
        from: &'g Item<'w>,
        to: &'g Item<'w>,
        target: Target,
    ) -> impl Iterator<Item = Link<'g, 'w>> {
        let labels = match target {
            Target::Objects(_) => Some(&to.labels),
            Target::Pods => to.pods.as_ref().map(|pods| &pods.labels),
        };
        let choices = from.choices.iter().filter(move |choice| choice.target == target);
        choices.filter_map(move |choice| {
            let labels = labels?;
            let (own, there) = (from.namespace(), to.namespace());
            let of_there = there.and_then(|name| self.namespaces.get(name));
            let outside = choice
                .namespaces
                .as_ref()
                .filter(|namespaces| namespaces.cover(own, there, of_there) == Some(false));
            let (absent, misses, asked) = match &choice.objects {
                Wanted::Nothing => (true, Vec::new(), 0),
                Wanted::Refused => (false, Vec::new(), 0),
                Wanted::Labelled(selector) => (false, selector.misses(labels), selector.requirements().len()),
            };
            let (field, namespace_field) = choice.fields;
            Some(Link { from, to, field, namespace_field, absent, misses, asked, outside })
        })
    }
}

impl<'w> Item<'w> {
    fn new(source: usize, object: Object<'w>) -> Self {
        Self {
            source,
            object,
            labels: object.labels().strings(),
            namespace: object.namespace().map(|namespace| namespace.value),
            pods: pods(&object),
            choices: choices(&object),
        }
    }

    /// Where it is; `None` is unknown.
    pub(in crate::lint) fn namespace(&self) -> Option<&'w str> {
        self.namespace
    }

    /// Its name; empty where it has none.
    pub(in crate::lint) fn name(&self) -> &'w str {
        self.object.name().map_or("", |name| name.value)
    }

    /// The endpoints of a ServiceMonitor or PodMonitor.
    pub(in crate::lint) fn endpoints(&self) -> impl Iterator<Item = Node<'w>> + use<'w> {
        let key = match self.object.kind() {
            Kind::ServiceMonitor => "endpoints",
            _ => "podMetricsEndpoints",
        };
        self.object.spec().and_then(|spec| spec.get(key)).into_iter().flat_map(Node::items)
    }

    /// The namespaces that a ServiceMonitor, PodMonitor or Service looks into; `None` is all of them.
    pub(in crate::lint) fn looks_into(&self) -> Option<Vec<&'w str>> {
        let selector = match self.object.kind() {
            Kind::Service => None,
            _ => self.object.spec().and_then(|spec| spec.get("namespaceSelector")),
        };
        match Namespaces::of_monitor(selector).0 {
            Namespaces::Named(names) => Some(names),
            Namespaces::Own => self.namespace.map(|own| vec![own]),
            Namespaces::All | Namespaces::Labelled(_) => None,
        }
    }

    /// What it is called in a sentence: ``ServiceMonitor `web/api` ``.
    pub(in crate::lint) fn title(&self) -> String {
        let kind = self.object.kind_name().value;
        match self.namespace() {
            Some(namespace) => format!("{kind} `{namespace}/{}`", self.name()),
            None => format!("{kind} `{}`", self.name()),
        }
    }
}

fn choices<'w>(object: &Object<'w>) -> Vec<Choice<'w>> {
    let fields = Field::of(object.kind()).iter().map(|field| {
        let choice = field.read(object);
        let refused = choice.faults.iter().any(|fault| fault.value.is_fatal());
        let objects = match choice.objects {
            Some(selector) => Wanted::Labelled(selector),
            None if refused => Wanted::Refused,
            None => Wanted::Nothing,
        };
        let target = Target::Objects(field.kind);
        Choice { fields: (field.objects, field.namespaces), target, objects, namespaces: choice.namespaces }
    });
    fields.chain(own_selector(object)).collect()
}

/// `spec.selector` of a monitor or a Service.
fn own_selector<'w>(object: &Object<'w>) -> Option<Choice<'w>> {
    let spec = object.spec()?;
    let selector = spec.get("selector").filter(|node| node.value() != Some(Value::Null));
    let target = match object.kind() {
        Kind::ServiceMonitor => Target::Objects(Kind::Service),
        Kind::PodMonitor | Kind::Service => Target::Pods,
        _ => return None,
    };
    if object.kind() == Kind::Service {
        // Without a selector its endpoints are written by hand, and an external name has none.
        let reading = Selector::read_map(selector.filter(|node| node.entries().next().is_some())?);
        let objects = reading.selector.map_or(Wanted::Refused, Wanted::Labelled);
        return Some(Choice { fields: ("selector", ""), target, objects, namespaces: Some(Namespaces::Own) });
    }
    let objects = match selector {
        Some(node) => Selector::read(node).selector.map_or(Wanted::Refused, Wanted::Labelled),
        None => Wanted::Refused,
    };
    let (namespaces, faults) = Namespaces::of_monitor(spec.get("namespaceSelector"));
    let refused = faults.iter().any(|fault| fault.value.is_fatal());
    let namespaces = (!refused).then_some(namespaces);
    Some(Choice { fields: ("selector", "namespaceSelector"), target, objects, namespaces })
}

fn pods<'w>(object: &Object<'w>) -> Option<Pods<'w>> {
    match PodTemplate::of(object) {
        Some(template) => Some(Pods { labels: template.labels().strings(), ports: Some(template.ports()) }),
        None => operated(object),
    }
}

/// The pods that the operator makes of its own objects, by the labels that it gives them.
fn operated<'w>(object: &Object<'w>) -> Option<Pods<'w>> {
    let (app, key) = match object.kind() {
        Kind::Prometheus => ("prometheus", "prometheus"),
        Kind::PrometheusAgent => ("prometheus-agent", ""),
        Kind::Alertmanager => ("alertmanager", "alertmanager"),
        Kind::ThanosRuler => ("thanos-ruler", "thanos-ruler"),
        _ => return None,
    };
    let name = object.name()?.value;
    let metadata = object.spec().and_then(|spec| spec.get("podMetadata"));
    let mut labels = crate::k8s::Pairs::new(metadata.and_then(|metadata| metadata.get("labels"))).strings();
    labels.extend([
        ("app.kubernetes.io/name", app),
        ("app.kubernetes.io/managed-by", "prometheus-operator"),
        ("app.kubernetes.io/instance", name),
        ("operator.prometheus.io/name", name),
        ("operator.prometheus.io/shard", "0"),
    ]);
    if !key.is_empty() {
        labels.insert(key, name);
    }
    if let Some(version) = object.spec().and_then(|spec| spec.get("version")).and_then(Node::as_str) {
        labels.insert("app.kubernetes.io/version", version.trim_start_matches('v'));
    }
    Some(Pods { labels, ports: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::Options;
    use crate::lint::model::Model;
    use crate::lint::source;

    const MONITOR: &str = "{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: m, namespace: a, \
        labels: {team: x}}, spec: {selector: {matchLabels: {app: web, tier: back}}}}";

    /// Every link of a world, one a line: what selects, what is selected, and `holds` or what is between them.
    fn links(text: &str) -> String {
        let mut sources = Vec::new();
        source::read("test.yml", text.to_owned(), &mut sources);
        let model = Model::new(&sources, &Options::default());
        let graph = &model.graph;
        let every = graph.items().iter().flat_map(|item| {
            let monitor = (item.object.kind() == Kind::ServiceMonitor).then(|| graph.services_of(item));
            graph
                .selected_by(item)
                .into_iter()
                .chain(monitor.into_iter().flatten())
                .chain(graph.pods_of(item))
        });
        // A Service is selected by monitors: that link is there from both ends, and shown once.
        let mut lines: Vec<String> = every.map(|link| shown(&link)).collect();
        lines.sort();
        lines.dedup();
        lines.join("\n")
    }

    fn shown(link: &Link<'_, '_>) -> String {
        let mut parts: Vec<String> = link.misses.iter().map(Miss::to_string).collect();
        if link.absent {
            parts.push(format!("no {}", link.field));
        }
        if link.outside.is_some() {
            parts.push("outside".to_owned());
        }
        let state = if link.holds() { "holds".to_owned() } else { parts.join("; ") };
        format!("{} > {}: {state}", link.from.title(), link.to.title())
    }

    #[track_caller]
    fn check(others: &str, expect: &[&str]) {
        assert_eq!(links(&format!("{MONITOR}\n---\n{others}")), expect.join("\n"));
    }

    #[test]
    fn a_prometheus_selects_by_labels_and_namespaces() {
        let prometheus = |namespace: &str, spec: &str| {
            format!(
                "{{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {{name: p{namespace}}}, spec: {{{spec}}}}}"
            )
        };
        let at = ", namespace: b";
        let label = "serviceMonitorSelector: {matchLabels: {team: x}}";
        let all = "serviceMonitorNamespaceSelector: {}";
        let edge = |state: &str| format!("Prometheus `b/p` > ServiceMonitor `a/m`: {state}");
        check(&prometheus(at, label), &[&edge("outside")]);
        check(&prometheus(at, &format!("{label}, {all}")), &[&edge("holds")]);
        check(&prometheus(at, all), &[&edge("no serviceMonitorSelector")]);
        let other = "serviceMonitorSelector: {matchLabels: {team: z}}";
        check(&prometheus(at, other), &[&edge("label `team` is `x`, not `z`; outside")]);
        // A namespace that is not known may be the same, and a selector that is refused may select.
        check(&prometheus("", label), &["Prometheus `p` > ServiceMonitor `a/m`: holds"]);
        let refused = "serviceMonitorSelector: {matchExpressions: [{key: a, operator: Like}]}";
        check(&prometheus("", refused), &["Prometheus `p` > ServiceMonitor `a/m`: holds"]);
    }

    #[test]
    fn monitors_select_services_and_services_pods() {
        let service = "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: a, labels: {app: web, tier: front}}, spec: \
            {selector: {app: web}}}";
        let pods = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: a}, spec: {template: {metadata: \
            {labels: {app: web}}}}}";
        let edge = "ServiceMonitor `a/m` > Service `a/s`: label `tier` is `front`, not `back`";
        check(&format!("{service}\n---\n{pods}"), &["Service `a/s` > Deployment `a/d`: holds", edge]);
        let elsewhere = pods.replace("namespace: a", "namespace: b");
        check(&format!("{service}\n---\n{elsewhere}"), &["Service `a/s` > Deployment `b/d`: outside", edge]);
    }

    #[test]
    fn what_has_no_selector_has_no_links() {
        check("{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: web}}}", &[]);
        let manual = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}";
        let expect = "ServiceMonitor `a/m` > Service `s`: label `app` is absent, and must be `web`; label `tier` is absent, and must be `back`";
        check(&format!("{manual}\n---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p}}}}"), &[expect]);
    }

    #[test]
    fn the_nearest_misses_the_fewest() {
        let text = format!(
            "{MONITOR}\n---\n{{apiVersion: v1, kind: Service, metadata: {{name: far, namespace: b}}}}\n---\n\
            {{apiVersion: v1, kind: Service, metadata: {{name: near, namespace: a, labels: {{app: web}}}}}}"
        );
        let mut sources = Vec::new();
        source::read("test.yml", text, &mut sources);
        let model = Model::new(&sources, &Options::default());
        let monitor = model.graph.of(Kind::ServiceMonitor).next().expect("it is there");
        let links = model.graph.services_of(monitor);
        let near = nearest(&links).expect("there are two");
        assert_eq!((near.to.name(), near.distance(), near.asked), ("near", 1, 2));
    }
}
