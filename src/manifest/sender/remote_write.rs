//! The one entry of `remote_write`, as `prometheus.yml` and as the operator's objects have it.

use super::super::kept::{Rule, Spelling};
use super::super::spec::{Keys, Secret, Sender, Version};
use crate::yaml::write::{Map, Value};

/// Where the operator puts the Secrets that a Prometheus lists, and the agent its own.
pub(super) const SECRETS_FOLDER: &str = "/etc/prometheus/secrets";

/// A list of it alone.
pub(super) fn list(sender: &Sender, spelling: Spelling) -> Vec<Map> {
    let of = |plain, operator| spelling.of(plain, operator);
    let mut entry = Map::new()
        .with("url", &*sender.url)
        .with("name", &*sender.name)
        .with_opt(of("protobuf_message", "messageVersion"), version(sender.protocol, spelling))
        .with_opt(of("send_exemplars", "sendExemplars"), sender.exemplars.then_some(true))
        .with_opt(
            of("send_native_histograms", "sendNativeHistograms"),
            sender.native_histograms.then_some(true),
        );
    if let Some(secret) = &sender.secret {
        let (field, value) = authentication(secret, spelling);
        entry.set(field, value);
    }
    vec![
        entry
            .with_opt(
                of("write_relabel_configs", "writeRelabelConfigs"),
                rules(&sender.kept.rules(), spelling),
            )
            .with_opt(of("queue_config", "queueConfig"), queue(sender, spelling)),
    ]
}

/// A list of relabel rules; `None` when it would be empty.
pub(super) fn rules(rules: &[Rule], spelling: Spelling) -> Option<Value> {
    let rules: Vec<Map> = rules.iter().map(|rule| rule.to_map(spelling)).collect();
    Value::from(rules).filled()
}

/// Labels of the sender; `None` when there are none.
pub(super) fn external_labels(sender: &Sender) -> Option<Value> {
    let labels: Map = sender.external_labels.iter().cloned().collect();
    Value::Map(labels).filled()
}

/// 1.0 is the default of every Prometheus, also of those that do not know the field.
fn version(version: Version, spelling: Spelling) -> Option<&'static str> {
    match version {
        Version::V1 => None,
        Version::V2 => Some(spelling.of("io.prometheus.write.v2.Request", "V2.0")),
    }
}

fn authentication(secret: &Secret, spelling: Spelling) -> (&'static str, Map) {
    let Secret { name, keys } = secret;
    let file = |key: &str| Value::from(format!("{SECRETS_FOLDER}/{name}/{key}"));
    let reference = |key: &str| Value::Map(Map::new().with("name", &**name).with("key", key));
    match (keys, spelling) {
        (Keys::Bearer { token }, Spelling::Plain) => {
            ("authorization", Map::new().with("credentials_file", file(token)))
        }
        (Keys::Bearer { token }, Spelling::Operator) => {
            ("authorization", Map::new().with("credentials", reference(token)))
        }
        (Keys::Basic { username, password }, Spelling::Plain) => {
            let files =
                Map::new().with("username_file", file(username)).with("password_file", file(password));
            ("basic_auth", files)
        }
        (Keys::Basic { username, password }, Spelling::Operator) => {
            let keys = Map::new().with("username", reference(username)).with("password", reference(password));
            ("basicAuth", keys)
        }
    }
}

fn queue(sender: &Sender, spelling: Spelling) -> Option<Map> {
    let queue = sender.queue?;
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Some(
        Map::new()
            .with("capacity", number(queue.capacity))
            .with(spelling.of("max_shards", "maxShards"), number(queue.max_shards))
            .with(
                spelling.of("max_samples_per_send", "maxSamplesPerSend"),
                number(queue.max_samples_per_send),
            ),
    )
}
