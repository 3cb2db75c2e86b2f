//! Seeds for the fuzz targets, made of the repository's test data: `seeds TESTDATA CORPUS`.
//!
//! Fails when they are no good: most messages must be read to their end, and every record of a capture.

use std::path::{Path, PathBuf};

use obsctl::base::time::UnixNanos;
use obsctl::capture::{Capture, Committer, Counts, Item, Options, Outcome, Queue, Reader, Request};
use obsctl::wire::{self, Dialect, Encoding, Protocol, prototext};

fn main() {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(testdata), Some(corpus)) = (args.next(), args.next()) else {
        eprintln!("usage: seeds TESTDATA CORPUS");
        std::process::exit(2);
    };
    let seeds = Seeds { corpus };
    let requests = [bodies(&testdata.join("bodies")), cases(&testdata.join("wire"))].concat();
    messages(&seeds, &requests);
    captures(&seeds, &requests);
    let column = |file: &str, number: usize| strings(&testdata.join(file), number);
    for (at, text) in column("promql/expressions.tsv", 3).iter().enumerate() {
        seeds.write("promql", at, text.as_bytes());
        seeds.write("selector", at, text.as_bytes());
    }
    let mut patterns = column("selector/re2.tsv", 0);
    patterns.dedup();
    for (at, pattern) in patterns.iter().enumerate() {
        seeds.write("selector", 10_000 + at, pattern.as_bytes());
        if at % 20 == 0 {
            let rule = format!("3.{}\ta=x\tb=y-z\n-\ta,b\t-\t{pattern}\t-\t${{1}}_x\t$1-$2", at % 15);
            seeds.write("relabel", 10_000 + at, rule.as_bytes());
        }
    }
    for (at, text) in RELABEL.iter().enumerate() {
        seeds.write("relabel", at, text.as_bytes());
    }
    for (at, text) in EXPOSITION.iter().enumerate() {
        seeds.write("exposition", at, text.as_bytes());
    }
    for (at, text) in YAML.iter().enumerate() {
        seeds.write("yaml", at, text.as_bytes());
        seeds.write("lint", at, text.as_bytes());
    }
    for (at, file) in ["prometheus.yml", "rules/web.yml"].iter().enumerate() {
        let text = std::fs::read(testdata.join("cli/workspace").join(file)).expect("testdata");
        seeds.write("lint", 10_000 + at, &text);
    }
    for (at, file) in
        files(&testdata.join("yaml")).into_iter().chain(files(&testdata.join("manifest"))).enumerate()
    {
        seeds.write("yaml", 100 + at, &read(&file));
    }
    seeds.write("series", 0, b"__name__=up job=a instance=b\njob=a __name__=up\njob= a=b\n");
    seeds.write("url", 0, b"https://user:password@[::1]:9090/api/v1/write?token=x#y");
    seeds.write("url", 1, b"http://localhost/api/v1/write");
    for (at, file) in files(&testdata.join("k8s")).iter().enumerate() {
        seeds.write("k8s", at, &read(file));
        seeds.write("yaml", 200 + at, &read(file));
    }
    for (at, text) in SELECTORS.iter().enumerate() {
        seeds.write("k8s", 100 + at, text.as_bytes());
    }
    for (at, text) in ANNOTATIONS.iter().enumerate() {
        for (number, mode) in [0, 2].into_iter().enumerate() {
            seeds.write("annotation", 10 * at + number, &[&[mode], text.as_bytes()].concat());
        }
        let block: String = text.lines().map(|line| format!("  {line}\n")).collect();
        let held = format!(
            "telegraf.influxdata.com/rubin-telegraf-operator: |\n{block}telegraf.influxdata.com/port: '80'\n"
        );
        seeds.write("annotation", 10 * at + 5, &[&[1 + (at as u8 % 3) * 2], held.as_bytes()].concat());
    }
    for (at, text) in YAML.iter().chain(&ANNOTATIONS).enumerate() {
        // An error with a label, another place and a fix; a stretch that is masked.
        let numbers: [u16; 15] = [0, 3, 9, 2, 12, 4, 3, 1, 6, 4, 3, 7, 1, 20, 8];
        let numbers = numbers.map(|number| number + at as u16).map(u16::to_le_bytes).concat();
        seeds.write("diagnostic", at, &[text.as_bytes(), &[0], &numbers].concat());
    }
}

struct Seeds {
    corpus: PathBuf,
}

impl Seeds {
    fn write(&self, target: &str, number: usize, data: &[u8]) {
        let folder = self.corpus.join(target);
        std::fs::create_dir_all(&folder).expect("a folder for the seeds");
        std::fs::write(folder.join(format!("seed-{number:05}")), data).expect("a seed is written");
    }
}

/// The files of a folder by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("testdata");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.is_file() && file.extension().is_none_or(|extension| extension != "tsv"));
    files.sort();
    files
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).expect("testdata can be read")
}

const NOW: i64 = 1_700_000_000_000;

