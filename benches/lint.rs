//! How long lint takes, against reading the same YAML without looking for anything.
//!
//! `cargo bench --bench lint`. The texts are made up but shaped like real ones; all of a row are one world, as the files
//! of a folder are. Medians over rounds that alternate between the two. `process` is not in it: see
//! `docs/performance.md` for whole runs beside promtool and pint.

#![allow(clippy::print_stdout)] // the result

mod support;

use std::fmt::Write as _;

use obsctl::lint::{Options, World};
use obsctl::yaml::{Budget, File};
use support::medians;

const ROUNDS: usize = 9;

fn main() {
    println!("median of {ROUNDS} rounds, ms for all");
    println!("{:<16}{:>8}{:>8}{:>10}{:>10}{:>8}", "world", "files", "MB", "lint", "read", "ratio");
    let worlds = [
        ("1 config", vec![config(0)]),
        ("1,000 configs", (0..1000).map(config).collect()),
        ("1,000 rule files", (0..1000).map(rules).collect()),
        ("3,000 objects", vec![objects(1000)]),
    ];
    for (name, texts) in worlds {
        let bytes: usize = texts.iter().map(String::len).sum();
        let [lint, read] = medians(ROUNDS, 1, [&mut || lint(&texts), &mut || read(&texts)]);
        println!(
            "{name:<16}{:>8}{:>8.2}{:>10.2}{:>10.2}{:>8.2}",
            texts.len(),
            bytes as f64 / 1e6,
            lint / 1e6,
            read / 1e6,
            lint / read,
        );
    }
}

/// One world, checked; nothing is wrong with it.
fn lint(texts: &[String]) -> usize {
    let mut world = World::new(Options::default());
    for (at, text) in texts.iter().enumerate() {
        world.add(&format!("{at}.yml"), text.clone());
    }
    let errors = |checked: &obsctl::lint::Checked<'_>| {
        checked
            .findings
            .iter()
            .filter(|finding| finding.severity == obsctl::diagnostic::Severity::Error)
            .count()
    };
    let found: usize = world.check().iter().map(errors).sum();
    assert_eq!(found, 0);
    1
}

fn read(texts: &[String]) -> usize {
    let files = texts.iter().map(|text| File::parse(text.clone(), &Budget::default()));
    usize::from(files.map(|file| file.documents().len()).sum::<usize>() > 0)
}

/// A `prometheus.yml` of 22 jobs.
fn config(file: usize) -> String {
    let mut text = format!(
        "global:\n  scrape_interval: 30s\n  external_labels: {{cluster: c{file}}}\nrule_files: [rules/*.yml]\nscrape_configs:\n"
    );
    for job in 0..22 {
        write!(
            text,
            r"  - job_name: job-{file}-{job}
    scrape_interval: 30s
    kubernetes_sd_configs:
      - role: pod
        namespaces: {{names: [ns{job}]}}
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_label_app]
        regex: app-{file}-{job}
        action: keep
      - source_labels: [__meta_kubernetes_namespace]
        target_label: namespace
      - source_labels: [__meta_kubernetes_pod_name]
        target_label: pod
    metric_relabel_configs:
      - source_labels: [__name__]
        regex: go_(gc|memstats)_.*
        action: drop
"
        )
        .expect("a string takes all");
    }
    text
}

/// A group of 16 alerting rules.
fn rules(file: usize) -> String {
    let mut text = format!("groups:\n- name: app-{file}\n  rules:\n");
    for rule in 0..16 {
        write!(
            text,
            r#"  - alert: App{file}Errors{rule}
    expr: |
      sum by (namespace, service) (rate(http_requests_total{{job="app-{file}",code=~"5.."}}[5m]))
        / sum by (namespace, service) (rate(http_requests_total{{job="app-{file}"}}[5m])) > 0.{rule}1
    for: 10m
    labels:
      severity: warning
    annotations:
      summary: "{{{{ $labels.service }}}} answers {{{{ $value | humanizePercentage }}}} of requests with errors"
"#
        )
        .expect("a string takes all");
    }
    text
}

/// As many Services, Deployments and ServiceMonitors, each of which selects one.
fn objects(count: usize) -> String {
    let mut text = String::new();
    for app in 0..count {
        write!(
            text,
            r"---
apiVersion: v1
kind: Service
metadata: {{name: s{app}, namespace: ns{space}, labels: {{app: a{app}}}}}
spec:
  selector: {{app: a{app}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: d{app}, namespace: ns{space}}}
spec:
  selector: {{matchLabels: {{app: a{app}}}}}
  template:
    metadata: {{labels: {{app: a{app}}}}}
    spec: {{containers: [{{name: c, image: x, ports: [{{name: http, containerPort: 8080}}]}}]}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{name: m{app}, namespace: ns{space}}}
spec:
  selector: {{matchLabels: {{app: a{app}}}}}
  endpoints: [{{port: http, interval: 30s}}]
",
            space = app % 20,
        )
        .expect("a string takes all");
    }
    text
}
