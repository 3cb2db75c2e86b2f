//! The section `app`: its fields, and what they come to.

use super::check;
use super::field::{Field, Form, Shape, optional, required};
use super::read::{Reader, Section};

/// An application of which several installs may be in one cluster, each in a namespace of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct App {
    pub name: String,
    pub namespace: String,
    /// On every object, beside our own.
    pub labels: Vec<(String, String)>,
    pub network_policy: bool,
    /// Who may ask Prometheus besides its own namespace: where Grafana runs.
    pub grafana_namespace: Option<String>,
    pub prometheus: Prometheus,
    pub targets: Vec<Target>,
    pub gunicorn: Vec<Gunicorn>,
    pub postgres: Vec<Postgres>,
    pub redis: Vec<Redis>,
    pub nginx: Vec<Nginx>,
}

/// The Prometheus of one install.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prometheus {
    /// `None` is the operator's default.
    pub version: Option<String>,
    pub image: Option<String>,
    pub replicas: i64,
    pub interval: String,
    pub retention: String,
    /// The size of its volume; `None` keeps the data with the pod.
    pub storage: Option<String>,
    pub storage_class: Option<String>,
    pub resources: Resources,
    /// Whether monitors of the own namespace may name others.
    pub cluster_role: bool,
    pub remote_write: Vec<RemoteWrite>,
    pub alertmanager: Option<Alertmanager>,
}

/// Who else gets all samples.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoteWrite {
    pub url: String,
    pub credentials: Option<Credentials>,
    /// `1.0` or `2.0`; `None` is what Prometheus does by itself.
    pub protocol: Option<String>,
}

/// Keys of a Secret in the own namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credentials {
    Basic { secret: String, user_key: String, password_key: String },
    Token { secret: String, key: String },
}

/// Who gets alerts: a Service and its port's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alertmanager {
    pub name: String,
    /// `None` is the own one.
    pub namespace: Option<String>,
    pub port: String,
}

/// What a container asks for and may use, as Kubernetes writes quantities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resources {
    pub requests: Vec<(&'static str, String)>,
    pub limits: Vec<(&'static str, String)>,
}

/// Where a target is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Behind a Service: a ServiceMonitor.
    Service,
    /// In pods that no Service leads to: a PodMonitor.
    Pod,
}

/// Something that has metrics already.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    pub name: String,
    pub role: Role,
    /// Labels of the Service, or of the pods.
    pub selector: Vec<(String, String)>,
    /// The port's name.
    pub port: String,
    pub path: String,
    pub scheme: String,
    pub interval: Option<String>,
    pub timeout: Option<String>,
    pub sample_limit: Option<i64>,
}

/// A Gunicorn, which gets a statsd_exporter beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gunicorn {
    pub name: String,
    /// The workload that runs it.
    pub deployment: String,
    /// The container in it.
    pub container: String,
    pub selector: Vec<(String, String)>,
    /// What `GUNICORN_CMD_ARGS` says already.
    pub cmd_args: Option<String>,
    pub image: String,
    pub resources: Resources,
}

/// A PostgreSQL server, which gets a postgres_exporter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Postgres {
    pub name: String,
    /// `host:port`.
    pub address: String,
    pub database: String,
    pub ssl_mode: String,
    /// The Secret with user and password, and their keys.
    pub secret: String,
    pub user_key: String,
    pub password_key: String,
    /// Queries of one's own, as the exporter reads them.
    pub queries: Option<String>,
    pub image: String,
    pub resources: Resources,
}

/// A Redis server, which gets a redis_exporter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redis {
    pub name: String,
    /// `host:port`.
    pub address: String,
    /// The Secret with its password, and the key.
    pub secret: Option<(String, String)>,
    pub image: String,
    pub resources: Resources,
}

/// An nginx with `stub_status`, which gets an exporter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nginx {
    pub name: String,
    /// Of its `stub_status`.
    pub url: String,
    pub image: String,
    pub resources: Resources,
}

const STATSD_IMAGE: &str = "quay.io/prometheus/statsd-exporter:v0.31.0";
const POSTGRES_IMAGE: &str = "quay.io/prometheuscommunity/postgres-exporter:v0.20.1";
const REDIS_IMAGE: &str = "docker.io/oliver006/redis_exporter:v1.88.0";
const NGINX_IMAGE: &str = "docker.io/nginx/nginx-prometheus-exporter:1.5.3";

