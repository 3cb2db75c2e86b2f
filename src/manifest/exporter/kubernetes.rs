//! The Kubernetes objects of a project. They have no namespace: whoever applies them says it.

use super::object::{container_rights, labels, match_name, monitored, object, pod_rights, resources};
use super::{Exporter, Language, PORT};
use crate::k8s::{self, Manifest};
use crate::yaml::write::Map;

const PUSHGATEWAY: &str = "pushgateway";
const PUSHGATEWAY_PORT: u16 = 9091;
const SPOOL: &str = "/spool";

pub(super) fn deployment(exporter: &Exporter) -> String {
    let name = exporter.name.as_str();
    let probe = |period: i64| {
        let get = Map::new().with("path", "/healthz").with("port", "metrics");
        Map::new().with("httpGet", get).with("periodSeconds", period).with("timeoutSeconds", 5)
    };
    let container = container(exporter, vec![format!("--folder={SPOOL}")])
        .with("ports", [port("metrics", PORT)])
        .with("livenessProbe", probe(30))
        .with("readinessProbe", probe(10));
    let template =
        Map::new().with("metadata", Map::new().with("labels", labels(name))).with("spec", pod(container));
    let spec = Map::new()
        .with("replicas", 1)
        .with("strategy", Map::new().with("type", "Recreate"))
        .comment("strategy", "Two at once would count the same files twice.")
        .with("selector", match_name(name))
        .with("template", template);
    object("apps/v1", "Deployment", name, name).with("spec", spec).to_yaml()
}

pub(super) fn pod_monitor(exporter: &Exporter) -> String {
    let name = exporter.name.as_str();
    let endpoint = Map::new()
        .with("port", "metrics")
        .with("path", "/metrics")
        .with("interval", "30s")
        .with("scrapeTimeout", "10s");
    let spec = Map::new()
        .with("selector", match_name(name))
        .with("jobLabel", super::object::NAME)
        .comment("jobLabel", format!("Rules and dashboards know it as job=\"{name}\"."))
        .with("sampleLimit", 2000)
        .with("podMetricsEndpoints", [endpoint]);
    monitored(exporter, "PodMonitor", name)
        .comment(
            "A PodMonitor: nobody but Prometheus talks to the exporter, so that it needs no Service, which would leave\n\
             out pods that are not ready.",
        )
        .with("spec", spec)
        .to_yaml()
}

pub(super) fn cron_job(exporter: &Exporter) -> String {
    let name = exporter.name.as_str();
    let field = Map::new().with("fieldRef", Map::new().with("fieldPath", "metadata.namespace"));
    let namespace = Map::new().with("name", "NAMESPACE").with("valueFrom", field);
    let args = vec![
        format!("--folder={SPOOL}"),
        format!("--pushgateway=http://{PUSHGATEWAY}:{PUSHGATEWAY_PORT}"),
        "--grouping=instance=$(NAMESPACE)".to_owned(),
    ];
    let container = container(exporter, args).with("env", [namespace]);
    let pod = pod(container).with("restartPolicy", "Never");
    let template = Map::new().with("metadata", Map::new().with("labels", labels(name))).with("spec", pod);
    let job = Map::new()
        .with("backoffLimit", 2)
        .with("activeDeadlineSeconds", 240)
        .comment("activeDeadlineSeconds", "A run that hangs is over before the next one begins.")
        .with("template", template);
    let spec = Map::new()
        .with("schedule", "*/5 * * * *")
        .with("concurrencyPolicy", "Forbid")
        .with("startingDeadlineSeconds", 120)
        .with("successfulJobsHistoryLimit", 1)
        .with("failedJobsHistoryLimit", 3)
        .with("jobTemplate", Map::new().with("spec", job));
    object("batch/v1", "CronJob", name, name).with("spec", spec).to_yaml()
}

