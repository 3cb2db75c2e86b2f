//! What Grafana finds by its sidecars: a data source and a dashboard in labelled ConfigMaps.
//!
//! Grafana keeps both by uid and shows them by title, for all namespaces alike: both are made of the namespace, so that
//! a second install does not take the place of the first.

use serde_json::{Value as Json, json};

use super::super::names;
use super::super::spec::App;
use super::query::{Query, of_namespace};
use super::{object, prometheus};
use crate::k8s::Manifest;
use crate::yaml::write::{self, Map};

/// Grafana's grid has 24 columns; two panels stand beside each other.
const PANEL_WIDTH: usize = 12;
const PANEL_HEIGHT: usize = 8;
/// What Grafana takes for a uid.
const UID_MAX: usize = 40;
/// What is left of a longer one before its checksum of up to ten digits.
const UID_HEAD: usize = 29;

pub(super) fn manifests(app: &App) -> Vec<Manifest> {
    vec![data_source(app), dashboard(app)]
}

/// The uid of the data source and of the dashboard. No name has a `_`: two installs never have the same.
pub(in crate::manifest) fn uid(app: &App) -> String {
    let whole = format!("{}_{}", app.name, app.namespace);
    match whole.get(..UID_HEAD) {
        Some(head) if whole.len() > UID_MAX => format!("{head}-{}", adler32(&whole)),
        _ => whole,
    }
}

/// [`uid`] as a template of Helm, which knows the namespace only when it installs.
pub(in crate::manifest) fn uid_template(app: &App) -> String {
    let name = &app.name;
    format!(
        "{{{{- $uid := printf \"{name}_%s\" .Release.Namespace -}}}}\n\
         {{{{- if gt (len $uid) {UID_MAX} }}}}{{{{ printf \"%s-%s\" (trunc {UID_HEAD} $uid) (adler32sum $uid) }}}}\
         {{{{ else }}}}{{{{ $uid }}}}{{{{ end -}}}}\n"
    )
}

/// The checksum of RFC 1950, which Helm has too.
fn adler32(text: &str) -> u32 {
    const PRIME: u32 = 65_521;
    let step = |(a, b): (u32, u32), byte: u8| {
        let a = (a + u32::from(byte)) % PRIME;
        (a, (b + a) % PRIME)
    };
    let (a, b) = text.bytes().fold((1, 0), step);
    (b << 16) | a
}

/// How both are called.
fn title(app: &App) -> String {
    format!("{} in {}", app.name, app.namespace)
}

fn data_source(app: &App) -> Manifest {
    let source = Map::new()
        .with("name", title(app))
        .with("uid", uid(app))
        .with("type", "prometheus")
        .with("access", "proxy")
        .with("url", prometheus::url(app))
        .with("jsonData", Map::new().with("timeInterval", &*app.prometheus.interval));
    let file = Map::new().with("apiVersion", 1).with("datasources", [source]);
    object(app, "v1", "ConfigMap", &names::of(&app.name, "datasource"))
        .labels([(names::DATA_SOURCE, "1")])
        .with("data", Map::new().with("datasource.yaml", write::document(&file, None)))
}

fn dashboard(app: &App) -> Manifest {
    let source = json!({"type": "prometheus", "uid": uid(app)});
    let panels: Vec<Json> =
        panels(app).iter().enumerate().map(|(at, panel)| panel.to_json(at, &source)).collect();
    let board = json!({
        "uid": uid(app),
        "title": title(app),
        "tags": [app.name, app.namespace],
        "schemaVersion": 39,
        "editable": false,
        "refresh": "1m",
        "time": {"from": "now-3h", "to": "now"},
        "panels": panels,
    });
    let name = names::of(&app.name, "dashboard");
    let file = format!("{}-{}.json", app.name, app.namespace);
    object(app, "v1", "ConfigMap", &name)
        .labels([(names::DASHBOARD, "1")])
        .annotations([("grafana_folder", &*app.name)])
        .with("data", Map::new().with(file, format!("{board:#}\n")))
}

