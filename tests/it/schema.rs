//! The JSON that commands print against the schemas under `docs/schemas/`.
//!
//! Checks the keywords that those schemas use and fails on any other, so that none goes unchecked. `pattern` and
//! `format` are left to other tools.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use obsctl::lint::{self, Settings};
use serde_json::{Value, json};

use crate::cli::workspace;

#[test]
fn entries_are_as_the_schema_says() {
    check_lines("entry.json", &["decode", "v2-mixed.bin", "v1-plain.bin", "v1-odd.bin", "-o", "ndjson"], 10);
    check_lines("entry.json", &["decode", "capture", "-o", "ndjson"], 10);
    check_lines("entry.json", &["decode", "capture", "-o", "ndjson", "--merge"], 9);
}

#[test]
fn documents_are_as_the_schema_says() {
    check_lines("series.json", &["decode", "capture", "-o", "ndjson", "--series"], 8);
    check_document("document.json", &["decode", "capture", "-o", "json"]);
    check_document("document.json", &["decode", "capture", "-o", "json", "--merge"]);
    check_document("document.json", &["decode", "capture", "-o", "json", "--request", "99"]);
    check_document(
        "top.json",
        &["inspect", "top", "capture", "-o", "json", "--by", "job,metric", "--limit", "2"],
    );
}

#[test]
fn findings_and_rules_are_as_the_schema_says() {
    check_document("lint.json", &["lint", ".", "-o", "json"]);
    check_document("lint.json", &["lint", "rules", "--select", "lint", "-o", "json"]);
    check_document("rules.json", &["explain", "-o", "json"]);
    check_document("rules.json", &["explain", "yaml", "-o", "json"]);
}

/// Each as YAML, and as what a reader of YAML makes of it.
#[test]
fn settings_are_as_the_schema_says() {
    let schema = Schema::read("settings.json");
    for (text, value, taken) in [
        ("", json!(null), true),
        ("lint:", json!({"lint": null}), true),
        ("other: {x: 1}", json!({"other": {"x": 1}}), true),
        (
            "lint: {select: [default, cost], ignore: rules/missing-for}",
            json!({"lint": {"select": ["default", "cost"], "ignore": "rules/missing-for"}}),
            true,
        ),
        ("lint: {prometheus-version: 3.5}", json!({"lint": {"prometheus-version": 3.5}}), true),
        ("lint: {prometheus-version: '3.10'}", json!({"lint": {"prometheus-version": "3.10"}}), true),
        ("lint: {enable-feature: [a, b]}", json!({"lint": {"enable-feature": ["a", "b"]}}), true),
        ("lint: {enable-feature: a}", json!({"lint": {"enable-feature": "a"}}), true),
        ("lint: {fail-on: never}", json!({"lint": {"fail-on": "never"}}), true),
        (
            "lint: {per-path: {'a/**': [all], b: yaml}}",
            json!({"lint": {"per-path": {"a/**": ["all"], "b": "yaml"}}}),
            true,
        ),
        ("[lint]", json!(["lint"]), false),
        ("lint: [select]", json!({"lint": ["select"]}), false),
        ("lint: {selct: []}", json!({"lint": {"selct": []}}), false),
        ("lint: {ignore: [ruls]}", json!({"lint": {"ignore": ["ruls"]}}), false),
        ("lint: {select: [[rules]]}", json!({"lint": {"select": [["rules"]]}}), false),
        ("lint: {select: {rules: x}}", json!({"lint": {"select": {"rules": "x"}}}), false),
        ("lint: {fail-on: errors}", json!({"lint": {"fail-on": "errors"}}), false),
        ("lint: {prometheus-version: [3]}", json!({"lint": {"prometheus-version": [3]}}), false),
        ("lint: {per-path: [a]}", json!({"lint": {"per-path": ["a"]}}), false),
        ("lint: {per-path: {a: nothing}}", json!({"lint": {"per-path": {"a": "nothing"}}}), false),
    ] {
        assert_eq!(schema.accepts(&value), taken, "the schema: {text}");
        assert_eq!(Settings::parse(text).is_ok(), taken, "lint: {text}");
    }
}

