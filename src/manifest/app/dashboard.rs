//! The dashboard: what the users of the application see first, then a section for each of its parts.
//!
//! As Grafana's schema has it (`kinds/dashboard`): nothing is left for Grafana to migrate or to fill in.

use serde_json::{Value as Json, json};

use super::super::spec::App;
use super::query::{Query, of_namespace};

/// Grafana's grid has 24 columns; two panels stand beside each other.
const WIDTH: usize = 24;
const PANELS_IN_ROW: usize = 2;
const PANEL_HEIGHT: usize = 8;
/// What Grafana makes of its own: of the resolution and of the data source's interval, never below four scrapes.
const WINDOW: &str = "$__rate_interval";
/// Not the databases that PostgreSQL copies new ones from, which nobody asks.
const DATABASES: &str = "datname!~\"template[01]\"";
/// The quantiles of durations, and what they are called.
const QUANTILES: [(&str, &str); 3] = [("0.5", "half"), ("0.9", "9 of 10"), ("0.99", "99 of 100")];

/// The dashboard under this uid and title, whose data source has the same uid.
pub(super) fn json(app: &App, uid: &str, title: &str) -> Json {
    let source = json!({"type": "prometheus", "uid": uid});
    json!({
        "uid": uid,
        "title": title,
        "tags": [app.name, app.namespace],
        "schemaVersion": 39,
        "editable": false,
        "refresh": "1m",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": laid_out(&sections(app), &source),
    })
}

/// Panels under a heading.
struct Section {
    title: String,
    panels: Vec<Panel>,
}

/// A graph of some queries, each with the name of its lines.
struct Panel {
    title: &'static str,
    unit: &'static str,
    queries: Vec<(String, String)>,
    description: &'static str,
}

/// A panel whose title says it all.
fn panel(title: &'static str, unit: &'static str, queries: Vec<(String, String)>) -> Panel {
    Panel { title, unit, queries, description: "" }
}

/// A query whose lines are called by labels, `{{job}}`, or all the same.
fn line(expr: String, legend: &str) -> (String, String) {
    (expr, legend.to_owned())
}

/// The sections below one another, each a row with its panels behind it.
fn laid_out(sections: &[Section], source: &Json) -> Vec<Json> {
    let mut all = Vec::new();
    let mut top = 0;
    for section in sections {
        all.push(json!({
            "id": all.len() + 1,
            "type": "row",
            "title": section.title,
            "collapsed": false,
            "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
            "panels": [],
        }));
        top += 1;
        for (at, panel) in section.panels.iter().enumerate() {
            let place = json!({
                "x": at % PANELS_IN_ROW * (WIDTH / PANELS_IN_ROW),
                "y": top + at / PANELS_IN_ROW * PANEL_HEIGHT,
                "w": WIDTH / PANELS_IN_ROW,
                "h": PANEL_HEIGHT,
            });
            all.push(panel.to_json(all.len() + 1, &place, source));
        }
        top += section.panels.len().div_ceil(PANELS_IN_ROW) * PANEL_HEIGHT;
    }
    all
}

impl Panel {
    fn to_json(&self, id: usize, place: &Json, source: &Json) -> Json {
        let queries = self.queries.iter().zip('A'..='Z').map(|((expr, legend), id)| {
            json!({"refId": id.to_string(), "datasource": source, "expr": expr, "legendFormat": legend})
        });
        let mut panel = json!({
            "id": id,
            "type": "timeseries",
            "title": self.title,
            "datasource": source,
            "fieldConfig": {"defaults": {"unit": self.unit, "min": 0}, "overrides": []},
            "gridPos": place,
            "targets": queries.collect::<Vec<_>>(),
        });
        if !self.description.is_empty() {
            panel["description"] = self.description.into();
        }
        panel
    }
}

fn sections(app: &App) -> Vec<Section> {
    let of = |job: &str| Query::new(app, job).over(WINDOW);
    let section = |name: &str, program: &str, panels: Vec<Panel>| Section {
        title: format!("{name} ({program})"),
        panels,
    };
    let mut all = vec![Section { title: app.name.clone(), panels: overview(app) }];
    all.extend(app.gunicorn.iter().map(|it| section(&it.name, "Gunicorn", gunicorn(&of(&it.name)))));
    all.extend(app.postgres.iter().map(|it| section(&it.name, "PostgreSQL", postgres(&of(&it.name)))));
    all.extend(app.redis.iter().map(|it| section(&it.name, "Redis", redis(&of(&it.name)))));
    all.extend(app.nginx.iter().map(|it| section(&it.name, "nginx", nginx(&of(&it.name)))));
    all
}