const AMOUNTS: &[Field] = &[
    optional("cpu", Shape::Text(Form::Quantity), "Cores, such as `100m`."),
    optional("memory", Shape::Text(Form::Quantity), "Bytes, such as `64Mi`."),
];
const RESOURCES: &[Field] = &[
    optional("requests", Shape::Map(AMOUNTS), "What the container is sure to get."),
    optional("limits", Shape::Map(AMOUNTS), "What it may not exceed."),
];
pub(super) const RESOURCES_FIELD: Field =
    optional("resources", Shape::Map(RESOURCES), "What the container needs.");
pub(super) const IMAGE_FIELD: Field = optional("image", Shape::Text(Form::Token), "The image, with its tag.");
const NAME_FIELD: Field =
    required("name", Shape::Text(Form::DnsLabel), "What it is called in names of objects, and its `job`.");

const REMOTE_WRITE: &[Field] = &[
    required("url", Shape::Text(Form::Url), "Where samples are sent."),
    optional("secret", Shape::Text(Form::Name), "The Secret with its credentials, if it needs some."),
    optional("user-key", Shape::Text(Form::Token), "The key of the user in the Secret; default `username`."),
    optional("password-key", Shape::Text(Form::Token), "The key of the password; default `password`."),
    optional(
        "token-key",
        Shape::Text(Form::Token),
        "The key of a bearer token, in place of user and password.",
    ),
    optional(
        "protocol",
        Shape::Text(Form::OneOf(&["1.0", "2.0"])),
        "The version of remote write; default: that of Prometheus.",
    ),
];

const ALERTMANAGER: &[Field] = &[
    required("name", Shape::Text(Form::Name), "The Service of Alertmanager."),
    optional("namespace", Shape::Text(Form::DnsLabel), "Where it is, if not beside the application."),
    optional("port", Shape::Text(Form::PortName), "The name of its port; default `web`."),
];

const PROMETHEUS: &[Field] = &[
    optional("version", Shape::Text(Form::Token), "The version, such as `v3.5.3`; default: the operator's."),
    IMAGE_FIELD,
    optional("replicas", Shape::Integer { min: 1, max: 10 }, "How many of them scrape the same; default 1."),
    optional("interval", Shape::Text(Form::Duration), "How often targets are scraped; default `30s`."),
    optional("retention", Shape::Text(Form::Duration), "How long samples are kept; default `15d`."),
    optional(
        "storage",
        Shape::Text(Form::Quantity),
        "The size of its volume; without it data ends with the pod.",
    ),
    optional(
        "storage-class",
        Shape::Text(Form::Name),
        "The StorageClass of the volume; default: the cluster's.",
    ),
    RESOURCES_FIELD,
    optional(
        "cluster-role",
        Shape::Bool,
        "Whether monitors here may name other namespaces, by a ClusterRole; default false.",
    ),
    optional("remote-write", Shape::List(REMOTE_WRITE), "Who else gets all samples."),
    optional("alertmanager", Shape::Map(ALERTMANAGER), "Who gets alerts."),
];

const TARGETS: &[Field] = &[
    NAME_FIELD,
    optional("kind", Shape::Text(Form::OneOf(&["service", "pod"])), "Where it is found; default `service`."),
    optional(
        "selector",
        Shape::Labels,
        "Labels of the Service, or of the pods; default `app.kubernetes.io/name` with its name.",
    ),
    required(
        "port",
        Shape::Text(Form::PortName),
        "The name of the port, of the Service or of the container.",
    ),
    optional("path", Shape::Text(Form::Path), "Default `/metrics`."),
    optional("scheme", Shape::Text(Form::OneOf(&["http", "https"])), "Default `http`."),
    optional("interval", Shape::Text(Form::Duration), "How often; default: that of `prometheus`."),
    optional(
        "timeout",
        Shape::Text(Form::Duration),
        "How long a scrape may take; no more than the interval.",
    ),
    optional(
        "sample-limit",
        Shape::Integer { min: 1, max: 100_000_000 },
        "A scrape with more samples fails.",
    ),
];

