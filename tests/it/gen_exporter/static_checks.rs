//! What can be said of a project without building it, for all languages and modes.

use std::path::Path;
use std::process::Command;

use obsctl::lint::{Options, World};
use obsctl::manifest::OutFile;
use obsctl::manifest::exporter::{DEFAULT_RELEASE, Exporter, Language, Mode, Name};

use super::toolchain::venv;
use super::{LANGUAGES, MODES, NAME, Project};
use crate::support::cluster::Cluster;
use crate::support::peers;

fn files(language: &str, mode: &str) -> Vec<OutFile> {
    let language = match language {
        "python" => Language::Python,
        "rust" => Language::Rust,
        _ => Language::Go,
    };
    let mode = if mode == "server" { Mode::Server } else { Mode::Batch };
    let name = Name::parse(NAME, language).expect("a good name");
    Exporter { name, language, mode, release: DEFAULT_RELEASE.to_owned() }.files()
}

/// Calls with the language and mode of every project.
fn each(mut visit: impl FnMut(&str, &str)) {
    LANGUAGES.iter().for_each(|language| MODES.iter().for_each(|mode| visit(language, mode)));
}

/// The files of every project by name and checksum, and those that are made of values as they are.
#[test]
fn projects_are_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/exporter");
    let update = std::env::var_os("UPDATE").is_some();
    let mut listing = String::new();
    let mut wrong = Vec::new();
    let mut compare = |name: &str, text: &str| {
        let path = folder.join(name);
        if std::fs::read_to_string(&path).ok().as_deref() == Some(text) {
            return;
        }
        if update {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("the tree is ours");
            std::fs::write(&path, text).expect("the tree is ours");
        } else {
            wrong.push(path.display().to_string());
        }
    };
    each(|language, mode| {
        listing.push_str(&format!("{language} {mode}\n"));
        for OutFile { path, text } in files(language, mode) {
            listing.push_str(&format!("  {:08x} {:6} {path}\n", crc32c::crc32c(text.as_bytes()), text.len()));
            let made = path.starts_with("kubernetes/") && !path.ends_with("dashboard.yaml");
            if language == "go" && (made || path == "monitoring/rules.yml") {
                compare(&format!("{mode}/{path}"), &text);
            }
        }
    });
    compare("listing.txt", &listing);
    assert!(wrong.is_empty(), "changed: {wrong:?}; UPDATE=1 rewrites them, then read the diff");
}

#[test]
fn lint_finds_nothing() {
    each(|language, mode| {
        let options = Options { complete: true, ..Options::default() };
        let mut world = World::new(options);
        for OutFile { path, text } in files(language, mode) {
            if [".yml", ".yaml", ".json"].iter().any(|end| path.ends_with(end)) {
                world.add(&path, text);
            }
        }
        let checked = world.check();
        assert!(checked.len() >= 10, "{language} {mode}: its files are read");
        let known =
            checked.iter().filter(|it| it.kinds.iter().any(|kind| *kind != obsctl::lint::Kind::Unknown));
        assert!(known.count() >= 7, "{language} {mode}: most are known");
        for file in checked {
            let found: Vec<&str> = file.findings.iter().map(|finding| finding.message.as_str()).collect();
            assert!(found.is_empty(), "{language} {mode} {}: {found:?}", file.name);
        }
    });
}

#[test]
fn promtool_takes_rules_their_tests_and_the_configuration() {
    let Some([promtool]) = peers::find("gen_exporter promtool", [peers::PROMTOOL]) else { return };
    for mode in MODES {
        let project = Project::generate("go", mode);
        for (what, file) in [("check", "rules"), ("check", "config"), ("test", "rules")] {
            let path = match (what, file) {
                ("test", _) => "rules_test.yml",
                (_, "config") => "prometheus.yml",
                _ => "rules.yml",
            };
            let mut command = Command::new(&promtool);
            command.args([what, file, path]).current_dir(project.folder.join("monitoring"));
            let done = command.output().expect("it starts");
            let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
            assert!(
                done.status.success() && !said.contains("FAILED"),
                "{mode}: promtool {what} {file}:\n{said}"
            );
        }
        // Every alert that there is has been seen to fire.
        let (rules, tests) =
            (project.read("monitoring/rules.yml"), project.read("monitoring/rules_test.yml"));
        for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
            assert!(tests.contains(&format!("- alertname: {alert}\n")), "{mode}: no test has {alert} fire");
        }
    }
}

#[test]
fn the_compose_file_is_as_its_schema_says() {
    let test = "gen_exporter compose";
    let Some(schemas) = peers::crds(test) else { return };
    let Some([python]) = peers::find(test, ["python3"]) else { return };
    let folder = peers::folder().expect("the schemas are in it").join("exporters");
    let Some(programs) = venv(test, &python, &folder) else { return };
    let program = "import json, sys, yaml, jsonschema\n\
        schema = json.load(open(sys.argv[1]))\n\
        jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(open(sys.argv[2])))\n";
    let validate = |file: &Path| {
        let mut command = Command::new(programs.join("python"));
        command.args(["-c", program]).arg(schemas.join("compose/compose-spec.json")).arg(file);
        command.output().expect("it starts")
    };
    for mode in MODES {
        let project = Project::generate("go", mode);
        let file = project.folder.join("compose.yaml");
        let done = validate(&file);
        assert!(done.status.success(), "{mode}: {}", String::from_utf8_lossy(&done.stderr));
        std::fs::write(&file, "services: {a: {prots: []}}\n").expect("ours");
        assert!(!validate(&file).status.success(), "the schema is looked at");
    }
}

#[test]
fn a_real_api_server_takes_the_manifests() {
    let test = "gen_exporter cluster";
    let Some(cluster) = Cluster::shared(test) else { return };
    let Some(()) = cluster.install_crds(test) else { return };
    for mode in MODES {
        let project = Project::generate("go", mode);
        let namespace = format!("gen-exporter-{mode}");
        cluster.kubectl(&["create", "namespace", &namespace], "");
        // Pods that need more than nothing are warned of, and a warning is a failure.
        let label = "pod-security.kubernetes.io/warn=restricted";
        cluster.kubectl(&["label", "namespace", &namespace, label], "");
        let folder = project.folder.join("kubernetes").display().to_string();
        let apply = [
            "apply",
            "--warnings-as-errors",
            "--server-side",
            "--validate=strict",
            "-n",
            &namespace,
            "-f",
            &folder,
        ];
        let said = cluster.kubectl(&apply, "");
        assert!(
            said.lines().count() >= 4 && said.lines().all(|line| line.ends_with("serverside-applied")),
            "{said}"
        );
        let kinds = "deployments,cronjobs,podmonitors,servicemonitors,prometheusrules";
        let found = cluster.kubectl(&["get", kinds, "-n", &namespace, "-o", "name"], "");
        let monitor = if mode == "server" { "podmonitor" } else { "servicemonitor" };
        assert!(found.contains(monitor) && found.contains("prometheusrule"), "{found}");
    }
}
