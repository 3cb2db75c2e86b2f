//! The section `sender`: its fields, and what they come to.

use std::time::Duration;

use super::app::{IMAGE_FIELD, RESOURCES_FIELD, Resources, resources};
use super::field::{Field, Form, Shape, optional, required};
use super::read::{Reader, Section};
use super::selectors::selectors;
use crate::base::duration;
use crate::manifest::kept::{Kept, Profile};
use crate::manifest::queue::{LATENCY, Queue};

/// What sends metrics of a cluster by remote write: a Prometheus that is there, or an agent of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    pub name: String,
    /// Empty where it is not needed and not said.
    pub namespace: String,
    /// On every object, beside our own.
    pub labels: Vec<(String, String)>,
    pub mode: Mode,
    /// The Prometheus object of the operator that gets a patch.
    pub patch: Option<String>,
    pub url: String,
    pub protocol: Version,
    pub secret: Option<Secret>,
    /// On every series that is sent.
    pub external_labels: Vec<(String, String)>,
    pub kept: Kept,
    pub profile: Option<Profile>,
    /// Labels of objects that kube-state-metrics shows: resource, and keys.
    pub object_labels: Vec<(String, Vec<String>)>,
    pub(in crate::manifest) queue: Option<Queue>,
    pub exemplars: bool,
    pub native_histograms: bool,
    pub agent: Agent,
}

/// Who sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A Prometheus that is there.
    Prometheus,
    /// One in agent mode that is made for it, with all that it scrapes.
    Agent,
}

/// Of the protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    V1,
    V2,
}

/// A Secret with what the receiver asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secret {
    pub name: String,
    pub keys: Keys,
}

/// What is in a Secret, and under which keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Keys {
    Bearer { token: String },
    Basic { username: String, password: String },
}

/// What matters only where an agent is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    pub interval: String,
    /// Whether kubelets must have certificates of the cluster's authority.
    pub verify_kubelet: bool,
    pub image: String,
    pub resources: Resources,
    /// The kube-state-metrics that is made; `None` where one is there.
    pub kube_state_metrics: Option<KubeStateMetrics>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KubeStateMetrics {
    pub image: String,
    pub resources: Resources,
}

const PROMETHEUS_IMAGE: &str = "quay.io/prometheus/prometheus:v3.5.3";
const KUBE_STATE_METRICS_IMAGE: &str = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.18.0";

const SECRET: &[Field] = &[
    required("name", Shape::Text(Form::Name), "The Secret's name; it is never written, only named."),
    optional(
        "type",
        Shape::Text(Form::OneOf(&["bearer", "basic"])),
        "What it holds: a token, or user and password; default `bearer`.",
    ),
    optional("token-key", Shape::Text(Form::Token), "With `bearer`: the key of the token; default `token`."),
    optional(
        "username-key",
        Shape::Text(Form::Token),
        "With `basic`: the key of the user; default `username`.",
    ),
    optional(
        "password-key",
        Shape::Text(Form::Token),
        "With `basic`: the key of the password; default `password`.",
    ),
];

const OBJECT_LABELS: &[Field] = &[
    optional("nodes", Shape::Texts(Form::LabelKey), "Keys for `kube_node_labels`."),
    optional("pods", Shape::Texts(Form::LabelKey), "Keys for `kube_pod_labels`."),
    optional("namespaces", Shape::Texts(Form::LabelKey), "Keys for `kube_namespace_labels`."),
];

const AGENT: &[Field] = &[
    optional("interval", Shape::Text(Form::Duration), "How often it scrapes; default `60s`."),
    optional(
        "verify-kubelet",
        Shape::Bool,
        "Whether kubelets must have certificates of the cluster's authority; default true.",
    ),
    IMAGE_FIELD,
    RESOURCES_FIELD,
];

const KUBE_STATE_METRICS: &[Field] = &[
    optional(
        "create",
        Shape::Bool,
        "Whether one is made; without it the one that is there is scraped; default true.",
    ),
    IMAGE_FIELD,
    RESOURCES_FIELD,
];

