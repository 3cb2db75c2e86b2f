//! Configuration beside the objects: values of kube-prometheus-stack, and what a Prometheus without the operator reads.

use super::super::names;
use super::super::spec::{App, Role, Target};
use super::remote::{self, keep};
use super::{Fragment, rules};
use crate::yaml::write::{Map, Value};

pub(super) fn all(app: &App, targets: &[Target]) -> Vec<Fragment> {
    let rules = Map::new().with("groups", rules::groups(app, targets));
    vec![
        Fragment {
            name: "kube-prometheus-stack-values.yaml".into(),
            comment: "values of the chart kube-prometheus-stack: its own Prometheus is off, and what it does run\n\
                      looks at this namespace alone: `helm install … -f` this file"
                .into(),
            body: stack_values(app),
        },
        Fragment {
            name: "prometheus.yaml".into(),
            comment: "for a Prometheus without the operator: its configuration, which names the two files beside it; Secrets are\n\
                      mounted below /etc/prometheus/secrets, each in a folder of its name"
                .into(),
            body: configuration(app),
        },
        Fragment {
            name: "scrape-configs.yaml".into(),
            comment: "for a Prometheus without the operator: `scrape_config_files` of its configuration names this file"
                .into(),
            body: scrape_configs(app, targets),
        },
        Fragment {
            name: "rules.yaml".into(),
            comment: "for a Prometheus without the operator: `rule_files` of its configuration names this file".into(),
            body: rules,
        },
    ]
}

fn off() -> Map {
    Map::new().with("enabled", false)
}

/// The chart selects all namespaces by default, and makes a Prometheus that would take every monitor there is.
fn stack_values(app: &App) -> Map {
    let namespace = app.namespace.as_str();
    let sidecar = |label: &str| {
        Map::new()
            .with("enabled", true)
            .with("label", label)
            .with("labelValue", "1")
            .with("searchNamespace", namespace)
    };
    let dashboards = sidecar(names::DASHBOARD)
        .with("folderAnnotation", "grafana_folder")
        .with("provider", Map::new().with("foldersFromFilesStructure", true));
    let sources = sidecar(names::DATA_SOURCE).with("defaultDatasourceEnabled", false);
    let grafana = Map::new()
        .with("defaultDashboardsEnabled", false)
        .with("rbac", Map::new().with("namespaced", true))
        .with("serviceMonitor", off())
        .with("sidecar", Map::new().with("dashboards", dashboards).with("datasources", sources));
    let namespaces = Map::new().with("releaseNamespace", false).with("additional", [namespace]);
    // Nothing would choose the monitors that the chart makes of itself.
    let operator = Map::new()
        .with("namespaces", namespaces)
        .with("serviceMonitor", Map::new().with("selfMonitor", false));
    let mut values = Map::new()
        .with("prometheus", off())
        .with("alertmanager", off())
        .with("defaultRules", Map::new().with("create", false))
        .with("prometheusOperator", operator)
        .with("grafana", grafana);
    for component in [
        "nodeExporter",
        "kubeStateMetrics",
        "kubernetesServiceMonitors",
        "kubeApiServer",
        "kubelet",
        "kubeControllerManager",
        "coreDns",
        "kubeEtcd",
        "kubeScheduler",
        "kubeProxy",
    ] {
        values.set(component, off());
    }
    values
}

fn configuration(app: &App) -> Map {
    let interval = &*app.prometheus.interval;
    let global = Map::new().with("scrape_interval", interval).with("evaluation_interval", interval);
    Map::new()
        .with("global", global)
        .with("scrape_config_files", ["scrape-configs.yaml"])
        .with("rule_files", ["rules.yaml"])
        .with_opt("alerting", remote::plain_alerting(app))
        .with_opt("remote_write", remote::plain_writes(app))
}

fn scrape_configs(app: &App, targets: &[Target]) -> Map {
    let jobs: Vec<Map> = targets.iter().map(|target| job(app, target)).collect();
    Map::new().with("scrape_configs", jobs)
}

/// What the operator makes of the target's monitor, as one would write it by hand.
fn job(app: &App, target: &Target) -> Map {
    let (role, labels, port) = match target.role {
        Role::Service => {
            ("endpointslice", "__meta_kubernetes_service_label", "__meta_kubernetes_endpointslice_port_name")
        }
        Role::Pod => ("pod", "__meta_kubernetes_pod_label", "__meta_kubernetes_pod_container_port_name"),
    };
    let namespaces = Map::new().with("names", [&*app.namespace]);
    let mut rules: Vec<Map> =
        target.selector.iter().map(|(key, value)| keep(&format!("{labels}_{}", meta(key)), value)).collect();
    rules.push(keep(port, &target.port));
    if target.role == Role::Pod {
        let ended = Map::new()
            .with("source_labels", ["__meta_kubernetes_pod_phase"])
            .with("regex", "Failed|Succeeded")
            .with("action", "drop");
        rules.push(ended);
    }
    rules.push(copy("__meta_kubernetes_namespace", "namespace"));
    rules.push(copy("__meta_kubernetes_pod_name", "pod"));
    rules.push(Map::new().with("target_label", "job").with("replacement", &*target.name));
    Map::new()
        .with("job_name", format!("{}/{}", app.namespace, names::of(&app.name, &target.name)))
        .with("scrape_interval", target.interval.as_deref().unwrap_or(&app.prometheus.interval))
        .with_opt("scrape_timeout", target.timeout.as_deref())
        .with_opt("sample_limit", target.sample_limit)
        .with("metrics_path", &*target.path)
        .with("scheme", &*target.scheme)
        .with("kubernetes_sd_configs", [Map::new().with("role", role).with("namespaces", namespaces)])
        .with("relabel_configs", Value::from(rules))
}

fn copy(from: &str, to: &str) -> Map {
    Map::new().with("source_labels", [from]).with("target_label", to)
}

/// A key as service discovery writes it into the name of a label.
fn meta(key: &str) -> String {
    key.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}
