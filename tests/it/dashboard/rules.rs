//! The generated rules in promtool's hands: each alert fires when it is meant to, not before, and for nobody else.

use std::process::Command;

use obsctl::manifest::app::plan;
use obsctl::manifest::{Spec, example, output};
use serde_json::{Value, json};

use crate::support::peers;

/// An application that nothing is wrong with, as its Prometheus has it, every 30 seconds.
const HEALTHY: [(&str, &str); 16] = [
    (r#"up{namespace="shop", job="api"}"#, "1x80"),
    (r#"up{namespace="shop", job="web"}"#, "1x80"),
    (r#"up{namespace="shop", job="db"}"#, "1x80"),
    (r#"up{namespace="shop", job="cache"}"#, "1x80"),
    (r#"up{namespace="shop", job="front"}"#, "1x80"),
    (r#"gunicorn_responses_total{namespace="shop", job="web", status="200"}"#, "0+900x80"),
    (r#"gunicorn_responses_total{namespace="shop", job="web", status="503"}"#, "0+10x80"),
    (r#"gunicorn_request_duration_seconds_bucket{namespace="shop", job="web", le="0.5"}"#, "0+1000x80"),
    (r#"gunicorn_request_duration_seconds_bucket{namespace="shop", job="web", le="+Inf"}"#, "0+1000x80"),
    (r#"pg_up{namespace="shop", job="db"}"#, "1x80"),
    (r#"pg_stat_activity_count{namespace="shop", job="db", datname="shop"}"#, "70x80"),
    (r#"pg_settings_max_connections{namespace="shop", job="db"}"#, "100x80"),
    (r#"redis_up{namespace="shop", job="cache"}"#, "1x80"),
    (r#"redis_memory_used_bytes{namespace="shop", job="cache"}"#, "80x80"),
    (r#"redis_memory_max_bytes{namespace="shop", job="cache"}"#, "100x80"),
    (r#"nginx_up{namespace="shop", job="front"}"#, "1x80"),
];

/// What promtool says of the generated rules, with these series beside or instead of healthy ones; one of no values is
/// not there.
fn promtool(changes: &[(&str, &str)], tests: &Value) -> Option<Result<(), String>> {
    let [promtool] = peers::find("dashboard rules", [peers::PROMTOOL])?;
    let app = Spec::parse(example(), None).expect("the example").app.expect("an application");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = output::fragments(&plan(&app), "Made by a test.");
    let rules = files.iter().find(|file| file.path == "rules.yaml").expect("a fragment");
    std::fs::write(folder.path().join("rules.yaml"), &rules.text).expect("the folder is ours");
    let unchanged = HEALTHY.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let series: Vec<Value> = unchanged
        .chain(changes)
        .filter(|(_, values)| !values.is_empty())
        .map(|(series, values)| json!({"series": series, "values": values}))
        .collect();
    let mut test = json!({"interval": "30s", "input_series": series});
    for (name, value) in tests.as_object().expect("kinds of tests") {
        test[name] = value.clone();
    }
    let file = json!({"rule_files": ["rules.yaml"], "evaluation_interval": "30s", "tests": [test]});
    let path = folder.path().join("test.yaml");
    std::fs::write(&path, file.to_string()).expect("the folder is ours");
    let done = Command::new(promtool).args(["test", "rules"]).arg(path).output().expect("it starts");
    let said = [done.stdout, done.stderr].concat();
    Some(done.status.success().then_some(()).ok_or_else(|| String::from_utf8_lossy(&said).into_owned()))
}

/// Which alerts fire, `name job`, at these times.
#[track_caller]
fn check(changes: &[(&str, &str)], expect: &[(&str, &[&str])]) {
    let tests: Vec<Value> = expect
        .iter()
        .map(|(at, firing)| {
            let sample = |alert: &&str| {
                let (name, job) = alert.split_once(' ').expect("a name and a job");
                json!({"labels": format!("{{alertname=\"{name}\", job=\"{job}\"}}"), "value": 1})
            };
            json!({
                "expr": "count by (alertname, job) (ALERTS{alertstate=\"firing\"})",
                "eval_time": at,
                "exp_samples": firing.iter().map(sample).collect::<Vec<_>>(),
            })
        })
        .collect();
    if let Some(Err(said)) = promtool(changes, &json!({"promql_expr_test": tests})) {
        panic!("{changes:?}: {said}");
    }
}

#[test]
fn nothing_fires_while_nothing_is_wrong() {
    check(&[], &[("0m", &[]), ("6m", &[]), ("12m", &[]), ("40m", &[])]);
}

#[test]
fn a_target_that_does_not_answer_or_is_not_there() {
    let api = r#"up{namespace="shop", job="api"}"#;
    check(&[(api, "0x80")], &[("4m30s", &[]), ("6m", &["TargetDown api"])]);
    check(&[(api, "0x8 1x80")], &[("6m", &[]), ("12m", &[])]);
    check(&[(api, "")], &[("9m30s", &[]), ("11m", &["TargetMissing api"])]);
}

#[test]
fn requests_that_fail_or_are_slow() {
    let failed = r#"gunicorn_responses_total{namespace="shop", job="web", status="503"}"#;
    check(&[(failed, "0+100x80")], &[("9m30s", &[]), ("12m", &["GunicornErrors web"])]);
    // Five minutes of it do not last ten, not even in a window of five.
    check(&[(failed, "0x10 100+100x8 900x80")], &[("12m", &[]), ("20m", &[])]);
    let quick = r#"gunicorn_request_duration_seconds_bucket{namespace="shop", job="web", le="0.5"}"#;
    let slower = r#"gunicorn_request_duration_seconds_bucket{namespace="shop", job="web", le="5"}"#;
    check(&[(quick, "0+900x80"), (slower, "0+1000x80")], &[("9m30s", &[]), ("12m", &["GunicornSlow web"])]);
    check(&[(quick, "0+995x80"), (slower, "0+1000x80")], &[("12m", &[]), ("40m", &[])]);
}

#[test]
fn servers_that_are_gone_or_nearly_full() {
    check(
        &[
            (r#"pg_up{namespace="shop", job="db"}"#, "0x80"),
            (r#"redis_up{namespace="shop", job="cache"}"#, "0x80"),
            (r#"nginx_up{namespace="shop", job="front"}"#, "0x80"),
        ],
        &[("4m30s", &[]), ("6m", &["NginxDown front", "PostgresDown db", "RedisDown cache"])],
    );
    let open = r#"pg_stat_activity_count{namespace="shop", job="db", datname="other"}"#;
    check(&[(open, "15x80")], &[("9m30s", &[]), ("11m", &["PostgresConnections db"])]);
    let used = r#"redis_memory_used_bytes{namespace="shop", job="cache"}"#;
    check(&[(used, "95x80")], &[("9m30s", &[]), ("11m", &["RedisMemory cache"])]);
    // Without a limit there is no part of it.
    let limit = r#"redis_memory_max_bytes{namespace="shop", job="cache"}"#;
    check(&[(used, "95x80"), (limit, "0x80")], &[("11m", &[]), ("40m", &[])]);
}

#[test]
fn another_install_is_not_this_ones_business() {
    let elsewhere = [
        (r#"up{namespace="shop-eu", job="api"}"#, "0x80"),
        (r#"pg_up{namespace="shop-eu", job="db"}"#, "0x80"),
        (r#"gunicorn_responses_total{namespace="shop-eu", job="web", status="503"}"#, "0+900x80"),
    ];
    check(&elsewhere, &[("6m", &[]), ("40m", &[])]);
    let api = r#"up{namespace="shop", job="api"}"#;
    check(&[(api, ""), elsewhere[0]], &[("11m", &["TargetMissing api"])]);
}

#[test]
fn alerts_say_what_is_the_matter() {
    let failed = r#"gunicorn_responses_total{namespace="shop", job="web", status="503"}"#;
    let alert = json!({
        "exp_labels": {"severity": "warning", "namespace": "shop", "job": "web"},
        "exp_annotations": {
            "summary": "web: 10% of the requests fail",
            "description": "More than 5 % of the responses have a status of 500 or above.",
        },
    });
    let tests = json!({
        "alert_rule_test": [{"eval_time": "15m", "alertname": "GunicornErrors", "exp_alerts": [alert]}],
    });
    if let Some(Err(said)) = promtool(&[(failed, "0+100x80")], &tests) {
        panic!("{said}");
    }
}