const GUNICORN: &[Field] = &[
    NAME_FIELD,
    required("deployment", Shape::Text(Form::Name), "The Deployment that runs Gunicorn."),
    optional(
        "container",
        Shape::Text(Form::DnsLabel),
        "The container of it; default: the Deployment's name.",
    ),
    optional(
        "selector",
        Shape::Labels,
        "Labels of its pods; default `app.kubernetes.io/name` with the Deployment's name.",
    ),
    optional("cmd-args", Shape::Text(Form::Any), "What `GUNICORN_CMD_ARGS` says already; it is kept."),
    IMAGE_FIELD,
    RESOURCES_FIELD,
];

const POSTGRES: &[Field] = &[
    NAME_FIELD,
    required("address", Shape::Text(Form::HostPort), "Where the server is, such as `db:5432`."),
    optional("database", Shape::Text(Form::Word), "The database to connect to; default `postgres`."),
    optional(
        "ssl-mode",
        Shape::Text(Form::OneOf(&["disable", "require", "verify-ca", "verify-full"])),
        "As libpq has it; default `require`.",
    ),
    required("secret", Shape::Text(Form::Name), "The Secret with user and password."),
    optional("user-key", Shape::Text(Form::Token), "The key of the user in the Secret; default `username`."),
    optional("password-key", Shape::Text(Form::Token), "The key of the password; default `password`."),
    optional("queries", Shape::Text(Form::Any), "Queries of one's own, as postgres_exporter reads them."),
    IMAGE_FIELD,
    RESOURCES_FIELD,
];

const REDIS: &[Field] = &[
    NAME_FIELD,
    required("address", Shape::Text(Form::HostPort), "Where the server is, such as `cache:6379`."),
    optional("secret", Shape::Text(Form::Name), "The Secret with its password, if it has one."),
    optional("password-key", Shape::Text(Form::Token), "The key of the password; default `password`."),
    IMAGE_FIELD,
    RESOURCES_FIELD,
];

const NGINX: &[Field] = &[
    NAME_FIELD,
    required("url", Shape::Text(Form::Url), "Of its `stub_status`, such as `http://front:8080/stub_status`."),
    IMAGE_FIELD,
    RESOURCES_FIELD,
];

const GRAFANA: &[Field] = &[optional(
    "namespace",
    Shape::Text(Form::DnsLabel),
    "Where Grafana runs, if not beside the application.",
)];

pub(super) const FIELDS: &[Field] = &[
    required("name", Shape::Text(Form::DnsLabel), "The application; names of objects begin with it."),
    optional("namespace", Shape::Text(Form::DnsLabel), "Where this install is; `-n` says another."),
    optional("labels", Shape::Labels, "Labels for every object, beside those that obsctl sets."),
    optional(
        "network-policy",
        Shape::Bool,
        "Whether Prometheus and exporters admit only who needs them; default true.",
    ),
    optional("prometheus", Shape::Map(PROMETHEUS), "The Prometheus of this install."),
    optional("grafana", Shape::Map(GRAFANA), "Who shows it."),
    optional("targets", Shape::List(TARGETS), "What has metrics already."),
    optional("gunicorn", Shape::List(GUNICORN), "Gunicorns, which get a statsd_exporter beside them."),
    optional("postgres", Shape::List(POSTGRES), "PostgreSQL servers, which get an exporter each."),
    optional("redis", Shape::List(REDIS), "Redis servers, which get an exporter each."),
    optional("nginx", Shape::List(NGINX), "nginx with `stub_status`, which get an exporter each."),
];

/// The application that a section says, as far as it says one; what is wrong goes to the reader.
pub(super) fn build(section: &Section, namespace: Option<&str>, reader: &mut Reader) -> App {
    check::app(section, namespace, reader);
    let name = section.needed("name");
    App {
        namespace: namespace.map_or_else(|| section.needed("namespace"), str::to_owned),
        labels: section.labels("labels").unwrap_or_default().to_vec(),
        network_policy: section.bool_or("network-policy", true),
        grafana_namespace: section.map("grafana").and_then(|it| it.text("namespace")),
        prometheus: prometheus(section.map("prometheus").unwrap_or(&Section::default())),
        targets: section.list("targets").iter().map(target).collect(),
        gunicorn: section.list("gunicorn").iter().map(gunicorn).collect(),
        postgres: section.list("postgres").iter().map(postgres).collect(),
        redis: section.list("redis").iter().map(redis).collect(),
        nginx: section.list("nginx").iter().map(nginx).collect(),
        name,
    }
}

