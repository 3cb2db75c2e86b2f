//! Exporters that run as Deployments of their own: of PostgreSQL, Redis and nginx.

use super::super::names;
use super::super::owner::Pod;
use super::super::pod;
use super::super::spec::{App, Nginx, Postgres, Redis, Resources, Role, Target};
use super::{match_labels, object, owner};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

/// The port of the metrics, of the container and of the Service.
const PORT: &str = "metrics";
const QUERIES: &str = "queries";
const QUERIES_FOLDER: &str = "/etc/postgres-exporter";
pub(in crate::manifest) const QUERIES_FILE: &str = "queries.yaml";

/// What makes one exporter another than the next.
struct Exporter<'a> {
    /// In the list that it stands in.
    name: &'a str,
    program: &'static str,
    image: &'a str,
    port: u16,
    args: Vec<String>,
    env: Vec<Map>,
    resources: &'a Resources,
    /// Files for it.
    queries: Option<&'a str>,
}

pub(super) fn manifests(app: &App) -> Vec<Manifest> {
    let mut all = Vec::new();
    for exporter in exporters(app) {
        all.push(service(app, &exporter));
        all.push(deployment(app, &exporter));
        all.extend(exporter.queries.map(|queries| config(app, &exporter, queries)));
        all.extend(app.network_policy.then(|| network_policy(app, &exporter)));
    }
    all
}

pub(super) fn targets(app: &App) -> Vec<Target> {
    let target = |exporter: Exporter<'_>| Target {
        name: exporter.name.to_owned(),
        role: Role::Service,
        selector: labels(app, &exporter),
        port: PORT.to_owned(),
        path: "/metrics".to_owned(),
        scheme: "http".to_owned(),
        interval: None,
        timeout: None,
        sample_limit: None,
    };
    exporters(app).into_iter().map(target).collect()
}

fn exporters(app: &App) -> Vec<Exporter<'_>> {
    let postgres = app.postgres.iter().map(of_postgres);
    let redis = app.redis.iter().map(of_redis);
    postgres.chain(redis).chain(app.nginx.iter().map(of_nginx)).collect()
}

fn of_postgres(postgres: &Postgres) -> Exporter<'_> {
    let Postgres { address, database, ssl_mode, secret, .. } = postgres;
    let uri = format!("{address}/{database}?sslmode={ssl_mode}");
    Exporter {
        name: &postgres.name,
        program: "postgres-exporter",
        image: &postgres.image,
        port: 9187,
        args: match postgres.queries {
            Some(_) => vec![format!("--extend.query-path={QUERIES_FOLDER}/{QUERIES_FILE}")],
            None => Vec::new(),
        },
        env: vec![
            pod::env("DATA_SOURCE_URI", uri),
            pod::env_of_secret("DATA_SOURCE_USER", secret, &postgres.user_key),
            pod::env_of_secret("DATA_SOURCE_PASS", secret, &postgres.password_key),
        ],
        resources: &postgres.resources,
        queries: postgres.queries.as_deref(),
    }
}

fn of_redis(redis: &Redis) -> Exporter<'_> {
    let mut env = vec![pod::env("REDIS_ADDR", format!("redis://{}", redis.address))];
    env.extend(redis.secret.iter().map(|(secret, key)| pod::env_of_secret("REDIS_PASSWORD", secret, key)));
    Exporter {
        name: &redis.name,
        program: "redis-exporter",
        image: &redis.image,
        port: 9121,
        args: Vec::new(),
        env,
        resources: &redis.resources,
        queries: None,
    }
}

fn of_nginx(nginx: &Nginx) -> Exporter<'_> {
    Exporter {
        name: &nginx.name,
        program: "nginx-exporter",
        image: &nginx.image,
        port: 9113,
        args: vec![format!("--nginx.scrape-uri={}", nginx.url)],
        env: Vec::new(),
        resources: &nginx.resources,
        queries: None,
    }
}

/// Of the Service, the pods, and what finds them.
fn labels(app: &App, exporter: &Exporter<'_>) -> Vec<(String, String)> {
    names::exporter(exporter.program, &name(app, exporter))
}

fn name(app: &App, exporter: &Exporter<'_>) -> String {
    names::of(&app.name, exporter.name)
}

fn selector(app: &App, exporter: &Exporter<'_>) -> Map {
    labels(app, exporter).into_iter().collect()
}

fn service(app: &App, exporter: &Exporter<'_>) -> Manifest {
    let port = Map::new().with("name", PORT).with("port", exporter.port).with("targetPort", PORT);
    let spec = Map::new().with("selector", selector(app, exporter)).with("ports", [port]);
    object(app, "v1", "Service", &name(app, exporter)).labels(labels(app, exporter)).with("spec", spec)
}

fn config(app: &App, exporter: &Exporter<'_>, queries: &str) -> Manifest {
    let name = names::of(&name(app, exporter), QUERIES);
    object(app, "v1", "ConfigMap", &name).with("data", Map::new().with(QUERIES_FILE, queries))
}

fn deployment(app: &App, exporter: &Exporter<'_>) -> Manifest {
    let name = name(app, exporter);
    let has_queries = exporter.queries.is_some();
    let port = Map::new().with("name", PORT).with("containerPort", exporter.port);
    let container = Map::new()
        .with("name", exporter.program)
        .with("image", exporter.image)
        .with_opt("args", (!exporter.args.is_empty()).then(|| exporter.args.clone()))
        .with_opt("env", (!exporter.env.is_empty()).then(|| exporter.env.clone()))
        .with("ports", [port])
        .with("readinessProbe", pod::probe("/", PORT))
        .with("livenessProbe", pod::probe("/", PORT))
        .with_opt("resources", pod::resources(exporter.resources))
        .with("securityContext", pod::without_rights())
        .with_opt("volumeMounts", has_queries.then(|| vec![pod::mount(QUERIES, QUERIES_FOLDER)]));
    let volume = || vec![pod::config_volume(QUERIES, &names::of(&name, QUERIES))];
    let pod_spec = Map::new()
        .with("automountServiceAccountToken", false)
        .with("securityContext", pod::as_nobody())
        .with("containers", [container])
        .with_opt("volumes", has_queries.then(volume));
    owner(app).deployment(
        &name,
        labels(app, exporter),
        Pod { spec: pod_spec, annotations: None, alone: false },
    )
}

/// Prometheus may come for metrics, and nobody else.
fn network_policy(app: &App, exporter: &Exporter<'_>) -> Manifest {
    let from = Map::new().with("podSelector", match_labels(names::prometheus_pods(&app.name)));
    let port = Map::new().with("protocol", "TCP").with("port", PORT);
    let spec = Map::new()
        .with("podSelector", match_labels(selector(app, exporter)))
        .with("policyTypes", ["Ingress"])
        .with("ingress", [Map::new().with("from", [from]).with("ports", [port])]);
    object(app, "networking.k8s.io/v1", "NetworkPolicy", &name(app, exporter)).with("spec", spec)
}
