//! Targets that are named where a cluster would have them discovered, with the labels that discovery has for them: what
//! relabels them is as it was generated.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use obsctl::manifest::app::Plan;
use serde_json::{Map, Value, json};

use super::chain::object;
use crate::manifest::document;
use crate::support::prometheus::Prometheus;
use crate::support::traffic::Labels;
use crate::support::{http, wait};

/// Gives each job, by its name, this address and these labels in the place of its discovery.
pub(super) fn name_targets(config: &mut Value, target: impl Fn(&str) -> (String, Map<String, Value>)) {
    for job in config["scrape_configs"].as_array_mut().expect("jobs") {
        let (address, labels) = target(job["job_name"].as_str().expect("a name"));
        let job = job.as_object_mut().expect("a mapping");
        job.remove("kubernetes_sd_configs").expect("its discovery");
        job.insert("static_configs".into(), json!([{"targets": [address], "labels": labels}]));
    }
}

/// What discovery has for a pod of a Service, or for one that no Service is asked for: the labels by which it is chosen, of
/// the Service or of the pod, and the port's name.
pub(super) fn of_pod<'l>(
    by_service: bool,
    namespace: &str,
    pod: &str,
    chosen_by: impl IntoIterator<Item = (&'l str, &'l str)>,
    port: &str,
) -> Map<String, Value> {
    let (of, port_name) = match by_service {
        true => ("service", "endpointslice_port_name"),
        false => ("pod", "pod_container_port_name"),
    };
    let mut labels: Map<String, Value> =
        [("namespace", namespace), ("pod_name", pod), ("pod_phase", "Running"), (port_name, port)]
            .map(|(name, value)| (format!("__meta_kubernetes_{name}"), value.into()))
            .into_iter()
            .collect();
    for (key, value) in chosen_by {
        let key = key.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        labels.insert(format!("__meta_kubernetes_{of}_label_{key}"), value.into());
        labels.insert(format!("__meta_kubernetes_{of}_labelpresent_{key}"), "true".into());
    }
    labels
}

/// [`of_pod`] for the exporter of a job, whose Service is generated.
pub(super) fn of_exporter(plan: &Plan, namespace: &str, job: &str) -> Map<String, Value> {
    let service = object(plan, "Service", &format!("shop-{job}"));
    let labels = service["metadata"]["labels"].as_object().expect("labels").iter();
    let labels = labels.map(|(key, value)| (key.as_str(), value.as_str().expect("a text")));
    let port = service["spec"]["ports"][0]["name"].as_str().expect("a name");
    of_pod(true, namespace, &format!("{job}-7d9c"), labels, port)
}

/// What a real Prometheus makes of the targets of the example's install, by the `prometheus.yaml` that the operator made for
/// it: the labels by the names of the jobs.
#[track_caller]
pub(crate) fn labels_by_job(
    prometheus: &Path,
    plan: &Plan,
    configuration: &str,
    namespace: &str,
) -> BTreeMap<String, Labels> {
    // The operator's config-reloader fills in which shard a Prometheus is.
    let mut config = document(&configuration.replace("$(SHARD)", "0"));
    let jobs = config["scrape_configs"].as_array().expect("jobs").len();
    name_targets(&mut config, |job| {
        let target =
            job.split("/shop-").nth(1).and_then(|rest| rest.split('/').next()).expect("a job of ours");
        let labels = match target {
            "web" => of_pod(false, namespace, "web-7d9c", [("app", "web")], "statsd-metrics"),
            "api" => of_pod(true, namespace, "api-7d9c", [("app", "api")], "http-metrics"),
            exporter => of_exporter(plan, namespace, exporter),
        };
        ("127.0.0.1:1".to_owned(), labels)
    });
    let prometheus = Prometheus::start(prometheus, "", |_| config.to_string());
    wait::until("the targets", Duration::from_secs(30), || {
        let answer =
            http::get(prometheus.address, "/api/v1/targets?state=active").map_err(|err| err.to_string())?;
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let active = answer["data"]["activeTargets"].as_array().expect("targets").iter();
        let labels = |target: &Value| serde_json::from_value(target["labels"].clone()).expect("labels");
        let pool = |target: &Value| target["scrapePool"].as_str().expect("a job").to_owned();
        let found: BTreeMap<String, Labels> = active.map(|it| (pool(it), labels(it))).collect();
        if found.len() == jobs { Ok(found) } else { Err(answer.to_string()) }
    })
}
