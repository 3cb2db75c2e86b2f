//! All forms at once: no secret is in any, and documents are what they say.

use serde_json::Value;

use super::*;
use crate::lint::{By, Options, World};

const FORMS: [Form; 7] = [
    Form::Pretty(Look { color: false, width: None }),
    Form::Pretty(Look { color: true, width: Some(40) }),
    Form::Compact,
    Form::Json,
    Form::Sarif,
    Form::Github,
    Form::Junit,
];

/// `text` in `form`, all of its findings at the severity that fails.
fn shown(form: Form, text: &str) -> String {
    let mut world = World::new(Options::default());
    world.add("dir/a b.yml", text.to_owned());
    let mut report = Report::new(form);
    let mut out = Vec::new();
    for checked in world.check() {
        report.add(&checked, FailOn::Info, &mut out).expect("memory");
    }
    report.finish(true, &mut out).expect("memory");
    String::from_utf8(out).expect("UTF-8")
}

/// No form of `text`, in which `rule` finds something, has its canary.
#[track_caller]
fn check_canary(text: &str, rule: &str) {
    assert!(text.contains("CANARY") || text.contains(&encoded("CANARY")[..6]), "a canary");
    assert!(shown(Form::Compact, text).contains(rule), "{}", shown(Form::Compact, text));
    for form in FORMS {
        let shown = shown(form, text);
        for secret in ["CANARY", &encoded("CANARY")[..6]] {
            assert!(!shown.contains(secret), "{form:?} shows `{secret}` of {text}:\n{shown}");
        }
    }
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn no_form_shows_a_secret() {
    let job = |inner: &str| format!("scrape_configs:\n- job_name: a\n{inner}");
    // A finding beside the secret, whose excerpt shows its line.
    check_canary(&job("  basic_auth: {pasword: x, password: CANARY}\n"), "yaml/unknown-field");
    check_canary(&job("  basic_auth:\n    usrname: b # password: CANARY\n"), "yaml/unknown-field");
    // At the secret itself.
    check_canary(&job("  authorization:\n    credentials: [CANARY]\n"), "yaml/wrong-type");
    check_canary(&job("  bearer_token: {CANARY: 1}\n"), "yaml/wrong-type");
    check_canary(&job("  oauth2: {client_secret: CANARY, client_secret: CANARY}\n"), "yaml/duplicate-key");
    check_canary("remote_write:\n- sigv4: {secret_key: CANARY, acces_key: CANARY}\n", "yaml/unknown-field");
    // In YAML that breaks off.
    check_canary("scrape_configs:\n- basic_auth:\n    password: CANARY\n   x: [\n", "yaml/yaml-syntax");
    check_canary("scrape_configs: [\npassword: 'CANARY\n", "yaml/yaml-syntax");
}

#[test]
fn no_form_shows_data_of_a_secret() {
    let secret = |data: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{data}");
    check_canary(&secret("stringData:\n  a: CANARY\n  a: CANARY\n"), "yaml/duplicate-key");
    let held = "stringData:\n  p.yml: |\n    scrape_configs: []\n    CANARY: 1\n";
    check_canary(&secret(held), "yaml/unknown-field");
    let inner = encoded("CANARY: 1\nscrape_configs:\n- job_name: a\n  scrape_timeout: 2m\n");
    assert!(inner.starts_with(&encoded("CANARY")[..6]));
    check_canary(&secret(&format!("data:\n  p.yml: {inner}\n")), "yaml/unknown-field");
    check_canary(&secret(&format!("data:\n  p.yml: {inner}\n")), "scrape/timeout-gt-interval");
}

const TWO: &str = "\
scrape_configs:
- {job_name: a, scrapeInterval: 2m}
- job_name: b
  scrape_timeout: 2m # obsctl: ignore scrape/timeout-gt-interval a slow one
";

fn document(form: Form, text: &str) -> Value {
    serde_json::from_str(&shown(form, text)).expect("JSON")
}

#[test]
fn json_has_all_of_a_finding() {
    let all = document(Form::Json, TWO);
    assert_eq!(all["summary"]["errors"], 1, "{all}");
    assert_eq!(all["summary"]["suppressed"], 1);
    let [first, second] = all["findings"].as_array().expect("a list").as_slice() else { panic!("{all}") };
    assert_eq!((&first["rule"], &first["line"]), (&"yaml/unknown-field".into(), &2.into()));
    assert_eq!(first["fix"]["edits"][0]["replacement"], "scrape_interval");
    assert_eq!(first["fix"]["safe"], true);
    assert_eq!(second["suppressed"]["reason"], "a slow one");
    assert_eq!(first["fingerprint"].as_str().map(str::len), Some(32));
    assert_eq!(document(Form::Json, "{}")["findings"], serde_json::json!([]));
}

#[test]
fn sarif_has_rules_results_fixes_and_suppressions() {
    let log = document(Form::Sarif, TWO);
    let run = &log["runs"][0];
    let [first, second] = run["results"].as_array().expect("a list").as_slice() else { panic!("{log}") };
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "dir/a%20b.yml");
    let region = serde_json::json!({"startLine": 2, "startColumn": 17, "endLine": 2, "endColumn": 31});
    assert_eq!(place["region"], region);
    assert_eq!(first["level"], "error");
    assert_eq!(first["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"], region);
    assert_eq!(
        second["suppressions"],
        serde_json::json!([{"kind": "inSource", "justification": "a slow one"}])
    );
    for result in [first, second] {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|page| page.contains("## Bad")));
    }
    let clean = document(Form::Sarif, "{}");
    assert_eq!(clean["version"], "2.1.0");
    assert_eq!(clean["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(clean["runs"][0]["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn what_the_baseline_has_is_suppressed_outside_of_the_source() {
    let mut world = World::new(Options::default());
    world.add("a.yml", TWO.to_owned());
    let mut checked = world.check().remove(0);
    let finding = checked.findings.remove(0);
    checked.suppressed.push(Suppressed { finding, by: By::Baseline });
    let (mut report, mut out) = (Report::new(Form::Sarif), Vec::new());
    report.add(&checked, FailOn::Error, &mut out).expect("memory");
    let totals = report.finish(true, &mut out).expect("memory");
    assert!(!totals.failed && totals.suppressed == 2);
    let log: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(log["runs"][0]["results"][0]["suppressions"][0]["kind"], "external");
}
