//! Seeds for the fuzz targets, made of the repository's test data: `seeds TESTDATA CORPUS`.

use std::path::{Path, PathBuf};

use obsctl::wire::{self, Encoding, Protocol, prototext};

fn main() {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(testdata), Some(corpus)) = (args.next(), args.next()) else {
        eprintln!("usage: seeds TESTDATA CORPUS");
        std::process::exit(2);
    };
    let seeds = Seeds { corpus };
    bodies(&seeds, &testdata.join("bodies"));
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

/// Requests in protobuf text: as messages, as bodies, and as records of a capture.
fn bodies(seeds: &Seeds, folder: &Path) {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("testdata").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    for (at, file) in files.iter().enumerate() {
        let (protocol, target) = match file.to_string_lossy().contains("v1-") {
            true => (Protocol::V1, "v1"),
            false => (Protocol::V2, "v2"),
        };
        let text = std::fs::read_to_string(file).expect("text");
        let message = prototext::parse(protocol, &text, 1_700_000_000_000).expect("a request");
        seeds.write(target, at, &message);
        for (number, encoding) in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity].into_iter().enumerate() {
            let mut body = Vec::new();
            wire::compress(encoding, &message, &mut body);
            seeds.write("body", 10 * at + number, &[&[10], &body[..]].concat());
        }
        // Header, request, index: fields 1, 2 and 3 of a record.
        let header = [0x0a, 2, 0x08, 1];
        let request = [&[0x12, 6, 0x08, 1, 0x52, 2][..], b"ab"].concat();
        let stream = |mode: u8, records: &[&[u8]]| {
            let mut data = vec![mode];
            for record in records {
                let len = u16::try_from(record.len()).expect("short");
                data.extend_from_slice(&len.to_le_bytes());
                data.extend_from_slice(record);
            }
            data
        };
        let seed = stream([1, 3, 5, 7][at % 4], &[&header, &request, &request, &[0x1a, 0]]);
        seeds.write("segment", at, &seed);
    }
}

/// The JSON strings of one column of a table.
fn strings(file: &Path, column: usize) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("testdata");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| serde_json::from_str(line.split('\t').nth(column).expect("a column")).expect("a JSON string"))
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
