//! Pods in objects: the template of a workload, or the Pod itself.

use super::kind::Kind;
use super::object::Object;
use super::pairs::{Pairs, Placed};
use super::ports::ContainerPort;
use crate::yaml::Node;

/// What the pods of a workload are made from.
#[derive(Clone, Copy, Debug)]
pub struct PodTemplate<'d> {
    node: Node<'d>,
}

impl<'d> PodTemplate<'d> {
    /// The template of a workload, or a Pod; `None` for other kinds, and where it is not written.
    #[must_use]
    pub fn of(object: &Object<'d>) -> Option<Self> {
        let node = match object.kind() {
            Kind::Pod => Some(object.node()),
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job => {
                object.spec()?.get("template")
            }
            Kind::CronJob => job_template(object)?.get("spec")?.get("template"),
            _ => None,
        };
        node.map(|node| Self { node })
    }

    /// The mapping with its `metadata` and `spec`.
    #[must_use]
    pub fn node(&self) -> Node<'d> {
        self.node
    }

    #[must_use]
    pub fn labels(&self) -> Pairs<'d> {
        self.pairs("labels")
    }

    #[must_use]
    pub fn annotations(&self) -> Pairs<'d> {
        self.pairs("annotations")
    }

    #[must_use]
    pub fn spec(&self) -> Option<Node<'d>> {
        self.node.get("spec")
    }

    /// `serviceAccountName`, or `serviceAccount`, its old name; without both the account is `default`.
    #[must_use]
    pub fn service_account(&self) -> Option<Placed<&'d str>> {
        let spec = self.spec()?;
        Placed::of(spec, "serviceAccountName").or_else(|| Placed::of(spec, "serviceAccount"))
    }

    pub fn containers(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        self.list("containers")
    }

    /// All init containers, also those that run beside the others, see [`PodTemplate::sidecars`].
    pub fn init_containers(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        self.list("initContainers")
    }

    /// The init containers that go on running: `restartPolicy: Always`.
    pub fn sidecars(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        let stays =
            |container: &Node<'d>| container.get("restartPolicy").and_then(Node::as_str) == Some("Always");
        self.init_containers().filter(stays)
    }

    pub fn volumes(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        self.list("volumes")
    }

    /// The ports of all containers that go on running, containers before sidecars, as a Service looks for them.
    #[must_use]
    pub fn ports(&self) -> Vec<ContainerPort<'d>> {
        self.containers().chain(self.sidecars()).flat_map(ContainerPort::of_container).collect()
    }

    fn pairs(&self, key: &str) -> Pairs<'d> {
        Pairs::new(self.node.get("metadata").and_then(|metadata| metadata.get(key)))
    }

    fn list(&self, key: &str) -> impl Iterator<Item = Node<'d>> + use<'d> {
        self.spec().and_then(|spec| spec.get(key)).into_iter().flat_map(Node::items)
    }
}

/// What the Jobs of a CronJob are made from.
pub(super) fn job_template<'d>(object: &Object<'d>) -> Option<Node<'d>> {
    object.spec()?.get("jobTemplate")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Budget, File};

    const TEMPLATE: &str = "{metadata: {labels: {app: web}}, spec: {serviceAccount: s, containers: [{name: a, ports: \
        [{containerPort: 80}]}], initContainers: [{name: i, ports: [{containerPort: 1}]}, {name: b, restartPolicy: \
        Always, ports: [{containerPort: 90}]}], volumes: [{name: v}]}}";

    /// Labels, account, containers, sidecars, volumes and ports of the template in an object.
    #[track_caller]
    fn check(api_version: &str, kind: &str, rest: &str, expect: Option<&str>) {
        let text = format!("{{apiVersion: {api_version}, kind: {kind}, {rest}}}");
        let file = File::parse(text, &Budget::default());
        let object = Object::all(&file).pop().expect("an object");
        let shown = PodTemplate::of(&object).map(|template| {
            let names = |nodes: &mut dyn Iterator<Item = Node<'_>>| {
                nodes
                    .filter_map(|node| node.get("name")?.as_str().map(str::to_owned))
                    .collect::<Vec<_>>()
                    .join("+")
            };
            format!(
                "{} {} {} {} {} {:?}",
                template.labels().get("app").and_then(|label| label.value()).unwrap_or("-"),
                template.service_account().map_or("-", |name| name.value),
                names(&mut template.containers()),
                names(&mut template.sidecars()),
                names(&mut template.volumes()),
                template.ports().iter().map(|port| port.number.value).collect::<Vec<_>>(),
            )
        });
        assert_eq!(shown.as_deref(), expect);
    }

    #[test]
    fn every_workload_has_one() {
        let expect = Some("web s a b v [80, 90]");
        for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] {
            check("apps/v1", kind, &format!("spec: {{template: {TEMPLATE}}}"), expect);
        }
        check("batch/v1", "Job", &format!("spec: {{template: {TEMPLATE}}}"), expect);
        let nested = format!("spec: {{jobTemplate: {{spec: {{template: {TEMPLATE}}}}}}}");
        check("batch/v1", "CronJob", &nested, expect);
        check("v1", "Pod", &TEMPLATE[1..TEMPLATE.len() - 1], expect);
    }

    #[test]
    fn other_kinds_and_broken_objects_have_none() {
        check("v1", "Service", "spec: {template: {}}", None);
        check("apps/v1", "Deployment", "spec: {}", None);
        check("batch/v1", "CronJob", "spec: {template: {}}", None);
        check("apps/v1", "Deployment", "spec: {template: {spec: 1}}", Some("- -    []"));
    }
}
