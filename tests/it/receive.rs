//! `obsctl receive` as a person runs it: what it says, what it prints, how it ends, and what it refuses to begin with.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use obsctl::wire::{self, Encoder, Encoding, Label, Protocol, Sample};

use crate::support::http;
use crate::support::process::Process;
use crate::support::receiver::{listening, obsctl};
use crate::support::wait;

const START: i64 = 1_767_225_600_000;

/// A request of one sample for each of `names`.
fn body(protocol: Protocol, names: &[&str]) -> Vec<u8> {
    let mut encoder = Encoder::new(protocol);
    for &name in names {
        let labels = [Label { name: "__name__", value: name }, Label { name: "job", value: "secret" }];
        encoder.series(labels.into_iter().skip(usize::from(name.is_empty())), None, None);
        encoder.sample(Sample { value: 1.0, timestamp: START, start: 0 });
    }
    let (mut message, mut body) = (Vec::new(), Vec::new());
    encoder.finish(&mut message);
    wire::compress(Encoding::Snappy, &message, &mut body);
    body
}

fn post(address: SocketAddr, protocol: Protocol, names: &[&str]) -> http::Message {
    let headers = [("Content-Type", protocol.content_type()), ("User-Agent", "test/1")];
    http::request("POST", address, "/api/v1/write", &headers, &body(protocol, names)).expect("an answer")
}

fn receive(folder: &Path, more: &[&str]) -> Command {
    let mut command = obsctl();
    command.args(["receive", "--listen", "127.0.0.1:0", "--capture"]).arg(folder).args(more);
    command
}

/// Runs to the end.
fn ended(mut command: Command) -> Output {
    command.stdin(Stdio::null()).output().expect("it starts")
}

#[track_caller]
fn check_failure(output: &Output, parts: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty());
    for part in parts {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
}

#[test]
fn it_says_where_it_listens_and_what_to_paste() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(receive(&folder.path().join("capture"), &[]));
    let address = process.wait_for("its address", listening);
    let url = format!("- url: http://{address}/api/v1/write");
    process.wait_for("the block to paste", |line| line.contains(&url).then_some(()));
    assert_eq!(http::get(address, "/-/healthy").unwrap().status(), 200);
    assert_eq!(http::get(address, "/-/ready").unwrap().status(), 200);
    let (status, log) = process.terminate();
    assert!(status.success(), "{log:?}");
    assert!(log.iter().any(|line| line.contains("stopping")), "{log:?}");
}