fn prometheus(section: &Section) -> Prometheus {
    Prometheus {
        version: section.text("version"),
        image: section.text("image"),
        replicas: section.integer("replicas").unwrap_or(1),
        interval: section.text_or("interval", DEFAULT_INTERVAL),
        retention: section.text_or("retention", "15d"),
        storage: section.text("storage"),
        storage_class: section.text("storage-class"),
        resources: resources(section, ["100m", "400Mi"], "2Gi"),
        cluster_role: section.bool_or("cluster-role", false),
        remote_write: section.list("remote-write").iter().map(remote_write).collect(),
        alertmanager: section.map("alertmanager").map(alertmanager),
    }
}

fn remote_write(section: &Section) -> RemoteWrite {
    let credentials = |secret| match section.text("token-key") {
        Some(key) => Credentials::Token { secret, key },
        None => Credentials::Basic {
            secret,
            user_key: section.text_or("user-key", "username"),
            password_key: section.text_or("password-key", "password"),
        },
    };
    RemoteWrite {
        url: section.needed("url"),
        credentials: section.text("secret").map(credentials),
        protocol: section.text("protocol"),
    }
}

fn alertmanager(section: &Section) -> Alertmanager {
    Alertmanager {
        name: section.needed("name"),
        namespace: section.text("namespace"),
        port: section.text_or("port", "web"),
    }
}

/// How often Prometheus scrapes when nothing is said.
pub(super) const DEFAULT_INTERVAL: &str = "30s";

fn target(section: &Section) -> Target {
    let name = section.needed("name");
    Target {
        role: if section.text("kind").as_deref() == Some("pod") { Role::Pod } else { Role::Service },
        selector: selector(section, &name),
        port: section.needed("port"),
        path: section.text_or("path", "/metrics"),
        scheme: section.text_or("scheme", "http"),
        interval: section.text("interval"),
        timeout: section.text("timeout"),
        sample_limit: section.integer("sample-limit"),
        name,
    }
}

fn gunicorn(section: &Section) -> Gunicorn {
    let deployment = section.needed("deployment");
    Gunicorn {
        name: section.needed("name"),
        container: section.text_or("container", &deployment),
        selector: selector(section, &deployment),
        cmd_args: section.text("cmd-args"),
        image: section.text_or("image", STATSD_IMAGE),
        resources: small(section),
        deployment,
    }
}

fn postgres(section: &Section) -> Postgres {
    Postgres {
        name: section.needed("name"),
        address: section.needed("address"),
        database: section.text_or("database", "postgres"),
        ssl_mode: section.text_or("ssl-mode", "require"),
        secret: section.needed("secret"),
        user_key: section.text_or("user-key", "username"),
        password_key: section.text_or("password-key", "password"),
        queries: section.text("queries"),
        image: section.text_or("image", POSTGRES_IMAGE),
        resources: small(section),
    }
}

fn redis(section: &Section) -> Redis {
    Redis {
        name: section.needed("name"),
        address: section.needed("address"),
        secret: section.text("secret").map(|secret| (secret, section.text_or("password-key", "password"))),
        image: section.text_or("image", REDIS_IMAGE),
        resources: small(section),
    }
}

fn nginx(section: &Section) -> Nginx {
    Nginx {
        name: section.needed("name"),
        url: section.needed("url"),
        image: section.text_or("image", NGINX_IMAGE),
        resources: small(section),
    }
}

fn selector(section: &Section, name: &str) -> Vec<(String, String)> {
    match section.labels("selector") {
        Some(labels) => labels.to_vec(),
        None => vec![("app.kubernetes.io/name".to_owned(), name.to_owned())],
    }
}

/// Of an exporter.
fn small(section: &Section) -> Resources {
    resources(section, ["10m", "32Mi"], "64Mi")
}

/// What `resources` says, or these requests of cpu and memory and this limit of memory: without a limit of cpu
/// nothing is slowed down while there is some to spare.
pub(super) fn resources(section: &Section, requests: [&str; 2], limit: &str) -> Resources {
    let Some(resources) = section.map("resources") else {
        let [cpu, memory] = requests.map(str::to_owned);
        return Resources {
            requests: vec![("cpu", cpu), ("memory", memory)],
            limits: vec![("memory", limit.to_owned())],
        };
    };
    let amounts = |name| {
        let Some(section) = resources.map(name) else { return Vec::new() };
        ["cpu", "memory"].into_iter().filter_map(|it| Some((it, section.text(it)?))).collect()
    };
    Resources { requests: amounts("requests"), limits: amounts("limits") }
}
