//! Workloads and Services as they stand in manifests, and which belong together.

use std::collections::BTreeMap;

use crate::k8s::{ContainerPort, Kind, Object, Pairs, PodTemplate, ServicePort};
use crate::yaml::{File, Node};

/// What runs pods and goes on running them.
pub(super) struct Workload<'d> {
    pub(super) name: &'d str,
    pub(super) kind: Kind,
    pub(super) kind_name: &'d str,
    pub(super) object: Object<'d>,
    pub(super) template: PodTemplate<'d>,
    pub(super) ports: Vec<ContainerPort<'d>>,
}

pub(super) struct Service<'d> {
    pub(super) name: &'d str,
    pub(super) object: Object<'d>,
    pub(super) ports: Vec<ServicePort<'d>>,
    selector: BTreeMap<&'d str, &'d str>,
}

pub(super) struct World<'d> {
    pub(super) objects: Vec<Object<'d>>,
    pub(super) workloads: Vec<Workload<'d>>,
    pub(super) services: Vec<Service<'d>>,
}

impl<'d> World<'d> {
    pub(super) fn new(files: &'d [File]) -> Self {
        let objects: Vec<Object<'d>> = files.iter().flat_map(Object::all).collect();
        let workloads = objects.iter().filter_map(workload).collect();
        let services = objects.iter().filter_map(service).collect();
        Self { objects, workloads, services }
    }

    /// The Services that lead to the pods of a workload, as far as namespaces are known.
    pub(super) fn services_of<'w>(
        &'w self,
        workload: &'w Workload<'d>,
    ) -> impl Iterator<Item = &'w Service<'d>> {
        let labels = workload.template.labels().strings();
        let namespace = |object: &Object<'d>| object.namespace().map(|it| it.value);
        self.services.iter().filter(move |service| {
            let here = match (namespace(&service.object), namespace(&workload.object)) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            };
            here && !service.selector.is_empty()
                && service.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        })
    }
}

impl<'d> Workload<'d> {
    pub(super) fn containers(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        self.template.containers()
    }

    /// By which its pods are found.
    pub(super) fn selector(&self) -> BTreeMap<&'d str, &'d str> {
        let spec = self.object.spec().and_then(|spec| spec.get("selector"));
        let labels = Pairs::new(spec.and_then(|selector| selector.get("matchLabels"))).strings();
        if labels.is_empty() { stable(self.template.labels().strings()) } else { labels }
    }
}

impl<'d> Service<'d> {
    /// By which a monitor finds it; empty when it has none that stay.
    pub(super) fn labels(&self) -> BTreeMap<&'d str, &'d str> {
        stable(self.object.labels().strings())
    }
}

/// Without labels that change with every release.
fn stable<'d>(labels: BTreeMap<&'d str, &'d str>) -> BTreeMap<&'d str, &'d str> {
    const FLEETING: [&str; 7] = [
        "helm.sh/chart",
        "chart",
        "heritage",
        "app.kubernetes.io/version",
        "app.kubernetes.io/managed-by",
        "version",
        "pod-template-hash",
    ];
    labels.into_iter().filter(|(key, _)| !FLEETING.contains(key)).collect()
}

fn workload<'d>(object: &Object<'d>) -> Option<Workload<'d>> {
    if !matches!(object.kind(), Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet) {
        return None;
    }
    let template = PodTemplate::of(object)?;
    Some(Workload {
        name: object.name()?.value,
        kind: object.kind(),
        kind_name: object.kind_name().value,
        object: *object,
        template,
        ports: template.ports(),
    })
}

fn service<'d>(object: &Object<'d>) -> Option<Service<'d>> {
    if object.kind() != Kind::Service {
        return None;
    }
    let spec = object.spec()?;
    Some(Service {
        name: object.name()?.value,
        object: *object,
        ports: ServicePort::of_spec(spec).collect(),
        selector: Pairs::new(spec.get("selector")).strings(),
    })
}
