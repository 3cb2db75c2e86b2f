//! Names and labels of generated objects: one home, so that what selects and what is selected cannot differ.

use crate::yaml::write::Map;

const PART_OF: &str = "app.kubernetes.io/part-of";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const NAME: &str = "app.kubernetes.io/name";
const INSTANCE: &str = "app.kubernetes.io/instance";

/// The label that every namespace has, its name.
pub(super) const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// The labels by which Grafana's sidecars find dashboards and data sources.
pub(super) const DASHBOARD: &str = "grafana_dashboard";
pub(super) const DATA_SOURCE: &str = "grafana_datasource";

/// Labels that are set here: nobody else may.
pub(super) const OWN_LABELS: [&str; 6] = [PART_OF, MANAGED_BY, NAME, INSTANCE, DASHBOARD, DATA_SOURCE];

/// What, behind the name of the application, names an object of our own.
pub(super) const RESERVED_NAMES: [&str; 3] = ["prometheus", "dashboard", "datasource"];

/// The name of what belongs to `part` of the application.
pub(super) fn of(app: &str, part: &str) -> String {
    format!("{app}-{part}")
}

/// The name of what belongs to an install, where names of several installs meet: no other name has a `.`.
pub(super) fn of_namespace(name: &str, namespace: &str) -> String {
    format!("{name}.{namespace}")
}

/// The objects that the Prometheus of this application takes: monitors, rules.
pub(super) fn chosen(app: &str) -> Map {
    Map::new().with(PART_OF, app)
}

/// The labels of every object: those that are chosen by, whose it is, and what somebody wants besides.
pub(super) fn labels(app: &str, others: &[(String, String)]) -> Vec<(String, String)> {
    let own = [(PART_OF, app), (MANAGED_BY, "obsctl")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    own.into_iter().chain(others.iter().cloned()).collect()
}

/// The labels by which the pods and the Service of an exporter are found.
pub(super) fn exporter(program: &str, name: &str) -> Vec<(String, String)> {
    vec![(NAME.to_owned(), program.to_owned()), (INSTANCE.to_owned(), name.to_owned())]
}

/// The labels that the operator gives to the pods of the Prometheus `name`.
pub(super) fn prometheus_pods(name: &str) -> Map {
    Map::new().with(NAME, "prometheus").with("operator.prometheus.io/name", name)
}
