//! What a document is, by what it holds and never by its name.

use super::schema::Root;
use crate::yaml::{Kind as Shape, Node};

/// What a document is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `prometheus.yml`, or a file of `scrape_config_files`.
    Prometheus,
    /// A file of `rule_files`.
    Rules,
    /// What `promtool test rules` reads.
    RuleTest,
    /// A file of `file_sd_configs`.
    Targets,
    /// What `--web.config.file` names.
    Web,
    /// What statsd_exporter maps by.
    StatsdMapping,
    /// A list of scrape jobs by itself, as `additionalScrapeConfigs` has it.
    Jobs,
    /// A list of relabel rules by itself.
    Relabeling,
    /// A Kubernetes object: it has `apiVersion` and `kind`.
    Object,
    /// Values of a Helm chart with monitoring in them.
    HelmValues,
    /// Something else: nothing is said about it.
    Unknown,
}

/// In what a text stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holder {
    /// A file, by itself.
    File,
    ConfigMap,
    Secret,
    /// Values of a Helm chart.
    Values,
}

impl Kind {
    /// What it is called in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "Prometheus configuration",
            Self::Rules => "rule file",
            Self::RuleTest => "unit test of rules",
            Self::Targets => "target file",
            Self::Web => "web configuration",
            Self::StatsdMapping => "statsd_exporter mapping",
            Self::Jobs => "list of scrape jobs",
            Self::Relabeling => "list of relabel rules",
            Self::Object => "Kubernetes object",
            Self::HelmValues => "Helm values",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn root(self) -> Option<Root> {
        Some(match self {
            Self::Prometheus => Root::Prometheus,
            Self::Rules => Root::Rules,
            Self::RuleTest => Root::RuleTest,
            Self::Targets => Root::Targets,
            Self::Web => Root::Web,
            Self::StatsdMapping => Root::StatsdMapping,
            Self::Jobs => Root::Jobs,
            Self::Relabeling | Self::Object | Self::HelmValues | Self::Unknown => return None,
        })
    }

    /// What the document under `root` is.
    pub(super) fn of(root: Node<'_>) -> Self {
        match root.kind() {
            Shape::Mapping => of_mapping(root),
            Shape::Sequence => of_sequence(root),
            Shape::Scalar => Self::Unknown,
        }
    }
}

/// Keys that only Prometheus's own configuration has on top. `global` alone is too common a word.
const PROMETHEUS: [&str; 7] = [
    "scrape_configs",
    "scrape_config_files",
    "remote_write",
    "remote_read",
    "alerting",
    "rule_files",
    "otlp",
];

/// Keys that only jobs of Promtail have.
const PROMTAIL: [&str; 6] =
    ["pipeline_stages", "journal", "syslog", "loki_push_api", "windows_events", "heroku_drain"];

fn of_mapping(root: Node<'_>) -> Kind {
    let has = |key: &str| root.entry(key).is_some();
    if has("apiVersion") && has("kind") {
        return Kind::Object;
    }
    let any = |keys: &[&str]| keys.iter().any(|key| has(key));
    let list_with = |key: &str, of: &[&str]| {
        root.get(key)
            .is_some_and(|list| list.items().any(|item| of.iter().any(|key| item.entry(key).is_some())))
    };
    if any(&["positions", "clients"]) && has("scrape_configs") || list_with("scrape_configs", &PROMTAIL) {
        return Kind::Unknown; // Promtail's: its jobs have the fields of Prometheus's, and more
    }
    if has("tests") && (any(&["rule_files", "evaluation_interval"]) || list_with("tests", &["input_series"]))
    {
        Kind::RuleTest
    } else if list_with("groups", &["rules"]) || (has("groups") && root.entries().count() == 1) {
        Kind::Rules
    } else if list_with("mappings", &["match"]) {
        Kind::StatsdMapping
    } else if any(&["tls_server_config", "http_server_config", "basic_auth_users"]) {
        Kind::Web
    } else if any(&PROMETHEUS) || is_section(root) {
        Kind::Prometheus
    } else if is_group(root) {
        Kind::Targets
    } else if is_helm_values(root) {
        Kind::HelmValues
    } else {
        Kind::Unknown
    }
}

/// A `prometheus.yml` with nothing but sections whose names are too common to be known by them: by what they hold.
fn is_section(root: Node<'_>) -> bool {
    const SECTIONS: [(&str, &[&str]); 4] = [
        (
            "global",
            &[
                "scrape_interval",
                "evaluation_interval",
                "external_labels",
                "scrape_timeout",
                "scrape_protocols",
            ],
        ),
        ("storage", &["tsdb", "exemplars"]),
        ("tracing", &["sampling_fraction", "client_type", "endpoint", "compression"]),
        ("runtime", &["gogc"]),
    ];
    SECTIONS.iter().any(|(section, keys)| {
        root.get(section).is_some_and(|section| keys.iter().any(|key| section.entry(key).is_some()))
    })
}

/// A group of targets that lacks the dash of its list.
fn is_group(root: Node<'_>) -> bool {
    root.get("targets").is_some_and(|targets| targets.kind() == Shape::Sequence)
        && root.entries().all(|entry| matches!(entry.key.text(), Some("targets" | "labels")))
}

/// Keys by which charts of the Prometheus community are known.
fn is_helm_values(root: Node<'_>) -> bool {
    let below = |key: &str, inner: &str| root.get(key).is_some_and(|node| node.entry(inner).is_some());
    below("prometheus", "prometheusSpec")
        || below("kube-prometheus-stack", "prometheus")
        || below("prometheus", "enabled")
        || root.entry("additionalPrometheusRulesMap").is_some()
        || below("serverFiles", "prometheus.yml")
        || root.entry("extraScrapeConfigs").is_some()
}

fn of_sequence(root: Node<'_>) -> Kind {
    const RULE: [&str; 4] = ["source_labels", "target_label", "regex", "action"];
    let all = |of: &[&str]| {
        let mut items = root.items().peekable();
        items.peek().is_some()
            && items
                .all(|item| item.kind() == Shape::Mapping && of.iter().any(|key| item.entry(key).is_some()))
    };
    if is_jobs(root) {
        Kind::Jobs
    } else if all(&["targets"]) {
        Kind::Targets
    } else if all(&RULE) {
        Kind::Relabeling
    } else {
        Kind::Unknown
    }
}

/// A list in which one item at least is called a job, and is like a scrape job otherwise too.
fn is_jobs(root: Node<'_>) -> bool {
    const FIELDS: [&str; 6] = [
        "static_configs",
        "kubernetes_sd_configs",
        "scrape_interval",
        "scrape_timeout",
        "metrics_path",
        "relabel_configs",
    ];
    let any = |of: &[&str]| root.items().any(|item| of.iter().any(|key| item.entry(key).is_some()));
    let all = root.items().all(|item| item.entry("job_name").is_some());
    root.items().all(|item| item.kind() == Shape::Mapping) && any(&["job_name"]) && (all || any(&FIELDS))
}
