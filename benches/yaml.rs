//! How fast YAML becomes a tree with places, against the bare events of the parser below it.
//!
//! `cargo bench --bench yaml`. The texts are made up but shaped like real ones: a `prometheus.yml` of many scrape jobs
//! with relabel rules, and manifests as `helm template` prints them. Medians over rounds that alternate between the
//! two, so that both see the same machine. `template` is the look for braces that nobody rendered.

#![allow(clippy::print_stdout)] // the result

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use granit_parser::{Event, Parser};
use obsctl::yaml::{Budget, File, unrendered};

const JOBS: usize = 3_000;
const APPS: usize = 3_000;
const ROUNDS: usize = 15;

fn main() {
    println!("median of {ROUNDS} rounds; nodes are scalars, sequences and mappings");
    println!(
        "{:<16}{:>10}{:>10}{:>12}{:>12}{:>9}{:>9}{:>7}{:>12}",
        "text", "MB", "nodes", "tree ns/node", "events", "tree MB/s", "events", "ratio", "template"
    );
    for (name, text) in [("prometheus.yml", prometheus_yml()), ("manifests", manifests())] {
        let nodes = events(&text);
        let [tree, floor, template] = medians([&mut || tree(&text), &mut || events(&text), &mut || {
            usize::from(unrendered(&text).is_some())
        }]);
        let megabytes = text.len() as f64 / 1e6;
        let per_node = |seconds: f64| seconds * 1e9 / nodes as f64;
        println!(
            "{name:<16}{megabytes:>10.1}{nodes:>10}{:>12.0}{:>12.0}{:>9.0}{:>9.0}{:>7.2}{:>12.0}",
            per_node(tree),
            per_node(floor),
            megabytes / tree,
            megabytes / floor,
            tree / floor,
            megabytes / template,
        );
    }
}

/// Documents, so that the tree is not optimised away.
fn tree(text: &str) -> usize {
    let file = File::parse(text, &Budget::default());
    assert!(file.faults().is_empty(), "{:?}", file.faults());
    file.documents().len()
}

fn events(text: &str) -> usize {
    let mut nodes = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.expect("sound");
        black_box(span);
        nodes += usize::from(matches!(
            event,
            Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) | Event::Alias(_)
        ));
    }
    nodes
}

/// Median time of each of the `runs`, in seconds.
fn medians<const N: usize>(mut runs: [&mut dyn FnMut() -> usize; N]) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            #[allow(clippy::disallowed_methods)] // a benchmark measures
            let start = Instant::now();
            black_box(run());
            times.push(start.elapsed().as_secs_f64());
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

fn prometheus_yml() -> String {
    let mut text =
        "# Managed by hand.\nglobal:\n  scrape_interval: 30s\n  external_labels:\n    cluster: eu-1\nscrape_configs:\n"
            .to_owned();
    for job in 0..JOBS {
        let port = 9000 + job % 100;
        let interval = ["15s", "30s", "1m"][job % 3];
        write!(
            text,
            r#"  - job_name: "shop/checkout-{job}"
    honor_labels: {honor}
    scrape_interval: {interval}
    metrics_path: /metrics
    kubernetes_sd_configs:
      - role: pod
        namespaces:
          names: [shop, "shop-{job}"]
    static_configs:
      - targets: ["10.0.{high}.{low}:{port}", 'node-{job}.example.org:{port}']
        labels: {{team: checkout, tier: '{tier}'}}
    relabel_configs:
      # Only what asks for it.
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape]
        regex: "true"
        action: keep
      - source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port]
        regex: ([^:]+)(?::\d+)?;(\d+)
        replacement: $1:$2
        target_label: __address__
    metric_relabel_configs:
      - {{source_labels: [__name__], regex: 'go_(gc|memstats)_.*', action: drop}}
"#,
            honor = job % 2 == 0,
            high = job / 256 % 256,
            low = job % 256,
            tier = job % 4,
        )
        .expect("a string takes all");
    }
    text
}

fn manifests() -> String {
    let mut text = String::new();
    for app in 0..APPS {
        write!(
            text,
            r#"---
# Source: shop/templates/app-{app}.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{app}
  namespace: shop
  labels: &labels-{app}
    app.kubernetes.io/name: app-{app}
    app.kubernetes.io/version: "1.{app}.0"
spec:
  replicas: {replicas}
  selector:
    matchLabels: *labels-{app}
  template:
    metadata:
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "8080"
        telegraf.influxdata.com/inputs: |
          [[inputs.prometheus]]
            urls = ["http://localhost:8080/metrics"]
            metric_version = 2
    spec:
      containers:
        - name: app
          image: registry.example.org/shop/app-{app}:1.{app}.0
          args: ["--listen=:8080", "--log-level=info"]
          ports:
            - containerPort: 8080
              name: http-metrics
          env:
            - name: GREETING
              value: >-
                Hello from a text
                that is folded
          resources:
            limits: {{cpu: 500m, memory: 256Mi}}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: app-{app}
spec:
  groups:
    - name: app-{app}
      rules:
        - alert: AppDown
          expr: |
            up{{job="shop/app-{app}"}} == 0
          for: 5m
          labels:
            severity: critical
          annotations:
            summary: "App {{{{ $labels.pod }}}} is down"
"#,
            replicas = app % 5,
        )
        .expect("a string takes all");
    }
    text
}