/// Messages of a folder of requests in protobuf text.
fn bodies(folder: &Path) -> Vec<(Protocol, Vec<u8>)> {
    let message = |file: &PathBuf| {
        let protocol = if file.to_string_lossy().contains("v1-") { Protocol::V1 } else { Protocol::V2 };
        let text = std::fs::read_to_string(file).expect("text");
        (protocol, prototext::parse(protocol, &text, NOW).expect("a request"))
    };
    files(folder).iter().map(message).collect()
}

/// Messages of the table of what a receiver must do with what; those that are protobuf text.
fn cases(folder: &Path) -> Vec<(Protocol, Vec<u8>)> {
    let mut messages = Vec::new();
    for file in files(folder) {
        let text = std::fs::read_to_string(&file).expect("text").replace("$metric", "up_total");
        for case in text.split("\nbody ").skip(1) {
            let Some((first, rest)) = case.split_once('\n') else { continue };
            let protocol = if first.starts_with("1.0") { Protocol::V1 } else { Protocol::V2 };
            let lines: Vec<&str> = rest.lines().take_while(|line| line.starts_with("  ")).collect();
            messages.extend(
                prototext::parse(protocol, &lines.join("\n"), NOW).ok().map(|message| (protocol, message)),
            );
        }
    }
    assert!(messages.len() > 50, "{} cases", messages.len());
    messages
}

/// As messages and as bodies, of which most must be read to their end.
fn messages(seeds: &Seeds, requests: &[(Protocol, Vec<u8>)]) {
    let mut whole = 0;
    for (at, (protocol, message)) in requests.iter().enumerate() {
        whole += usize::from(is_whole(*protocol, message));
        let target = if *protocol == Protocol::V1 { "v1" } else { "v2" };
        seeds.write(target, at, message);
        for (number, encoding) in
            [Encoding::Snappy, Encoding::Zstd, Encoding::Identity].into_iter().enumerate()
        {
            let mut body = Vec::new();
            wire::compress(encoding, message, &mut body);
            seeds.write("body", 10 * at + number, &[&[10], &body[..]].concat());
        }
    }
    assert!(whole * 3 > requests.len() * 2, "only {whole} of {} are whole", requests.len());
    eprintln!("{} messages, {whole} of them whole", requests.len());
}

/// Whether every entry can be read.
fn is_whole(protocol: Protocol, message: &[u8]) -> bool {
    let mut scratch = wire::Scratch::default();
    let Ok(mut entries) = wire::decode(protocol, message, &wire::Limits::default(), &mut scratch) else {
        return false;
    };
    loop {
        match entries.next() {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Segments of real captures of the requests, and their records alone, which the target puts into frames of its own.
fn captures(seeds: &Seeds, requests: &[(Protocol, Vec<u8>)]) {
    let mut records = 0;
    for (at, some) in requests.chunks(8).enumerate() {
        let folder = tempfile::tempdir().expect("a folder");
        capture(folder.path(), some);
        let segments: Vec<PathBuf> = files(folder.path())
            .into_iter()
            .filter(|file| file.extension().is_some_and(|it| it == "rwcap"))
            .collect();
        let [segment] = &segments[..] else { panic!("{segments:?}") };
        let bytes = read(segment);
        let reader = Reader::open(segment).expect("a segment");
        let sound = |item: &Result<Item, _>| matches!(item, Ok(Item::Request { .. }));
        assert_eq!(reader.filter(sound).count(), some.len(), "every request is read back");
        seeds.write("segment", at, &[&[0], &bytes[..]].concat());
        for mode in [1, 3, 7] {
            let framed = framed(mode, &bytes);
            records += framed.1;
            seeds.write("segment", 1000 + 10 * at + usize::from(mode), &framed.0);
        }
    }
    eprintln!("{records} records of captures");
}

/// Writes a capture of one segment, and seals it.
fn capture(folder: &Path, requests: &[(Protocol, Vec<u8>)]) {
    let (capture, _) =
        Capture::open(folder, Options::default(), UnixNanos(NOW * 1_000_000)).expect("a new capture");
    let committer = Committer::start(capture, Queue::default(), |_| {}).expect("a thread");
    for (number, (protocol, message)) in requests.iter().enumerate() {
        let mut body = Vec::new();
        wire::compress(Encoding::Snappy, message, &mut body);
        let request = Request {
            sequence: 0,
            received: UnixNanos(NOW * 1_000_000 + number as i64),
            protocol: *protocol,
            dialect: if *protocol == Protocol::V1 { Dialect::V1 } else { Dialect::V2 },
            encoding: Encoding::Snappy,
            content_type: "application/x-protobuf".to_owned(),
            content_encoding: "snappy".to_owned(),
            version: "0.1.0".to_owned(),
            user_agent: "Prometheus/3.5.3".to_owned(),
            retry_attempt: number as u32 % 3,
            tenant: (number % 2 == 0).then(|| "team".to_owned()),
            counts: Counts::default(),
            outcome: Outcome::default(),
            body: body.into(),
        };
        committer.submit(request, Box::new(|_| {})).expect("the queue has room");
    }
    committer.shutdown();
}

/// The records of a segment, each behind two bytes of its length.
fn framed(mode: u8, segment: &[u8]) -> (Vec<u8>, usize) {
    const HEAD: usize = 20;
    let mut data = vec![mode];
    let (mut rest, mut count) = (segment, 0);
    while let Some((head, behind)) = rest.split_at_checked(HEAD) {
        let len = u32::from_le_bytes([head[12], head[13], head[14], head[15]]);
        let (record, next) = behind.split_at(len as usize);
        data.extend_from_slice(&u16::try_from(len).expect("a small record").to_le_bytes());
        data.extend_from_slice(record);
        (rest, count) = (next, count + 1);
    }
    (data, count)
}

/// The JSON strings of one column of a table.
fn strings(file: &Path, column: usize) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("testdata");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            serde_json::from_str(line.split('\t').nth(column).expect("a column")).expect("a JSON string")
        })
        .collect()
}

