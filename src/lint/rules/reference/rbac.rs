//! A Prometheus whose service account may not see what its monitors look for.

mod grant;

use std::collections::BTreeMap;

use self::grant::{Account, Resource};
use super::far::name_span;
use crate::diagnostic::{Finding, Severity};
use crate::k8s::{Kind, Namespaces, Placed};
use crate::lint::live;
use crate::lint::model::{Item, Model};
use crate::lint::options::Options;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "reference/rbac",
    severity: Severity::Warning,
    summary: "a Prometheus whose service account may not list what its monitors look for",
    page: include_str!("../../../../docs/rules/reference/rbac.md"),
    opt_in: false,
    check: Check::World(check),
};

const ENDPOINTS: Resource = ("", "endpoints");
const ENDPOINT_SLICES: Resource = ("discovery.k8s.io", "endpointslices");
const SERVICES: Resource = ("", "services");
const PODS: Resource = ("", "pods");
const NODES: Resource = ("", "nodes");

/// What is not allowed in a namespace, `None` for all of them, and for which monitor.
type Refused<'g, 'w> = BTreeMap<Option<&'w str>, (Vec<Resource>, &'g Item<'w>)>;

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for kind in [Kind::Prometheus, Kind::PrometheusAgent] {
        for prometheus in model.graph.of(kind) {
            one(model, prometheus, out);
        }
    }
}

fn one<'w>(model: &Model<'w>, prometheus: &Item<'w>, out: &mut Out<'_>) {
    let monitors = [Kind::ServiceMonitor, Kind::PodMonitor].into_iter().flat_map(|kind| model.graph.of(kind));
    let selected =
        monitors.filter(|monitor| model.graph.between(prometheus, monitor).any(|link| link.holds()));
    for refusal in refusals(model, prometheus, selected, out.options).unwrap_or_default() {
        out.report_in(prometheus.source, refusal.finding);
    }
}

/// What a service account may not list in a namespace, `None` for all of them.
pub(in crate::lint) struct Refusal<'w> {
    pub(in crate::lint) finding: Finding,
    pub(in crate::lint) namespace: Option<&'w str>,
    /// Groups and kinds.
    pub(in crate::lint) resources: Vec<(&'static str, &'static str)>,
}

/// What the service account of `prometheus` may not do for these monitors, which it selects; `None` where that is not
/// known.
pub(in crate::lint) fn refusals<'g, 'w: 'g>(
    model: &Model<'w>,
    prometheus: &Item<'w>,
    monitors: impl Iterator<Item = &'g Item<'w>>,
    options: &Options,
) -> Option<Vec<Refusal<'w>>> {
    let spec = prometheus.object.spec()?;
    let written = Placed::of(spec, "serviceAccountName");
    let name = written.map_or("default", |name| name.value);
    let account = Account::of(model, name, prometheus.namespace())?;
    // What is bound elsewhere is not known, unless everything there is was said to be here.
    if account.is_unbound() && !(options.complete && account.has_bindings()) {
        return None;
    }
    let span = written.map_or(name_span(prometheus), |name| name.span);
    let mut found = Vec::new();
    for (namespace, (resources, monitor)) in refused(monitors, spec, &account) {
        if options.hides(live::GRANTS, namespace.as_ref().map(std::slice::from_ref)) {
            continue;
        }
        let whose = match prometheus.namespace() {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        };
        let place =
            namespace.map_or("all namespaces".to_owned(), |namespace| format!("namespace `{namespace}`"));
        let listed = resources.iter().map(|(_, it)| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let message = format!(
            "service account `{whose}` may not list and watch {listed} in {place}, where {} looks",
            monitor.title()
        );
        let help = match namespace {
            Some(namespace) => format!(
                "bind it a Role in `{namespace}` that has them, with the verbs `get`, `list` and `watch`"
            ),
            None => {
                "bind it a ClusterRole that has them, with the verbs `get`, `list` and `watch`".to_owned()
            }
        };
        let finding = RULE
            .at(span, message)
            .label("this account")
            .why("Prometheus finds no targets there; its log alone says `forbidden`")
            .help(help);
        let other = name_span(monitor);
        let finding =
            super::far::with_other(finding, model, prometheus.source, monitor, other, "the monitor");
        found.push(Refusal { finding, namespace, resources });
    }
    Some(found)
}

fn refused<'g, 'w>(
    monitors: impl Iterator<Item = &'g Item<'w>>,
    spec: Node<'w>,
    account: &Account<'w>,
) -> Refused<'g, 'w> {
    let mut refused = Refused::new();
    for monitor in monitors {
        for (namespace, resource) in needs(monitor, spec) {
            let all = ["list", "watch"].iter().all(|verb| account.may(verb, resource, namespace));
            if !all {
                let entry = refused.entry(namespace).or_insert((Vec::new(), monitor));
                if !entry.0.contains(&resource) {
                    entry.0.push(resource);
                }
            }
        }
    }
    refused
}

/// What a monitor makes Prometheus list, and where; a namespace that is not known is left out.
fn needs<'w>(monitor: &Item<'w>, prometheus: Node<'w>) -> Vec<(Option<&'w str>, Resource)> {
    let Some(spec) = monitor.object.spec() else { return Vec::new() };
    let own_only =
        prometheus.get("ignoreNamespaceSelectors").and_then(Node::value) == Some(Value::Bool(true));
    let namespaces = match Namespaces::of_monitor(spec.get("namespaceSelector")).0 {
        Namespaces::All if !own_only => vec![None],
        Namespaces::Named(names) if !own_only => names.into_iter().map(Some).collect(),
        _ => monitor.namespace().map(Some).into_iter().collect(),
    };
    let role = spec.get("serviceDiscoveryRole").or(prometheus.get("serviceDiscoveryRole"));
    let slices = role.and_then(Node::as_str) == Some("EndpointSlice");
    let resources = match monitor.object.kind() {
        Kind::PodMonitor => vec![PODS],
        _ => vec![if slices { ENDPOINT_SLICES } else { ENDPOINTS }, PODS, SERVICES],
    };
    let nodes = spec.get("attachMetadata").and_then(|attach| attach.get("node")).and_then(Node::value);
    let mut needs: Vec<(Option<&str>, Resource)> = Vec::new();
    if nodes == Some(Value::Bool(true)) {
        needs.push((None, NODES));
    }
    for namespace in namespaces {
        needs.extend(resources.iter().map(|resource| (namespace, *resource)));
    }
    needs
}