#[test]
fn accepted_entries_are_printed_as_they_arrive_and_enough_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["-o", "ndjson", "--match", "up*", "--requests", "2"];
    let mut process = Process::start(receive(&folder.path().join("capture"), &more));
    let address = process.wait_for("its address", listening);
    assert_eq!(post(address, Protocol::V1, &["down", "up"]).status(), 204);
    process.wait_for("the first entry", |line| line.contains(r#"{"metric":"up""#).then_some(()));
    assert_eq!(post(address, Protocol::V2, &["up2"]).status(), 204);
    let status = process.wait_for_end();
    assert!(status.success());
    let printed: Vec<_> = process.lines().into_iter().filter(|line| line.starts_with('{')).collect();
    let metrics: Vec<_> = printed
        .iter()
        .map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(entry["samples"], serde_json::json!([[START, 1]]));
            entry["metric"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(metrics, ["up", "up2"]);
    process.wait_for("the summary", |line| line.starts_with("2 requests received, 2 accepted").then_some(()));
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_obsctl");
    let capture = folder.path().join("capture");
    let mut command = Command::new("bash");
    command
        .args([
            "-o",
            "pipefail",
            "-c",
            r#""$0" receive --listen 127.0.0.1:0 --capture "$1" -o text | head -n 1"#,
        ])
        .arg(program)
        .arg(&capture);
    let mut process = Process::start(command);
    let address = process.wait_for("its address", listening);
    wait::until("the end", Duration::from_secs(20), || {
        // Whatever is posted after `head` has gone meets a closed pipe, and then a closed port.
        let headers = [("Content-Type", Protocol::V1.content_type())];
        let sent = http::request("POST", address, "/api/v1/write", &headers, &body(Protocol::V1, &["up"]));
        if sent.is_err() { Ok(()) } else { Err("still there".to_owned()) }
    });
    assert!(process.wait_for_end().success());
    assert!(!process.lines().iter().any(|line| line.contains("error")), "{:?}", process.lines());
}

#[test]
fn problems_are_logged_once_as_json_without_label_values() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("capture");
    let mut process = Process::start(receive(&capture, &["--log-format", "json"]));
    let address = process.wait_for("its address", listening);
    for _ in 0..5 {
        let answer = post(address, Protocol::V1, &["up", ""]);
        assert_eq!(answer.status(), 400);
        let text = String::from_utf8(answer.body).unwrap();
        assert!(text.contains("secret") && text.contains("missing-metric-name"), "{text}");
    }
    let metrics = String::from_utf8(http::get(address, "/metrics").unwrap().body).unwrap();
    let line = r#"obsctl_receive_requests_total{protocol="1.0",code="400"} 5"#;
    assert!(metrics.contains(line), "{metrics}");
    let (status, log) = process.terminate();
    assert!(status.success());
    let events: Vec<serde_json::Value> = log
        .iter()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let hits = events.iter().filter(|event| event["rule"] == "missing-metric-name").count();
    assert_eq!(hits, 1, "{log:?}");
    assert!(!log.iter().any(|line| line.contains("secret")), "{log:?}");
}

#[test]
fn second_signal_ends_it_also_while_nobody_reads_what_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = receive(&folder.path().join("capture"), &["-o", "ndjson"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let address = said.by_ref().find_map(|line| listening(&line)).expect("its address");
    let names: Vec<String> = (0..3000).map(|n| format!("a_metric_with_a_rather_long_name_{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(post(address, Protocol::V2, &names).status(), 204); // more than a pipe holds
    let terminate = || Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(terminate().success());
    said.find(|line| line.contains("stopping")).expect("the first signal");
    assert!(terminate().success());
    let status = wait::until("the end", Duration::from_secs(20), || {
        child.try_wait().unwrap().ok_or_else(|| "still there".to_owned())
    });
    drop(said); // open until now, so that nothing but a signal ends it
    assert_eq!(status.code(), Some(130));
}

#[test]
fn small_ring_keeps_most_of_what_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("capture");
    let mut process = Process::start(receive(&capture, &["--retain-size", "1MiB"]));
    let address = process.wait_for("its address", listening);
    let names: Vec<String> = (0..2000).map(|n| format!("name_{}", n * 7919)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..100 {
        assert_eq!(post(address, Protocol::V2, &names).status(), 204);
    }
    process.terminate();
    let entries = fs::read_dir(&capture).unwrap().map(|entry| entry.unwrap());
    let segments = entries.filter(|entry| entry.path().extension().is_some_and(|it| it == "rwcap"));
    let kept: u64 = segments.map(|entry| entry.metadata().unwrap().len()).sum();
    assert!((600 << 10..=1 << 20).contains(&kept), "{kept} bytes");
}

#[test]
fn values_that_cannot_be_meant_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("capture");
    for (flags, part) in [
        (&["--segment-size", "0"][..], "at least 64.0 KiB"),
        (&["--retain-size", "1"], "at least 256.0 KiB"),
        (&["--max-body", "0"], "at least 1 B"),
        (&["--max-decoded", "0"], "at least 1 B"),
        (&["--max-entries", "0"], "--max-entries"),
        (&["--max-connections", "0"], "--max-connections"),
        (&["--header-timeout", "0"], "more than nothing"),
        (&["--body-timeout", "0s"], "more than nothing"),
        (&["--request-timeout", "0s"], "more than nothing"),
        (&["--segment-age", "0s"], "more than nothing"),
        (&["--retain-time", "0s"], "more than nothing"),
        (&["--requests", "0"], "--requests"),
        (&["--segment-size", "2MiB", "--retain-size", "1MiB"], "a ring of 1.0 MiB cannot hold"),
    ] {
        check_failure(&ended(receive(&capture, flags)), &[part]);
    }
    assert!(!capture.exists());
}

#[test]
fn what_stands_in_the_way_of_a_start_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = obsctl();
    command.args(["receive", "--capture", "none", "--listen", &taken.local_addr().unwrap().to_string()]);
    check_failure(&ended(command), &["cannot listen on", "in use", "--listen"]);

    let mut running = Process::start(receive(&path("capture"), &[]));
    running.wait_for("its address", listening);
    check_failure(
        &ended(receive(&path("capture"), &[])),
        &["another process writes this capture", "--capture"],
    );

    fs::create_dir(path("foreign")).unwrap();
    fs::write(path("foreign/notes.txt"), "mine").unwrap();
    check_failure(&ended(receive(&path("foreign"), &[])), &["is not a capture", "notes.txt"]);

    fs::write(path("file"), "").unwrap();
    check_failure(&ended(receive(&path("file"), &[])), &["is not a folder"]);
    check_failure(&ended(receive(&path("file/below"), &[])), &["cannot keep requests in"]);

    let (status, _) = running.terminate();
    assert!(status.success());
    // The header's format number, the first field of its record, is raised to one that is not known yet.
    let segment = newest_segment_of_a_newer_format(&path("newer"));
    let said = ended(receive(&path("newer"), &[]));
    check_failure(&said, &["has capture format 2", segment.as_str(), "newer obsctl"]);
}

/// Makes a capture whose only segment says that it has format 2, and returns the segment's name.
fn newest_segment_of_a_newer_format(folder: &Path) -> String {
    let mut process = Process::start(receive(folder, &[]));
    let address = process.wait_for("its address", listening);
    assert_eq!(post(address, Protocol::V1, &["up"]).status(), 204);
    process.terminate();
    let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = entries.find(|path| path.extension().is_some_and(|it| it == "rwcap")).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    // Frame: magic 4, salt 8, length 4, checksum 4; record: header (0a, length), format (08, 1).
    assert_eq!(
        (bytes[20], &bytes[22..24]),
        (0x0a, &[0x08, 0x01][..]),
        "the header's first field is its format"
    );
    bytes[23] = 2;
    let len = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&bytes[4..16]), &bytes[20..20 + len]);
    bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
    fs::write(&file, bytes).unwrap();
    file.file_name().unwrap().to_str().unwrap().to_owned()
}
