//! The command line as people meet it: transcripts under `testdata/cli/`, each command with what it prints.
//!
//! A transcript is Markdown; its `console` blocks hold commands (`$ …`, run by bash) and what they print: stdout as
//! it is, lines of stderr behind `! `, and `[exit N]` where the status is not 0. `UPDATE=1 cargo test cli` rewrites
//! the transcripts: read the diff.
//!
//! Every transcript has a folder of its own, with a remote-write body `NAME.bin` for every
//! `testdata/bodies/NAME.txtpb`, a capture `capture` of three requests that were made from them, and the files of
//! `testdata/cli/workspace`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use obsctl::base::time::UnixNanos;
use obsctl::capture::{Capture, Committer, Counts, Options, Outcome, Queue, Rejection, Request};
use obsctl::wire::{self, Dialect, Encoding, Protocol, prototext};

#[test]
fn transcripts_print_what_they_say() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut files = listed(&testdata("cli"), "md");
    files.sort();
    assert!(!files.is_empty(), "no transcripts");
    let mut wrong = Vec::new();
    for file in files {
        let expect = fs::read_to_string(&file).unwrap();
        let found = replay(&expect, workspace().path());
        if found != expect && update {
            fs::write(&file, &found).unwrap();
        } else if found != expect {
            wrong.push(format!("--- {}\n{}", file.display(), first_difference(&expect, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE=1 rewrites them", wrong.join("\n"));
}

/// Every help ends with examples, and they work as printed. A receiver gets a free port and a short life instead.
#[test]
fn examples_of_every_help_work() {
    let folder = workspace();
    fs::rename(folder.path().join("capture"), folder.path().join("obsctl-capture")).unwrap();
    fs::rename(folder.path().join("v1-plain.bin"), folder.path().join("body.bin")).unwrap();
    let commands = ["", "receive", "decode", "inspect", "inspect top", "lint", "why", "explain", "demo"];
    for command in commands.into_iter().chain(["gen", "gen manifests", "gen exporter", "gen spec"]) {
        let help = run(&format!("obsctl {command} --help"), folder.path());
        let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{help}"));
        let examples: Vec<_> = examples.lines().map_while(|line| line.strip_prefix("  ")).collect();
        assert!(examples.len() >= 2, "{help}");
        for example in examples {
            let example = example.split("   ").next().unwrap();
            let mut typed = example.replace("127.0.0.1:9201", "127.0.0.1:0").replace("10m", "100ms");
            if typed.starts_with("obsctl receive") && !typed.contains("--duration") {
                typed += " --listen 127.0.0.1:0 --duration 100ms";
            }
            if typed == "obsctl demo" {
                typed += " --capture demo";
            }
            if typed.contains("--cluster") {
                // There is none, and that of whoever runs the tests is not for them: it is understood.
                let said = run(&format!("KUBECONFIG=nowhere {typed}"), folder.path());
                assert!(said.starts_with("! error: no kubeconfig"), "{example}:\n{said}");
                continue;
            }
            let said = run(&typed, folder.path());
            // The capture of the transcripts has a broken entry, which is told: that is status 1.
            let works = !said.contains("[exit ") || (said.contains("[exit 1]") && !typed.contains("receive"));
            assert!(works && !said.contains("Usage:"), "{example}:\n{said}");
        }
    }
}

/// The transcript with every command's output as it is now.
fn replay(transcript: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut in_console = false;
    for line in transcript.lines() {
        match line {
            "```console" => in_console = true,
            "```" => in_console = false,
            _ => {}
        }
        let command = line.strip_prefix("$ ").filter(|_| in_console);
        if !in_console || command.is_some() || line == "```console" {
            out.push_str(line);
            out.push('\n');
        }
        if let Some(command) = command {
            out.push_str(&run(command, folder));
        }
    }
    out
}

fn run(command: &str, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_obsctl")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let done = Command::new("bash")
        .args(["-o", "pipefail", "-c", command])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let mut out = String::from_utf8(done.stdout).unwrap();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    for line in String::from_utf8(done.stderr).unwrap().lines() {
        out.push_str(format!("! {line}").trim_end());
        out.push('\n');
    }
    match done.status.code() {
        Some(0) => {}
        Some(code) => out.push_str(&format!("[exit {code}]\n")),
        None => out.push_str("[killed]\n"),
    }
    out
}

/// A folder with the bodies and the capture in it.
pub(crate) fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in listed(&testdata("bodies"), "txtpb") {
        let name = file.file_stem().unwrap().to_str().unwrap();
        fs::write(folder.path().join(format!("{name}.bin")), body(name)).unwrap();
    }
    capture(&folder.path().join("capture"));
    copy(&testdata("cli/workspace"), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn protocol(name: &str) -> Protocol {
    if name.starts_with("v1") { Protocol::V1 } else { Protocol::V2 }
}

/// The snappy body of `testdata/bodies/NAME.txtpb`.
fn body(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(testdata("bodies").join(format!("{name}.txtpb"))).unwrap();
    let message = prototext::parse(protocol(name), &text, 0).unwrap();
    let mut body = Vec::new();
    wire::compress(Encoding::Snappy, &message, &mut body);
    body
}

/// A request as it came from Prometheus.
fn request(name: &str, tenant: Option<&str>, outcome: Outcome) -> Request {
    let protocol = protocol(name);
    Request {
        sequence: 0,
        received: UnixNanos(1_767_225_601_000_000_000),
        protocol,
        dialect: if protocol == Protocol::V1 { Dialect::V1 } else { Dialect::V2 },
        encoding: Encoding::Snappy,
        content_type: protocol.content_type().into(),
        content_encoding: "snappy".into(),
        version: protocol.version_header().into(),
        user_agent: "Prometheus/3.8.0".into(),
        retry_attempt: 0,
        tenant: tenant.map(str::to_owned),
        counts: Counts::default(),
        outcome,
        body: body(name).into(),
    }
}

/// A sealed capture: a 1.0 request, a 2.0 request of a tenant, and one of which an entry was refused.
fn capture(folder: &Path) {
    let (capture, _) = Capture::open(folder, Options::default(), UnixNanos(0)).unwrap();
    let committer = Committer::start(capture, Queue::default(), |_| {}).unwrap();
    let rejections = vec![Rejection { rule: "duplicate-label".into(), series: vec![0] }];
    let reason = "series 0: label `zone` stands twice".into();
    let partly = Outcome { rejections, status: 400, reason, ..Outcome::default() };
    let requests = [
        request("v1-plain", None, Outcome::default()),
        request("v2-mixed", Some("team-a"), Outcome::default()),
        request("v1-odd", None, partly),
    ];
    for (seconds, mut request) in (0..).zip(requests) {
        request.received.0 += seconds * 1_000_000_000;
        let (tell, told) = std::sync::mpsc::channel();
        committer.submit(request, Box::new(move |kept| tell.send(kept.is_ok()).unwrap())).unwrap();
        assert!(told.recv().unwrap());
    }
    committer.shutdown();
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

fn listed(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|it| it == extension)).collect()
}

fn first_difference(expect: &str, found: &str) -> String {
    let same = expect.lines().zip(found.lines()).take_while(|(a, b)| a == b).count();
    let at = |text: &str| text.lines().skip(same).take(12).collect::<Vec<_>>().join("\n");
    format!("line {}, expected:\n{}\nfound:\n{}", same + 1, at(expect), at(found))
}

#[test]
fn a_live_capture_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live");
    let (live, _) = Capture::open(&path, Options::default(), UnixNanos(0)).unwrap();
    let committer = Committer::start(live, Queue::default(), |_| {}).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_obsctl"))
        .args(["decode", "--follow", "-o", "ndjson"])
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for sequence in 1..=3 {
        committer.submit(request("v2-broken", None, Outcome::default()), Box::new(|_| {})).unwrap();
        let line = lines.next().unwrap().unwrap();
        assert!(
            line.starts_with(r#"{"metric":"up""#) && line.contains(&format!("\"request\":{sequence}")),
            "{line}"
        );
        lines.next().unwrap().unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    committer.shutdown();
}