/// `UPDATE=1 cargo test schema::` writes them.
#[test]
fn the_schema_of_settings_names_every_rule() {
    let mut names = vec!["default".to_owned(), "all".to_owned()];
    let families: BTreeSet<&str> = lint::all().iter().map(|rule| rule.family()).collect();
    names.extend(families.into_iter().map(str::to_owned));
    names.extend(lint::all().iter().map(|rule| rule.name.to_owned()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/settings.json");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let known = &mut schema["$defs"]["name"]["enum"];
    if *known != json!(names) && std::env::var_os("UPDATE").is_some() {
        *known = json!(names);
        fs::write(&path, serde_json::to_string_pretty(&schema).unwrap() + "\n").unwrap();
        return;
    }
    assert_eq!(*known, json!(names), "UPDATE=1 writes them");
}

#[test]
fn descriptions_are_as_the_schema_says() {
    let schema = Schema::read("obsctl.json");
    let inferred = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/manifest/from/obsctl.yaml");
    for text in [obsctl::manifest::example(), &fs::read_to_string(inferred).unwrap()] {
        assert!(schema.accepts(&crate::manifest::document(text)), "{text}");
    }
    for wrong in
        ["app: {nam: a}", "app: {name: a, targets: [{name: a}]}", "app: {name: a, prometheus: {replicas: 0}}"]
    {
        assert!(!schema.accepts(&crate::manifest::document(wrong)), "{wrong}");
    }
}

#[test]
fn chains_are_as_the_schema_says() {
    check_document("why.json", &["why", "servicemonitor/web", "manifests", "-o", "json"]);
    check_document("why.json", &["why", "service/web", "manifests", "-o", "json"]);
    check_document("why.json", &["why", "deployment/web", "manifests/web.yaml", "--complete", "-o", "json"]);
    check_document("why.json", &["why", "up", "--capture", "capture", "-o", "json"]);
}

/// Against the published schema, where `OBSCTL_SCHEMAS` names a folder with its `sarif-2.1.0.json`.
#[test]
fn sarif_is_as_the_standard_says() {
    let Some(folder) = std::env::var_os("OBSCTL_SCHEMAS") else {
        eprintln!("skipped: OBSCTL_SCHEMAS names no folder with sarif-2.1.0.json");
        return;
    };
    let schema = Schema::at(&Path::new(&folder).join("sarif-2.1.0.json"));
    for args in [&["lint", "."][..], &["lint", "rules", "--select", "lint"], &["lint", "no-such-file"]] {
        let out = stdout(&[args, &["-o", "sarif"]].concat());
        assert!(schema.accepts(&serde_json::from_str(&out).unwrap()), "{out}");
    }
    let wrong = serde_json::json!({"version": "2.1.0", "runs": [{"results": []}]});
    assert!(!schema.accepts(&wrong), "a run without a tool");
}

#[test]
fn the_checker_finds_faults() {
    for wrong in [
        r#"{"metric":"up","labels":{}}"#,
        r#"{"metric":7,"labels":{},"samples":[]}"#,
        r#"{"metric":"up","labels":{"a":1},"samples":[]}"#,
        r#"{"metric":"up","labels":{},"samples":[[1]]}"#,
        r#"{"metric":"up","labels":{},"samples":[],"extra":1}"#,
        r#"{"metric":"up","labels":{},"samples":[],"type":"gage"}"#,
    ] {
        let value = serde_json::from_str(wrong).unwrap();
        assert!(!Schema::read("entry.json").accepts(&value), "{wrong}");
    }
}

#[track_caller]
fn check_lines(schema: &str, args: &[&str], lines: usize) {
    let schema = Schema::read(schema);
    let out = stdout(args);
    assert_eq!(out.lines().count(), lines, "{out}");
    for line in out.lines() {
        let value = serde_json::from_str(line).unwrap();
        assert!(schema.accepts(&value), "{line}");
    }
}

#[track_caller]
fn check_document(schema: &str, args: &[&str]) {
    let out = stdout(args);
    let value = serde_json::from_str(&out).unwrap();
    assert!(Schema::read(schema).accepts(&value), "{out}");
}

fn stdout(args: &[&str]) -> String {
    let folder = workspace();
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
    let done = command.args(args).current_dir(folder.path()).output().unwrap();
    String::from_utf8(done.stdout).unwrap()
}

/// A schema file; references reach into it and into its neighbours.
struct Schema {
    root: Value,
}

impl Schema {
    fn read(name: &str) -> Self {
        Self::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas").join(name))
    }

    fn at(file: &Path) -> Self {
        Self { root: serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap() }
    }

    fn accepts(&self, value: &Value) -> bool {
        self.matches(&self.root, value)
    }

    fn matches(&self, schema: &Value, value: &Value) -> bool {
        let keywords = schema.as_object().unwrap();
        keywords.iter().all(|(keyword, says)| match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "pattern" | "format" => true,
            "id" | "definitions" | "default" => true,
            "uniqueItems" => value.as_array().is_none_or(|items| {
                items
                    .iter()
                    .enumerate()
                    .all(|(at, item)| !says.as_bool().unwrap() || !items[..at].contains(item))
            }),
            "oneOf" => says.as_array().unwrap().iter().filter(|it| self.matches(it, value)).count() == 1,
            "$ref" => self.refers(says.as_str().unwrap(), value),
            "anyOf" => says.as_array().unwrap().iter().any(|schema| self.matches(schema, value)),
            "enum" => says.as_array().unwrap().contains(value),
            "type" => match says {
                Value::Array(types) => types.iter().any(|name| is_type(name, value)),
                name => is_type(name, value),
            },
            "minimum" => value.as_f64().is_none_or(|number| number >= says.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= says.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= says.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= says.as_u64().unwrap()),
            "items" => value.as_array().is_none_or(|items| items.iter().all(|item| self.matches(says, item))),
            "prefixItems" => value.as_array().is_none_or(|items| {
                items.iter().zip(says.as_array().unwrap()).all(|(item, schema)| self.matches(schema, item))
            }),
            "required" => value.as_object().is_none_or(|object| {
                says.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
            }),
            "properties" => value.as_object().is_none_or(|object| {
                let known = says.as_object().unwrap();
                known.iter().all(|(name, schema)| object.get(name).is_none_or(|it| self.matches(schema, it)))
            }),
            "additionalProperties" => value.as_object().is_none_or(|object| {
                let known = keywords.get("properties").and_then(Value::as_object);
                let mut others =
                    object.iter().filter(|(name, _)| known.is_none_or(|it| !it.contains_key(*name)));
                match says {
                    Value::Bool(allowed) => *allowed || others.next().is_none(),
                    schema => others.all(|(_, value)| self.matches(schema, value)),
                }
            }),
            other => panic!("the checker does not know `{other}`"),
        })
    }

    fn refers(&self, reference: &str, value: &Value) -> bool {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let other = (!file.is_empty()).then(|| Self::read(file));
        let schema = other.as_ref().unwrap_or(self);
        schema.matches(schema.root.pointer(pointer).unwrap(), value)
    }
}

fn is_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        other => panic!("unknown type `{other}`"),
    }
}
