//! Dashboards as Grafana reads them: by the models that it publishes for Python, made of the schema of its dashboards; and,
//! where `OBSCTL_GRAFANA_SCHEMAS` names a folder with them, by the JSON Schemas beside those models.

use std::path::Path;
use std::process::Command;

use obsctl::manifest::app::plan;
use obsctl::manifest::exporter::{DEFAULT_RELEASE, Exporter, Language, Mode, Name};
use obsctl::manifest::{Spec, example};
use serde_json::{Value, json};

use crate::support::peers;

const READER: &str = include_str!("reads_as.py");

/// What Grafana's models and schemas find in it.
fn faults(python: &Path, board: &Value) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("dashboard.json");
    std::fs::write(&file, board.to_string()).expect("the folder is ours");
    let mut command = Command::new(python);
    command.args(["-c", READER]).arg(&file).args(std::env::var_os("OBSCTL_GRAFANA_SCHEMAS"));
    let done = command.output().expect("it starts");
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<String> = said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    assert_eq!(done.status.success(), lines.is_empty(), "{said}");
    lines
}

fn board(description: &str) -> Value {
    let app = Spec::parse(description, Some("shop-eu")).expect("a description").app.expect("an application");
    let map =
        plan(&app).manifests.iter().find(|it| it.id().name.ends_with("-dashboard")).expect("one").to_json();
    let files = map["data"].as_object().expect("files");
    serde_json::from_str(files.values().next().and_then(Value::as_str).expect("a file")).expect("JSON")
}

#[test]
fn grafanas_models_read_the_dashboard_as_it_is() {
    let Some([python]) = peers::find("dashboard schema", [peers::GRAFANA_PYTHON]) else { return };
    let bare = "app: {name: shop, targets: [{name: api, port: metrics}]}";
    for description in [example(), bare] {
        assert_eq!(faults(&python, &board(description)), Vec::<String>::new());
    }
}

#[test]
fn grafanas_models_read_the_dashboards_of_exporters_as_they_are() {
    let Some([python]) = peers::find("dashboard schema", [peers::GRAFANA_PYTHON]) else { return };
    for mode in [Mode::Server, Mode::Batch] {
        let name = Name::parse("spool-exporter", Language::Go).expect("a good name");
        let exporter = Exporter { name, language: Language::Go, mode, release: DEFAULT_RELEASE.to_owned() };
        let files = exporter.files();
        let board = files.iter().find(|file| file.path.starts_with("monitoring/grafana/dashboards/"));
        let board = serde_json::from_str(&board.expect("a dashboard").text).expect("JSON");
        assert_eq!(faults(&python, &board), Vec::<String>::new());
    }
}

#[test]
fn grafanas_models_see_what_is_wrong() {
    let Some([python]) = peers::find("dashboard schema", [peers::GRAFANA_PYTHON]) else { return };
    for (place, value) in [
        ("/titel", json!("shop")),
        ("/editable", json!("no")),
        ("/schemaVersion", json!("39")),
        ("/panels/1/gridPos/w", json!("12")),
        ("/panels/1/targets/0/legend", json!("job")),
        ("/panels/1/datasource/type", json!("loki")),
        ("/panels/1/fieldConfig/defaults/units", json!("s")),
    ] {
        let mut board = board(example());
        let (parent, name) = place.rsplit_once('/').expect("a way");
        board.pointer_mut(parent).expect("it is there")[name] = value;
        assert!(!faults(&python, &board).is_empty(), "{place}");
    }
    for (parent, name) in [("", "annotations"), ("/panels/0", "collapsed"), ("/panels/1/gridPos", "h")] {
        let mut board = board(example());
        let parent = board.pointer_mut(parent).and_then(Value::as_object_mut).expect("it is there");
        parent.remove(name).expect("it is there");
        assert!(!faults(&python, &board).is_empty(), "no {name}");
    }
}