const RELABEL: [&str; 6] = [
    "3.5\ta=b\t__meta_x=1\tjob=c\nlabelmap\t-\t-\t__meta_(.+)\nlabeldrop\t-\t-\t__.*\nuppercase\tjob\t-\t-\t-\tjob",
    "2.42\ta=b\tc=d\nreplace\ta,c\t;\t(.*);(.*)\t-\t$1_x\t$2\nhashmod\ta\t-\t-\t7\th\nkeep\th\t-\t[0-6]",
    "3.8l\ta=\tb=é\nkeepequal\ta\t-\t-\t-\tb\ndropequal\ta\t-\t-\t-\tc\nlowercase\tb\t-\t-\t-\tb",
    "3.14\tx=1\ty=2\nlabelkeep\t-\t-\tx|z\ndrop\tx\t-\t1.*",
    "2.49\ta=b\n-\t-\t-\t-\t-\ta\t\n-\ta\t-\t(?P<n>.)\t-\t${n}\t${n}${1}$$",
    "3\ta=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n-\ta,a,a\t\t(.*)\t-\ta\t$1$1$1$1\n-\ta,a,a\t\t(.*)\t-\ta\t$1$1$1$1",
];

const EXPOSITION: [&str; 4] = [
    "# HELP up Is it \\n up?\n# TYPE up gauge\nup{job=\"a\\\"b\"} 1 1700000000123\nup 0\n",
    "# TYPE a counter\n# UNIT a_seconds seconds\na_total{b=\"c\"} 1.5e3 1.7 # {trace_id=\"x\"} 0.5 1.7\na_created 1\n# EOF\n",
    "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 0.7\nh_count 2\n# EOF\n",
    "{\"größe.µ\",\"a.b\"=\"x\"} NaN\n# TYPE \"größe.µ\" gauge\n{\"s\",quantile=\"0.9\"} -Inf 12\n",
];

const YAML: [&str; 5] = [
    "a: &x [1, 'two', \"th\\u0072ee\"]\nb: *x\nc:\n  <<: {d: 1}\n  e: |\n    text\n\n    more\n# comment\n---\n- 1\n",
    "groups:\n- name: g\n  rules:\n  - {record: r, expr: \"up{job=\\\"a\\\"}\"}\n  - alert: A\n    expr: >-\n      up\n      == 0\n",
    "? [complex, key]\n: !!str 12\n'': ~\non: yes\nn: 0o17\nx: 1_000\n...\n%YAML 1.2\n--- !tag\nq: 'it''s'\n",
    "a: b: c\n\tx\n",
    "&a [*a, {? x : y}]\n",
];

const SELECTORS: [&str; 4] = [
    "app=web,tier!=db,env in (a, b),x notin (c),!y,z,n>5,m<7",
    "kind: List\napiVersion: v1\nitems:\n- {kind: Pod, apiVersion: v1, metadata: {name: a}}\n- {kind: Service, apiVersion: v1}\n",
    "matchLabels: {app: web}\nmatchExpressions:\n- {key: a, operator: In, values: [b, c]}\n- {key: d, operator: Exists}\n",
    "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p, namespace: n}\nspec:\n  serviceMonitorSelector: {matchLabels: {a: b}}\n  serviceMonitorNamespaceSelector: {}\n",
];

const ANNOTATIONS: [&str; 8] = [
    "- app: http://app.ns:8080/metrics\n- db: https://db.ns.svc.cluster.local:9090/m?a=b\n",
    "app: http://app:8080\ndb: {url: http://db:1/m, interval: 30s, tags: {team: a-b}}\n",
    "- http://app:8080/metrics\n- https://[fd00::1]:9/m\n",
    "- {name: x, url: http://a, fieldpass: [up, 'go_*'], fielddrop: [y], timeout: 5s}\n",
    "[[inputs.prometheus]]\nurls = [\"http://a\", 'http://b/m']\nname_override = \"x\"\n[inputs.prometheus.tags]\na = \"b\"\n",
    "[[inputs.exec]]\ncommands = [\"sh\"]\n",
    "- a: http://u:pw@b/${TOKEN}#x\n- a: http://169.254.169.254/\n",
    "&a [*a, {url: @{s:k}}]\n",
];
