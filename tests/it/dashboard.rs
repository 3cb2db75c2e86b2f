//! The dashboard and the rules of `gen manifests`, on the real chain: nginx in front of a Gunicorn in front of a Gunicorn,
//! PostgreSQL and Redis, with the generated sidecars, mappings, exporters, scrape_configs and rules, and a Prometheus.
//! Grafana's own models read the dashboard.

mod backend;
mod chain;
pub(crate) mod discovered;
mod rules;
mod schema;

use std::collections::BTreeSet;
use std::time::Duration;

use obsctl::promql::{self, ParseOptions};
use serde_json::Value;

use self::chain::Chain;
use crate::support::prometheus::Prometheus;
use crate::support::wait;

/// How long a Prometheus that scrapes every other second may take to see something, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(90);
/// What Grafana asks of three hours of a panel on a wide screen.
const STEP_SECONDS: u64 = 15;

#[test]
fn every_panel_and_every_rule_has_data_on_the_real_chain() {
    let Some(mut chain) = Chain::start("dashboard") else { return };
    let board = chain.dashboard();
    let queries = queries(&board);
    assert!(queries.len() >= 15, "{queries:?}");

    let mut left: Vec<&(String, String, String)> = queries.iter().collect();
    wait::until("data for every panel", PATIENCE, || {
        chain.traffic();
        let mut why = String::new();
        left.retain(|(title, query, legend)| match has_data(&chain.prometheus, query, legend) {
            Ok(()) => false,
            Err(err) => {
                why.push_str(&format!("{title}: {query}: {err}\n"));
                true
            }
        });
        if left.is_empty() { Ok(()) } else { Err(why) }
    });
    // Front end and back end stand beside each other.
    let (_, response_time, _) = queries.iter().find(|(title, ..)| title == "Response time").expect("a panel");
    wait::until("both response times", PATIENCE, || {
        let series = chain.prometheus.query(response_time)?;
        let jobs: BTreeSet<&str> = series.iter().map(|(labels, _)| labels["job"].as_str()).collect();
        if jobs == BTreeSet::from(["back", "front"]) { Ok(()) } else { Err(format!("{jobs:?}")) }
    });

    let rules = wait::until("every rule's first evaluation", PATIENCE, || chain.rules());
    wait::until("every metric that a rule names", PATIENCE, || {
        for (alert, expr) in &rules {
            for selector in selectors(expr).iter().filter(|it| !it.starts_with("up{")) {
                if chain.prometheus.query(selector)?.is_empty() {
                    return Err(format!("{alert}: nothing has {selector}"));
                }
            }
        }
        Ok(())
    });
    let holds = |chain: &Chain, alert: &str| {
        let (_, expr) = rules.iter().find(|(name, _)| name == alert).unwrap_or_else(|| panic!("no {alert}"));
        Ok::<_, String>(!chain.prometheus.query(expr)?.is_empty())
    };
    // Nothing is wrong yet but for the requests that fail. A busy machine may have missed a scrape.
    wait::until("one alert alone", PATIENCE, || {
        chain.traffic();
        for (alert, _) in &rules {
            if holds(&chain, alert)? != (alert == "GunicornErrors") {
                return Err(alert.clone());
            }
        }
        Ok(())
    });
    for alert in chain.break_everything() {
        wait::until(alert, PATIENCE, || holds(&chain, alert)?.then_some(()).ok_or("not yet".to_owned()));
    }
}

/// Of each panel: its title, a query with values for Grafana's variables, and the name of its lines.
fn queries(board: &Value) -> Vec<(String, String, String)> {
    // Grafana: the larger of the step and a scrape, and of four scrapes.
    let window = format!("{}s", (STEP_SECONDS + chain::INTERVAL_SECONDS).max(4 * chain::INTERVAL_SECONDS));
    let panels = board["panels"].as_array().expect("panels");
    let mut all = Vec::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        for target in panel["targets"].as_array().expect("every panel asks something") {
            assert_eq!(target["datasource"]["uid"], board["uid"], "the data source that is made beside it");
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let query = text(&target["expr"]).replace("$__rate_interval", &window);
            assert!(!query.contains('$'), "{query}");
            all.push((text(&panel["title"]), query, text(&target["legendFormat"])));
        }
    }
    all
}

/// Lines with numbers, one of them above zero, whose names are whole.
fn has_data(prometheus: &Prometheus, query: &str, legend: &str) -> Result<(), String> {
    let series = prometheus.query(query)?;
    let named = |label: &str| series.iter().all(|(labels, _)| labels.contains_key(label));
    let mut labels =
        legend.split("{{").skip(1).map(|rest| rest.split_once("}}").map_or(rest, |(label, _)| label));
    if let Some(label) = labels.find(|label| !named(label)) {
        return Err(format!("a line without `{label}`: {series:?}"));
    }
    let right =
        series.iter().all(|(_, value)| value.is_finite()) && series.iter().any(|(_, value)| *value > 0.0);
    if right { Ok(()) } else { Err(format!("{series:?}")) }
}

/// The selectors of an expression, without the ranges.
fn selectors(expr: &str) -> Vec<String> {
    let parsed = promql::parse(expr, &ParseOptions::default());
    assert_eq!(parsed.errors, [], "{expr}");
    let root = parsed.expr.expect("an expression");
    let found = promql::uses(&root);
    let texts = found.selectors.iter().filter_map(|it| it.span.of(expr).split('[').next());
    texts.map(str::to_owned).collect()
}