/// A graph of some queries, each with the name of its lines.
struct Panel {
    title: String,
    unit: &'static str,
    queries: Vec<(String, &'static str)>,
}

impl Panel {
    fn to_json(&self, at: usize, source: &Json) -> Json {
        let queries = self.queries.iter().zip('A'..='Z').map(|((expr, legend), id)| {
            json!({"refId": id.to_string(), "datasource": source, "expr": expr, "legendFormat": legend})
        });
        json!({
            "id": at + 1,
            "type": "timeseries",
            "title": self.title,
            "datasource": source,
            "fieldConfig": {"defaults": {"unit": self.unit, "min": 0}, "overrides": []},
            "gridPos": {
                "x": at % 2 * PANEL_WIDTH,
                "y": at / 2 * PANEL_HEIGHT,
                "w": PANEL_WIDTH,
                "h": PANEL_HEIGHT,
            },
            "targets": queries.collect::<Vec<_>>(),
        })
    }
}

fn panel(title: String, unit: &'static str, queries: Vec<(String, &'static str)>) -> Panel {
    Panel { title, unit, queries }
}

fn panels(app: &App) -> Vec<Panel> {
    let up = format!("sum by (job) (up{{{}}})", of_namespace(app));
    let mut panels = vec![panel("Targets that answer".into(), "short", vec![(up, "{{job}}")])];
    let samples = format!("sum by (job) (scrape_samples_scraped{{{}}})", of_namespace(app));
    panels.push(panel("Samples of a scrape".into(), "short", vec![(samples, "{{job}}")]));
    panels.extend(app.gunicorn.iter().flat_map(|it| gunicorn(&it.name, &Query::new(app, &it.name))));
    panels.extend(app.postgres.iter().flat_map(|it| postgres(&it.name, &Query::new(app, &it.name))));
    panels.extend(app.redis.iter().flat_map(|it| redis(&it.name, &Query::new(app, &it.name))));
    panels.extend(app.nginx.iter().flat_map(|it| nginx(&it.name, &Query::new(app, &it.name))));
    panels
}

fn gunicorn(name: &str, query: &Query) -> [Panel; 4] {
    let by_status = query.rate("gunicorn_responses_total", "", "status");
    let quantiles =
        vec![(query.gunicorn_quantile("0.5"), "half"), (query.gunicorn_quantile("0.99"), "99 of 100")];
    let workers = format!("sum by (pod) ({})", query.series("gunicorn_workers", ""));
    [
        panel(format!("{name}: responses by status"), "reqps", vec![(by_status, "{{status}}")]),
        panel(format!("{name}: duration that requests stay below"), "s", quantiles),
        panel(
            format!("{name}: requests that fail"),
            "percentunit",
            vec![(query.gunicorn_errors(), "failed")],
        ),
        panel(format!("{name}: workers"), "short", vec![(workers, "{{pod}}")]),
    ]
}

fn postgres(name: &str, query: &Query) -> [Panel; 2] {
    let committed = query.rate("pg_stat_database_xact_commit", "", "datname");
    [
        panel(format!("{name}: transactions"), "ops", vec![(committed, "{{datname}}")]),
        panel(
            format!("{name}: connections in use"),
            "percentunit",
            vec![(query.postgres_connections(), "used")],
        ),
    ]
}

fn redis(name: &str, query: &Query) -> [Panel; 2] {
    let commands = query.rate("redis_commands_processed_total", "", "");
    let used = query.series("redis_memory_used_bytes", "");
    [
        panel(format!("{name}: commands"), "ops", vec![(commands, "commands")]),
        panel(format!("{name}: memory"), "bytes", vec![(used, "used")]),
    ]
}

fn nginx(name: &str, query: &Query) -> [Panel; 2] {
    let requests = query.rate("nginx_http_requests_total", "", "");
    let active = query.series("nginx_connections_active", "");
    [
        panel(format!("{name}: requests"), "reqps", vec![(requests, "requests")]),
        panel(format!("{name}: connections"), "short", vec![(active, "active")]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Spec, example};

    #[test]
    fn the_checksum_is_that_of_rfc_1950() {
        assert_eq!((adler32(""), adler32("Wikipedia")), (1, 300_286_872));
    }

    #[test]
    fn uids_differ_by_namespace_and_stay_within_grafanas_limit() {
        let uid = |namespace: &str| uid(&Spec::parse(example(), Some(namespace)).expect("a spec").app);
        assert_eq!(uid("shop-eu"), "shop_shop-eu");
        let [a, b] = ["a", "b"].map(|end| uid(&format!("{}{end}", "x".repeat(60))));
        assert_ne!(a, b);
        assert!(a.len() <= UID_MAX && a.starts_with("shop_xxx"), "{a}");
    }
}
