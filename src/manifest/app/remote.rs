//! Where samples and alerts of an install go, as the operator has it and as Prometheus's own configuration does.

use super::super::spec::{Alertmanager, App, Credentials, RemoteWrite};
use crate::yaml::write::{Map, Value};

/// Where the operator mounts Secrets, which is as good a place as any without it.
const SECRETS: &str = "/etc/prometheus/secrets";

/// `spec.remoteWrite`; `None` when nobody gets samples.
pub(super) fn writes(app: &App) -> Option<Value> {
    let reference = |secret: &str, key: &str| Map::new().with("name", secret).with("key", key);
    let write = |write: &RemoteWrite| {
        let version = write.protocol.as_deref().map(|version| format!("V{version}"));
        let map = Map::new().with("url", &*write.url).with_opt("messageVersion", version);
        match &write.credentials {
            None => map,
            Some(Credentials::Basic { secret, user_key, password_key }) => {
                let basic = Map::new()
                    .with("username", reference(secret, user_key))
                    .with("password", reference(secret, password_key));
                map.with("basicAuth", basic)
            }
            Some(Credentials::Token { secret, key }) => {
                map.with("authorization", Map::new().with("credentials", reference(secret, key)))
            }
        }
    };
    Value::from(app.prometheus.remote_write.iter().map(write).collect::<Vec<_>>()).filled()
}

/// `spec.alerting`.
pub(super) fn alerting(app: &App) -> Option<Map> {
    let alertmanager = app.prometheus.alertmanager.as_ref()?;
    let endpoint = Map::new()
        .with("namespace", namespace(app, alertmanager))
        .with("name", &*alertmanager.name)
        .with("port", &*alertmanager.port);
    Some(Map::new().with("alertmanagers", [endpoint]))
}

fn namespace<'a>(app: &'a App, alertmanager: &'a Alertmanager) -> &'a str {
    alertmanager.namespace.as_deref().unwrap_or(&app.namespace)
}

/// `remote_write` of a `prometheus.yml`.
pub(super) fn plain_writes(app: &App) -> Option<Value> {
    let file = |secret: &str, key: &str| format!("{SECRETS}/{secret}/{key}");
    let write = |write: &RemoteWrite| {
        let message = write.protocol.as_deref().map(|version| match version {
            "2.0" => "io.prometheus.write.v2.Request",
            _ => "prometheus.WriteRequest",
        });
        let map = Map::new().with("url", &*write.url).with_opt("protobuf_message", message);
        match &write.credentials {
            None => map,
            Some(Credentials::Basic { secret, user_key, password_key }) => {
                let basic = Map::new()
                    .with("username_file", file(secret, user_key))
                    .with("password_file", file(secret, password_key));
                map.with("basic_auth", basic)
            }
            Some(Credentials::Token { secret, key }) => {
                map.with("authorization", Map::new().with("credentials_file", file(secret, key)))
            }
        }
    };
    Value::from(app.prometheus.remote_write.iter().map(write).collect::<Vec<_>>()).filled()
}

/// `alerting` of a `prometheus.yml`: the pods behind the Service, as the operator finds them.
pub(super) fn plain_alerting(app: &App) -> Option<Map> {
    let alertmanager = app.prometheus.alertmanager.as_ref()?;
    let namespaces = Map::new().with("names", [namespace(app, alertmanager)]);
    let discovery = Map::new().with("role", "endpointslice").with("namespaces", namespaces);
    let rules = [
        keep("__meta_kubernetes_service_name", &alertmanager.name),
        keep("__meta_kubernetes_endpointslice_port_name", &alertmanager.port),
    ];
    let found = Map::new().with("kubernetes_sd_configs", [discovery]).with("relabel_configs", rules);
    Some(Map::new().with("alertmanagers", [found]))
}

/// The relabel rule that keeps targets whose label has this value.
pub(super) fn keep(label: &str, value: &str) -> Map {
    Map::new().with("source_labels", [label]).with("regex", value.replace('.', r"\.")).with("action", "keep")
}
