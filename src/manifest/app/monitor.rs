//! The monitor of one target: a ServiceMonitor, or a PodMonitor where no Service leads to it.

use super::super::names;
use super::super::spec::{App, Role, Target};
use super::{match_labels, object};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

pub(super) fn manifest(app: &App, target: &Target) -> Manifest {
    // The operator makes `job` of the Service's or the monitor's name: rules and dashboards know the target's.
    let job =
        Map::new().with("action", "replace").with("targetLabel", "job").with("replacement", &*target.name);
    let endpoint = Map::new()
        .with("port", &*target.port)
        .with("path", &*target.path)
        .with("scheme", &*target.scheme)
        .with_opt("interval", target.interval.as_deref())
        .with_opt("scrapeTimeout", target.timeout.as_deref())
        .with("relabelings", [job]);
    let (kind, endpoints) = match target.role {
        Role::Service => ("ServiceMonitor", "endpoints"),
        Role::Pod => ("PodMonitor", "podMetricsEndpoints"),
    };
    let selector: Map = target.selector.iter().cloned().collect();
    let spec = Map::new()
        .with("selector", match_labels(selector))
        .with_opt("sampleLimit", target.sample_limit)
        .with(endpoints, [endpoint]);
    object(app, "monitoring.coreos.com/v1", kind, &names::of(&app.name, &target.name)).with("spec", spec)
}
