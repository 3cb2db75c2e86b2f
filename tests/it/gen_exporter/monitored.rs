//! A real Prometheus that runs with the files of a project.

use std::net::SocketAddr;
use std::path::Path;

use super::{PATIENCE, Project};
use crate::support::prometheus::Prometheus;
use crate::support::wait;

pub(super) struct Monitored {
    prometheus: Prometheus,
}

impl Monitored {
    /// Starts it with the project's configuration and rules: every second instead of every 15, and with the addresses
    /// that names of the compose file have here.
    pub(super) fn start(binary: &Path, project: &Project, addresses: &[(String, SocketAddr)]) -> Self {
        let rules = project.folder.join("monitoring/rules.yml");
        let prometheus = Prometheus::start(binary, "", |own| {
            let mut config = project.read("monitoring/prometheus.yml");
            let mut replace = |from: &str, to: &str| {
                assert!(config.contains(from), "no {from} in\n{config}");
                config = config.replace(from, to);
            };
            replace("_interval: 15s", "_interval: 1s");
            replace("- rules.yml", &format!("- {}", rules.display()));
            replace("localhost:9090", &own.to_string());
            for (name, address) in addresses {
                replace(name, &address.to_string());
            }
            config
        });
        Self { prometheus }
    }

    /// Waits until the query gives something, and that value where there is one to expect.
    #[track_caller]
    pub(super) fn wait_for(&self, query: &str, expect: Option<f64>) {
        wait::until(query, PATIENCE, || {
            let series = self.prometheus.query(query)?;
            let values: Vec<f64> = series.iter().map(|(_, value)| *value).collect();
            let right = match expect {
                Some(expect) => values == [expect],
                None => !values.is_empty() && values.iter().all(|value| value.is_finite()),
            };
            right.then_some(()).ok_or(format!("{series:?}"))
        });
    }
}

/// The queries of all panels of a dashboard, with values for Grafana's variables.
pub(super) fn panel_queries(dashboard: &str) -> Vec<String> {
    let dashboard: serde_json::Value = serde_json::from_str(dashboard).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut queries = Vec::new();
    for panel in panels {
        for target in panel["targets"].as_array().expect("every panel asks something") {
            let query = target["expr"].as_str().expect("PromQL");
            queries.push(query.replace("$__rate_interval", "10s").replace("$job", ".+"));
        }
    }
    assert!(queries.len() >= panels.len() && queries.iter().all(|query| !query.contains('$')), "{queries:?}");
    queries
}
