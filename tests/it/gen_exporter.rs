//! `obsctl gen exporter`: every project that it makes is built, tested and run, and what monitors it is put to a real
//! Prometheus, promtool, Pushgateway and API server.
//!
//! By default one mode of each language is built; `OBSCTL_EXPORTERS=all` builds all six. What is built and downloaded
//! is kept in the folder of the peers, so that a second run takes a fraction of the first.

mod image;
mod monitored;
mod static_checks;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use self::monitored::{Monitored, panel_queries};
use self::toolchain::Toolchain;
use crate::support::process::{self, Process};
use crate::support::{http, peers};

pub(super) const LANGUAGES: [&str; 3] = ["python", "rust", "go"];
pub(super) const MODES: [&str; 2] = ["server", "batch"];
pub(super) const NAME: &str = "spool-exporter";

#[test]
fn python_projects_build_and_run() {
    check("python", "server");
}

#[test]
fn rust_projects_build_and_run() {
    check("rust", "server");
}

#[test]
fn go_projects_build_and_run() {
    check("go", "batch");
}

/// A project as the command makes it.
pub(super) struct Project {
    pub(super) folder: PathBuf,
    _parent: tempfile::TempDir,
}

impl Project {
    pub(super) fn generate(language: &str, mode: &str) -> Self {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder = parent.path().join(NAME);
        let done = Command::new(env!("CARGO_BIN_EXE_obsctl"))
            .args(["gen", "exporter", NAME, "--lang", language, "--mode", mode])
            .current_dir(parent.path())
            .output()
            .expect("it starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(done.stdout.is_empty(), "stdout is for results");
        Self { folder, _parent: parent }
    }

    pub(super) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.join(path)).expect("it was made")
    }

    /// What stands in the dashboard's panels.
    fn queries(&self) -> Vec<String> {
        panel_queries(&self.read(&format!("monitoring/grafana/dashboards/{NAME}.json")))
    }
}

/// Builds, tests and runs a language's project of this mode, or of both.
#[track_caller]
fn check(language: &str, by_default: &str) {
    let all = std::env::var_os("OBSCTL_EXPORTERS").is_some_and(|value| value == "all");
    for mode in MODES.into_iter().filter(|mode| all || *mode == by_default) {
        let test = format!("gen_exporter {language} {mode}");
        let Some([prometheus]) = peers::find(&test, [peers::PROMETHEUS]) else { return };
        let Some(toolchain) = Toolchain::find(&test, language) else { return };
        let project = Project::generate(language, mode);
        toolchain.run_tests(&project.folder, all);
        let built = image::build_stage(&project.folder, &toolchain);
        match mode {
            "server" => serve(&project, &built.program, language, &prometheus),
            _ => push(&test, &project, &built.program, &prometheus),
        }
    }
}

/// A server is scraped by a real Prometheus with the configuration and the rules of its project.
fn serve(project: &Project, program: &Path, language: &str, prometheus: &Path) {
    let address = process::free_address();
    let mut command = Command::new(program);
    command.arg("--folder").arg(project.folder.join("example")).arg(format!("--listen={address}"));
    command.arg(if language == "go" { "--interval=500ms" } else { "--interval=0.5" });
    let mut exporter = Process::start(command);
    exporter.wait_for("its first line", |line| line.contains("listening").then_some(()));

    let status = |path: &str| http::get(address, path).expect("it answers").status();
    assert_eq!((status("/healthz"), status("/nothing")), (200, 404));
    let metrics = http::get(address, "/metrics").expect("it answers");
    let kind = metrics.header("content-type").unwrap_or_default();
    assert!(
        kind.starts_with("text/plain; version=0.0.4") || kind.starts_with("text/plain; version=1.0.0"),
        "{kind}"
    );
    let post = http::request("POST", address, "/metrics", &[], b"").expect("it answers");
    assert_eq!(post.status(), 405);

    let prometheus = Monitored::start(prometheus, project, &[(format!("{NAME}:9351"), address)]);
    let job = format!("job=\"{NAME}\"");
    for (query, expect) in [
        (format!("up{{{job}}}"), Some(1.0)),
        (format!("spool_up{{{job}}}"), Some(1.0)),
        (format!("spool_queue_files{{{job},queue=\"incoming\"}}"), Some(1.0)),
        (format!("spool_queue_bytes{{{job},queue=\"outgoing\"}}"), Some(38.0)),
        (format!("spool_scans_in_progress{{{job}}} < 2"), None),
        (format!("time() - spool_last_success_timestamp_seconds{{{job}}} < 60"), None),
        (format!("spool_oldest_file_age_seconds{{{job}}} > 0"), None),
        (format!("spool_scan_duration_seconds_count{{{job}}} > 0"), None),
        (format!("spool_scans_total{{{job},result=\"ok\"}} > 1"), None),
        (format!("spool_scans_total{{{job},result=\"error\"}}"), Some(0.0)),
        (format!("spool_build_info{{{job},version!=\"\"}}"), Some(1.0)),
        (format!("process_start_time_seconds{{{job}}} > 0"), None),
        ("job:spool_queue_files:sum".to_owned(), Some(2.0)),
        ("job:spool_scans:error_ratio_rate5m".to_owned(), Some(0.0)),
    ] {
        prometheus.wait_for(&query, expect);
    }
    project.queries().iter().for_each(|query| prometheus.wait_for(query, None));

    // A spool that is gone is told at the next scan, and does not end the program.
    std::fs::rename(project.folder.join("example"), project.folder.join("away")).expect("ours");
    prometheus.wait_for(&format!("spool_up{{{job}}}"), Some(0.0));
    prometheus.wait_for(&format!("spool_scans_total{{{job},result=\"error\"}} > 0"), None);
    assert_eq!(status("/healthz"), 200);

    let (status, lines) = exporter.terminate();
    assert!(status.success(), "{status} after SIGTERM: {lines:?}");
    assert_json(&lines);
    assert!(lines.iter().any(|line| line.contains("stopped")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("cannot scan")), "{lines:?}");
}

