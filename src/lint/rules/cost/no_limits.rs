//! Pods that may send as much as they like.

use crate::diagnostic::{Finding, Severity};
use crate::k8s::{Kind, Object};
use crate::lint::model::{Job, Model, Spelling};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "cost/no-limits",
    severity: Severity::Info,
    summary: "a job that finds its targets in Kubernetes and limits neither samples nor labels",
    page: include_str!("../../../../docs/rules/cost/no-limits.md"),
    opt_in: true,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in &model.documents {
        let jobs = document.jobs.iter().filter(|job| job.spelling == Spelling::File).filter_map(of_job);
        let objects = document.objects.iter().filter_map(of_object);
        for finding in jobs.chain(objects) {
            out.report_in(document.source, finding);
        }
    }
}

fn of_job(job: &Job<'_>) -> Option<Finding> {
    const LIMITS: [&str; 3] = ["sample_limit", "label_limit", "body_size_limit"];
    let discovery = job.node.entry("kubernetes_sd_configs")?;
    let limited = |node: Node<'_>| LIMITS.iter().any(|limit| node.entry(limit).is_some());
    (!limited(job.node) && !job.global.is_some_and(limited)).then(|| finding(discovery.key, "sample_limit"))
}

fn of_object(object: &Object<'_>) -> Option<Finding> {
    const LIMITS: [&str; 3] = ["sampleLimit", "labelLimit", "bodySizeLimit"];
    let endpoints = match object.kind() {
        Kind::ServiceMonitor => "endpoints",
        Kind::PodMonitor => "podMetricsEndpoints",
        _ => return None,
    };
    let spec = object.spec()?;
    let endpoints = spec.entry(endpoints)?;
    let limited = LIMITS.iter().any(|limit| spec.entry(limit).is_some());
    (!limited).then(|| finding(endpoints.key, "sampleLimit"))
}

fn finding(at: Node<'_>, limit: &str) -> Finding {
    RULE.at(at.span(), "what is found here may expose any number of series")
        .label("no limit")
        .why("one deployment with a label too many can fill the memory of Prometheus")
        .help(format!("set `{limit}` to some times of what the largest target has"))
}