/// All parts beside each other: front end and back end are two Gunicorns, or an nginx before one.
fn overview(app: &App) -> Vec<Panel> {
    let query = Query::of_all(app).over(WINDOW);
    let mut panels = Vec::new();
    if !app.gunicorn.is_empty() {
        panels.push(panel("Response time", "s", quantiles(&query, "{{job}}: ")));
        let mut requests = vec![line(query.rate("gunicorn_requests_total", "", ""), "{{job}}")];
        if !app.nginx.is_empty() {
            requests.push(line(query.rate("nginx_http_requests_total", "", ""), "{{job}}"));
        }
        panels.push(panel("Requests", "reqps", requests));
        panels.push(failures(&query, "{{job}}"));
    }
    if !app.postgres.is_empty() {
        let fetched = query.rate("pg_stat_database_tup_fetched", DATABASES, "");
        let inserted = query.rate("pg_stat_database_tup_inserted", DATABASES, "");
        let lines = vec![line(fetched, "{{job}}: fetched"), line(inserted, "{{job}}: inserted")];
        panels.push(panel("Rows of databases", "ops", lines));
    }
    let namespace = of_namespace(app);
    let up = format!("sum by (job) (up{{{namespace}}})");
    panels.push(panel("Targets that answer", "short", vec![line(up, "{{job}}")]));
    let samples = format!("sum by (job) (scrape_samples_scraped{{{namespace}}})");
    panels.push(panel("Samples of a scrape", "short", vec![line(samples, "{{job}}")]));
    panels
}

fn quantiles(query: &Query, prefix: &str) -> Vec<(String, String)> {
    let lines =
        QUANTILES.map(|(quantile, name)| (query.gunicorn_quantile(quantile), format!("{prefix}{name}")));
    lines.to_vec()
}

/// There is no series of a status that nobody has had yet: no failure is zero failures.
fn failures(query: &Query, legend: &str) -> Panel {
    let none = format!("0 * {}", query.rate("gunicorn_responses_total", "", ""));
    let failed = format!("{} or {none}", query.gunicorn_errors());
    panel("Requests that fail", "percentunit", vec![line(failed, legend)])
}

fn gunicorn(query: &Query) -> Vec<Panel> {
    let by_status = query.rate("gunicorn_responses_total", "", "status");
    let workers = format!("sum by (pod) ({})", query.series("gunicorn_workers", ""));
    vec![
        panel("Response time", "s", quantiles(query, "")),
        panel("Responses by status", "reqps", vec![line(by_status, "{{status}}")]),
        failures(query, "failed"),
        Panel {
            description: "Gunicorn says this when it changes: an exporter that was restarted does not know it.",
            ..panel("Workers", "short", vec![line(workers, "{{pod}}")])
        },
    ]
}

fn postgres(query: &Query) -> Vec<Panel> {
    let rate = |what: &str, by: &str| query.rate(&format!("pg_stat_database_{what}"), DATABASES, by);
    let written = ["inserted", "updated", "deleted"].map(|it| line(rate(&format!("tup_{it}"), ""), it));
    vec![
        panel("Rows fetched", "ops", vec![line(rate("tup_fetched", "datname"), "{{datname}}")]),
        panel("Rows written", "ops", written.to_vec()),
        panel(
            "Transactions",
            "ops",
            vec![
                line(rate("xact_commit", "datname"), "{{datname}}"),
                line(rate("xact_rollback", "datname"), "{{datname}}: rolled back"),
            ],
        ),
        panel("Connections in use", "percentunit", vec![line(query.postgres_connections(), "used")]),
    ]
}

fn redis(query: &Query) -> Vec<Panel> {
    let commands = query.rate("redis_commands_processed_total", "", "");
    let used = query.series("redis_memory_used_bytes", "");
    vec![
        panel("Commands", "ops", vec![line(commands, "commands")]),
        panel("Memory", "bytes", vec![line(used, "used")]),
    ]
}

fn nginx(query: &Query) -> Vec<Panel> {
    let requests = query.rate("nginx_http_requests_total", "", "");
    let active = query.series("nginx_connections_active", "");
    vec![
        panel("Requests", "reqps", vec![line(requests, "requests")]),
        panel("Connections", "short", vec![line(active, "active")]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Spec, example};

    fn panels() -> Vec<Json> {
        let app = Spec::parse(example(), None).expect("a spec").app.expect("an application");
        let board = json(&app, "uid", "title");
        board["panels"].as_array().expect("panels").clone()
    }

    #[test]
    fn panels_have_ids_of_their_own_and_do_not_overlap() {
        let panels = panels();
        let ids: Vec<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids, (1..=panels.len() as u64).map(Some).collect::<Vec<_>>());
        let mut taken = std::collections::BTreeSet::new();
        for panel in &panels {
            let place = |what: &str| panel["gridPos"][what].as_u64().expect("a number");
            assert!(place("x") + place("w") <= WIDTH as u64, "{panel}");
            for cell in (place("x")..place("x") + place("w"))
                .flat_map(|x| (place("y")..place("y") + place("h")).map(move |y| (x, y)))
            {
                assert!(taken.insert(cell), "{cell:?} is taken: {panel}");
            }
        }
    }

    #[test]
    fn every_query_of_a_rate_looks_back_as_far_as_grafana_says() {
        let queries: Vec<String> = panels()
            .iter()
            .filter_map(|panel| panel["targets"].as_array())
            .flatten()
            .map(|target| target["expr"].as_str().expect("PromQL").to_owned())
            .collect();
        assert!(queries.len() > 20);
        for query in queries {
            assert_eq!(
                query.matches("rate(").count(),
                query.matches("[$__rate_interval]").count(),
                "{query}"
            );
        }
    }
}