pub(super) const FIELDS: &[Field] = &[
    optional("name", Shape::Text(Form::DnsLabel), "What names of objects begin with; default `sender`."),
    optional(
        "namespace",
        Shape::Text(Form::DnsLabel),
        "Where the agent or the Prometheus is; `-n` says another.",
    ),
    optional("labels", Shape::Labels, "Labels for every object, beside those that obsctl sets."),
    required(
        "url",
        Shape::Text(Form::Url),
        "Where it sends to, such as `https://metrics.example.org/api/v1/write`.",
    ),
    optional(
        "mode",
        Shape::Text(Form::OneOf(&["prometheus", "agent"])),
        "Who sends: a Prometheus that is there, or an agent that is made; default `prometheus`.",
    ),
    optional("patch", Shape::Text(Form::Name), "The operator's Prometheus that gets a patch."),
    optional("protocol", Shape::Text(Form::OneOf(&["1.0", "2.0"])), "Of remote write; default `1.0`."),
    optional("secret", Shape::Map(SECRET), "What the receiver asks for."),
    optional("external-labels", Shape::SeriesLabels, "Labels on every series that is sent."),
    optional("profile", Shape::Text(Form::OneOf(&["cost"])), "A set of series that is known by name."),
    optional(
        "keep",
        Shape::Texts(Form::Any),
        "Selectors, such as `kube_pod_*` or `up{job=\"api\"}`: nothing else is sent, but for the profile.",
    ),
    optional("drop", Shape::Texts(Form::Any), "Selectors of what is not sent, though it is kept."),
    optional(
        "rate",
        Shape::Integer { min: 1, max: 100_000_000 },
        "Samples a second, by which the queue is sized; default: Prometheus's own settings.",
    ),
    optional(
        "latency",
        Shape::Text(Form::Duration),
        "With `rate`: how long a request takes; default `100ms`.",
    ),
    optional("exemplars", Shape::Bool, "Whether exemplars are sent; default false."),
    optional("native-histograms", Shape::Bool, "Whether native histograms are sent; default false."),
    optional("object-labels", Shape::Map(OBJECT_LABELS), "Labels of objects that kube-state-metrics shows."),
    optional("agent", Shape::Map(AGENT), "With `mode: agent`: the agent."),
    optional(
        "kube-state-metrics",
        Shape::Map(KUBE_STATE_METRICS),
        "With `mode: agent`: where `kube_*` is from.",
    ),
];

/// The sender that a section says, as far as it says one; what is wrong goes to the reader.
pub(super) fn build(section: &Section, namespace: Option<&str>, reader: &mut Reader) -> Sender {
    let profile = section.text("profile").and_then(|word| Profile::of(&word));
    let (keep, drop) = selectors(section, profile, reader);
    Sender {
        name: section.text_or("name", "sender"),
        namespace: namespace.map_or_else(|| section.needed("namespace"), str::to_owned),
        labels: section.labels("labels").unwrap_or_default().to_vec(),
        mode: if section.text("mode").as_deref() == Some("agent") { Mode::Agent } else { Mode::Prometheus },
        patch: section.text("patch"),
        url: section.needed("url"),
        protocol: if section.text("protocol").as_deref() == Some("2.0") { Version::V2 } else { Version::V1 },
        secret: section.map("secret").map(secret),
        external_labels: section.labels("external-labels").unwrap_or_default().to_vec(),
        kept: Kept::new(keep, drop),
        profile,
        object_labels: object_labels(section, profile),
        queue: queue(section),
        exemplars: section.bool_or("exemplars", false),
        native_histograms: section.bool_or("native-histograms", false),
        agent: agent(section),
    }
}

fn secret(section: &Section) -> Secret {
    let keys = match section.text("type").as_deref() {
        Some("basic") => Keys::Basic {
            username: section.text_or("username-key", "username"),
            password: section.text_or("password-key", "password"),
        },
        _ => Keys::Bearer { token: section.text_or("token-key", "token") },
    };
    Secret { name: section.needed("name"), keys }
}

/// Those of the profile, and those that are said.
fn object_labels(section: &Section, profile: Option<Profile>) -> Vec<(String, Vec<String>)> {
    let said = section.map("object-labels");
    let of = |resource: &str| {
        let known = profile.map_or(&[][..], Profile::object_labels).iter();
        let known = known.filter(|(name, _)| *name == resource).flat_map(|(_, keys)| keys.iter());
        let mut keys: Vec<String> = known.map(|key| (*key).to_owned()).collect();
        for (key, _) in said.map(|said| said.texts(resource)).unwrap_or_default() {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        (resource.to_owned(), keys)
    };
    ["nodes", "pods", "namespaces"].map(of).into_iter().filter(|(_, keys)| !keys.is_empty()).collect()
}

fn queue(section: &Section) -> Option<Queue> {
    let rate = u64::try_from(section.integer("rate")?).ok()?;
    Queue::new(rate, latency(section))
}

fn latency(section: &Section) -> Duration {
    duration::parse(&section.text_or("latency", LATENCY)).unwrap_or_default()
}

fn agent(section: &Section) -> Agent {
    let none = Section::default();
    let said = section.map("agent").unwrap_or(&none);
    let states = section.map("kube-state-metrics").unwrap_or(&none);
    let kube_state_metrics = || KubeStateMetrics {
        image: states.text_or("image", KUBE_STATE_METRICS_IMAGE),
        resources: resources(states, ["10m", "64Mi"], "256Mi"),
    };
    Agent {
        interval: said.text_or("interval", "60s"),
        verify_kubelet: said.bool_or("verify-kubelet", true),
        image: said.text_or("image", PROMETHEUS_IMAGE),
        resources: resources(said, ["50m", "128Mi"], "512Mi"),
        kube_state_metrics: states.bool_or("create", true).then(kube_state_metrics),
    }
}