/// A Pushgateway, how it is reached and how it is scraped.
pub(super) fn pushgateway(exporter: &Exporter) -> String {
    let container = Map::new()
        .with("name", PUSHGATEWAY)
        .with("image", "prom/pushgateway:v1.11.1")
        .with("ports", [port("http", PUSHGATEWAY_PORT)])
        .with(
            "readinessProbe",
            Map::new().with("httpGet", Map::new().with("path", "/-/ready").with("port", "http")),
        )
        .with("resources", resources("64Mi"))
        .with("securityContext", container_rights());
    let pod = Map::new()
        .with("automountServiceAccountToken", false)
        .with("securityContext", pod_rights())
        .with("containers", [container]);
    let template =
        Map::new().with("metadata", Map::new().with("labels", labels(PUSHGATEWAY))).with("spec", pod);
    let deployment = object("apps/v1", "Deployment", PUSHGATEWAY, PUSHGATEWAY)
        .comment("One, and never two: each would have a half of what was pushed.")
        .with(
            "spec",
            Map::new()
                .with("replicas", 1)
                .with("strategy", Map::new().with("type", "Recreate"))
                .with("selector", match_name(PUSHGATEWAY))
                .with("template", template),
        );
    let service_port =
        Map::new().with("name", "http").with("port", i64::from(PUSHGATEWAY_PORT)).with("targetPort", "http");
    let service = object("v1", "Service", PUSHGATEWAY, PUSHGATEWAY)
        .with("spec", Map::new().with("selector", labels(PUSHGATEWAY)).with("ports", [service_port]));
    let endpoint = Map::new()
        .with("port", "http")
        .with("path", "/metrics")
        .with("interval", "30s")
        .with("scrapeTimeout", "10s")
        .with("honorLabels", true)
        .comment("honorLabels", "What was pushed says itself which job and instance it is of.");
    let monitor = monitored(exporter, "ServiceMonitor", PUSHGATEWAY)
        .comment("A ServiceMonitor: there is a Service anyway, to push to.")
        .with(
            "spec",
            Map::new()
                .with("selector", match_name(PUSHGATEWAY))
                .with("sampleLimit", 10_000)
                .with("endpoints", [endpoint]),
        );
    k8s::stream(&[deployment, service, monitor])
}

pub(super) fn rules(exporter: &Exporter, groups: Vec<Map>) -> String {
    monitored(exporter, "PrometheusRule", exporter.name.as_str())
        .with("spec", Map::new().with("groups", groups))
        .to_yaml()
}

/// The dashboard in a ConfigMap, where Grafana's sidecar finds it by a label.
pub(super) fn dashboard(exporter: &Exporter, json: String) -> String {
    let name = exporter.name.as_str();
    let data = Map::new().with(format!("{name}.json"), json);
    Manifest::new("v1", "ConfigMap", &format!("{name}-dashboard"))
        .labels([(super::object::NAME, name), ("grafana_dashboard", "1")])
        .with("data", data)
        .to_yaml()
}

fn container(exporter: &Exporter, args: Vec<String>) -> Map {
    let memory = match exporter.language {
        Language::Python => "64Mi",
        Language::Rust | Language::Go => "32Mi",
    };
    let mount = Map::new().with("name", "spool").with("mountPath", SPOOL).with("readOnly", true);
    Map::new()
        .with("name", exporter.name.as_str())
        .with("image", format!("registry.example.com/{}:0.1.0", exporter.name))
        .with("args", args)
        .with("resources", resources(memory))
        .with("securityContext", container_rights())
        .with("volumeMounts", [mount])
}

fn pod(container: Map) -> Map {
    let spool = Map::new()
        .with("name", "spool")
        .with("emptyDir", Map::new())
        .comment("emptyDir", "Mount here what is to be watched: a persistentVolumeClaim, a hostPath …");
    Map::new()
        .with("automountServiceAccountToken", false)
        .with("securityContext", pod_rights())
        .with("containers", [container])
        .with("volumes", [spool])
}

fn port(name: &str, number: u16) -> Map {
    Map::new().with("name", name).with("containerPort", i64::from(number))
}