/// A batch pushes to a real Pushgateway, which a real Prometheus scrapes as the project says.
fn push(test: &str, project: &Project, program: &Path, prometheus: &Path) {
    let Some([pushgateway]) = peers::find(test, [peers::PUSHGATEWAY]) else { return };
    let gateway = process::free_address();
    let mut command = Command::new(pushgateway);
    command.arg(format!("--web.listen-address={gateway}"));
    let _pushgateway = Process::start(command);
    http::wait_ready(gateway, "/-/ready");

    let run = |folder: &str, instance: &str, gateway: std::net::SocketAddr| {
        let mut command = Command::new(program);
        command.arg("--folder").arg(project.folder.join(folder));
        command.arg(format!("--pushgateway=http://{gateway}")).arg(format!("--grouping=instance={instance}"));
        let mut batch = Process::start(command);
        let status = batch.wait_for_end();
        assert_json(&batch.lines());
        status.code()
    };
    let pushed = || {
        let answer = http::get(gateway, "/metrics").expect("it answers");
        String::from_utf8(answer.body).expect("metrics are UTF-8")
    };
    assert_eq!(run("example", "a:1", gateway), Some(0));
    let group = format!("instance=\"a:1\",job=\"{NAME}\"");
    let text = pushed();
    for line in [
        format!("spool_up{{{group}}} 1\n"),
        format!("spool_queue_files{{{group},queue=\"incoming\"}} 1\n"),
        format!("spool_scans_total{{{group},result=\"ok\"}} 1\n"),
        "# TYPE spool_scans_total counter\n".to_owned(),
        "# TYPE spool_scan_duration_seconds histogram\n".to_owned(),
    ] {
        assert!(text.contains(&line), "no {line} in\n{text}");
    }

    let prometheus = Monitored::start(prometheus, project, &[("pushgateway:9091".to_owned(), gateway)]);
    for (query, expect) in [
        (format!("spool_up{{{group}}}"), Some(1.0)),
        (format!("time() - spool_last_success_timestamp_seconds{{{group}}} < 60"), None),
        (format!("spool_oldest_file_age_seconds{{{group}}} > 0"), None),
        (format!("spool_scan_duration_seconds_count{{{group}}}"), Some(1.0)),
        (format!("spool_build_info{{{group},version!=\"\"}}"), Some(1.0)),
        (format!("push_failure_time_seconds{{{group}}}"), Some(0.0)),
        ("job:spool_queue_files:sum".to_owned(), Some(2.0)),
    ] {
        prometheus.wait_for(&query, expect);
    }
    project.queries().iter().for_each(|query| prometheus.wait_for(query, None));

    // A run replaces its own group alone, and one that fails says so and leaves the rest.
    std::fs::remove_dir_all(project.folder.join("example/outgoing")).expect("ours");
    assert_eq!(run("example", "other", gateway), Some(0));
    assert!(pushed().contains(&format!("spool_queue_files{{{group},queue=\"outgoing\"}} 1\n")));
    assert_eq!(run("example", "a:1", gateway), Some(0));
    assert!(!pushed().contains("queue=\"outgoing\""));
    assert_eq!(run("nowhere", "a:1", gateway), Some(1));
    let text = pushed();
    assert!(text.contains(&format!("spool_up{{{group}}} 0\n")), "{text}");
    assert!(text.contains(&format!("spool_last_success_timestamp_seconds{{{group}}} 1")), "{text}");
    assert_eq!(run("example", "a:1", process::free_address()), Some(1), "there is no Pushgateway");
}

#[track_caller]
fn assert_json(lines: &[String]) {
    assert!(!lines.is_empty(), "it says what it does");
    for line in lines {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}"));
        assert!(line["level"].is_string(), "{line}");
    }
}

/// How long a Prometheus that scrapes every second may take to see something.
const PATIENCE: Duration = Duration::from_secs(30);
