//! Real Telegraf takes the configs that are written here, and understands by them what was meant.
//!
//! `telegraf --test` scrapes a loopback exporter and prints the samples as it would send them. The environment is full
//! of canaries: wherever a text of an annotation were replaced, one would show.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use obsctl::base::span::Span;
use obsctl::diagnostic::Severity;
use obsctl::telegraf::config::{self, Agent, Config, Enum, Input, Token};
use obsctl::telegraf::{self, Endpoint, Held, Kind, Options, Scrape, Source, expand};

use crate::support::http::Server;
use crate::support::peers::{self, TELEGRAF};

/// What every variable of the environment holds that a config might name.
const CANARY: &str = "CANARY-5f1c";
const STRICT: &str = "--strict-env-handling";
const VARIABLES: [&str; 7] = ["INFLUX_TOKEN", "TOKEN", "A", "a", "HOSTNAME", "_X1", "HOST"];
/// What the exporter serves under every path, and what becomes of it: fields of samples by the label `shard`.
const BODY: &str = "# TYPE up gauge\nup 1\n# TYPE go_threads gauge\ngo_threads{shard=\"a\"} 7\n# TYPE go_gc_runs counter\n\
                    go_gc_runs{shard=\"a\",state=\"not ready\"} 2.5\n";

/// A metric that the exporter serves: labels, name, value.
type Metric = (&'static [(&'static str, &'static str)], &'static str, &'static str);

/// A sample as `--test` prints it: measurement, tags, fields.
type Sample = (String, BTreeMap<String, String>, BTreeMap<String, String>);

#[test]
fn telegraf_checks_configs_of_random_annotations() {
    let Some([telegraf]) = peers::find("telegraf config check", [TELEGRAF]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut random = Random(7);
    for round in 0..20 {
        let annotation = annotation(&mut random);
        let reading = read(&annotation);
        assert!(
            reading.findings.iter().all(|finding| finding.severity < Severity::Error),
            "{annotation}\n{reading:?}"
        );
        let source = Source {
            kind: Kind::Application,
            namespace: "argocd".to_owned(),
            name: "app".to_owned(),
            endpoints: reading.endpoints,
        };
        let merged = telegraf::merge(&[source]);
        let mut config =
            config(merged.endpoints.into_iter().map(|endpoint| Input::new("my-app", endpoint)).collect());
        config.internal = random.below(2) == 0;
        let file = folder.path().join(format!("{round}.conf"));
        let text = config::render(&config).expect("what was read can be written");
        std::fs::write(&file, &text).expect("the folder is ours");
        let output = run(&telegraf, &["config", "check", STRICT, "--config"], &file);
        assert!(output.status.success(), "{annotation}\n{text}\n{}", said(&output));
        assert!(
            !said(&output).contains(" W! ") && !said(&output).contains(" E! "),
            "{text}\n{}",
            said(&output)
        );
    }
}

#[test]
fn telegraf_sends_what_was_meant() {
    let Some([telegraf]) = peers::find("telegraf --test", [TELEGRAF]) else { return };
    let exporter = exporter();
    let mut random = Random(11);
    let mut inputs = Vec::new();
    let mut expect = BTreeSet::new();
    for number in 0..40 {
        let endpoint = endpoint(number, exporter.address, &mut random);
        expect.extend(samples(&endpoint, "my_app"));
        inputs.push(Input::new("my-app", endpoint));
    }
    let mut config = config(inputs);
    config.enums = vec![Enum {
        tags: vec!["state".to_owned()],
        dest: "state_code".to_owned(),
        values: BTreeMap::from([("ready".to_owned(), 1), ("not ready".to_owned(), -1)]),
    }];
    assert_eq!(sent(&telegraf, &config, &[STRICT]), expect);
}

#[test]
fn no_text_of_an_annotation_is_replaced() {
    let Some([telegraf]) = peers::find("telegraf and hostile texts", [TELEGRAF]) else { return };
    let exporter = exporter();
    let mut random = Random(13);
    let mut refused = 0;
    let mut inputs = Vec::new();
    let mut expect = BTreeSet::new();
    for number in 0..150 {
        let text = hostile(&mut random);
        let annotation =
            format!("- e{number}: {{url: 'http://a', tags: {{x: {}}}}}\n", serde_json::json!(text));
        let reading = read(&annotation);
        let Some(endpoint) = reading.endpoints.first() else {
            assert!(!reading.findings.is_empty(), "{annotation}");
            refused += 1;
            continue;
        };
        assert_eq!(expand::find(&text), None);
        let urls = vec![format!("http://{}/m{number}", exporter.address)]; // loopback is refused in an annotation
        let endpoint = Endpoint { urls, ..endpoint.clone() };
        expect.extend(samples(&endpoint, "my_app"));
        inputs.push(Input::new("my-app", endpoint));
    }
    assert!(refused > 20 && inputs.len() > 20, "{refused} refused, {} taken", inputs.len());
    for mode in [STRICT, "--non-strict-env-handling"] {
        let config = config(inputs.clone());
        assert_eq!(sent(&telegraf, &config, &[mode]), without_state_code(&expect), "{mode}");
    }
}

#[test]
fn a_scrape_that_is_too_large_is_dropped() {
    let Some([telegraf]) = peers::find("telegraf and large bodies", [TELEGRAF]) else { return };
    let exporter = exporter();
    let mut random = Random(17);
    let mut input = Input::new("my-app", endpoint(0, exporter.address, &mut random));
    input.content_length_limit = BODY.len() as u64 - 1;
    assert_eq!(sent(&telegraf, &config(vec![input]), &[STRICT]), BTreeSet::new());
}

/// That the forms which [`expand`] looks for are those that Telegraf replaces: written by hand, they do show canaries.
#[test]
fn telegraf_replaces_what_is_taken_for_a_reference() {
    let Some([telegraf]) = peers::find("telegraf and references", [TELEGRAF]) else { return };
    let exporter = exporter();
    let forms =
        ["$A", "${A}", "x$A", "${MISSING:-$A}", "${MISSING-CANARY-5f1c}", "${A:+CANARY-5f1c}", "\\u0024A"];
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (number, form) in forms.iter().enumerate() {
        let text = format!(
            "[agent]\nomit_hostname = true\n[[inputs.prometheus]]\nurls = [\"http://{}/m\"]\n[inputs.prometheus.tags]\nx = \"{form}\"\n",
            exporter.address
        );
        let file = folder.path().join(format!("{number}.conf"));
        std::fs::write(&file, text).expect("the folder is ours");
        let output = run(&telegraf, &["--test", STRICT, "--config"], &file);
        assert!(String::from_utf8_lossy(&output.stdout).contains(CANARY), "{form}: {}", said(&output));
        assert!(expand::find(&form.replace("\\u0024", "$")).is_some(), "{form}");
    }
}

fn read(annotation: &str) -> telegraf::Reading {
    let held = Held { text: annotation, place: &|span: Span| span, verbatim: &Some };
    telegraf::read(held, &Options::default())
}

fn exporter() -> Server {
    Server::start(|_| {
        (200, vec![("Content-Type", "text/plain; version=0.0.4".to_owned())], BODY.as_bytes().to_vec())
    })
}

fn config(inputs: Vec<Input>) -> Config {
    Config {
        global_tags: BTreeMap::from([("cluster".to_owned(), "c 1".to_owned())]),
        agent: Agent { collection_jitter: Duration::ZERO, ..Agent::default() },
        internal: false,
        inputs,
        enums: Vec::new(),
        output: config::Output {
            urls: vec!["http://influx.example:8086".to_owned()],
            organization: "org".to_owned(),
            bucket: "my-app".to_owned(),
            token: Token::environment("INFLUX_TOKEN").expect("a name"),
        },
    }
}

/// What Telegraf would send of one scrape of each endpoint.
#[track_caller]
fn sent(telegraf: &Path, config: &Config, flags: &[&str]) -> BTreeSet<Sample> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("telegraf.conf");
    std::fs::write(&file, config::render(config).expect("sound")).expect("the folder is ours");
    let output = run(telegraf, &[flags, &["--test", "--config"]].concat(), &file);
    assert!(output.status.success(), "{}", said(&output));
    let stdout = String::from_utf8(output.stdout.clone()).expect("text");
    assert!(!stdout.contains(CANARY) && !said(&output).contains(CANARY), "{stdout}\n{}", said(&output));
    stdout.lines().filter_map(|line| line.strip_prefix("> ")).map(sample).collect()
}

fn run(telegraf: &Path, args: &[&str], file: &Path) -> Output {
    let mut command = Command::new(telegraf);
    command.args(args).arg(file).env_clear();
    // Strictly handled, a token with quotes and backslashes must not break out of its string.
    let token = if args.contains(&STRICT) { format!("{CANARY}\"\\") } else { CANARY.to_owned() };
    command.envs(VARIABLES.map(|name| (name, &token)));
    command.output().expect("it starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What is meant to be sent of [`BODY`], samples of one label set together as Telegraf's `--test` prints them.
fn samples(endpoint: &Endpoint, app: &str) -> Vec<Sample> {
    let scrape = &endpoint.scrape;
    let taken = |name: &str| {
        (scrape.fieldinclude.is_empty() || scrape.fieldinclude.iter().any(|pattern| glob(pattern, name)))
            && !scrape.fieldexclude.iter().any(|pattern| glob(pattern, name))
    };
    let own = [("prometheus_app", app), ("cluster", "c 1"), ("url", endpoint.urls[0].as_str())];
    let own = |name: &str| own.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned());
    let metrics: [Metric; 3] = [
        (&[], "up", "1"),
        (&[("shard", "a")], "go_threads", "7"),
        (&[("shard", "a"), ("state", "not ready"), ("state_code", "-1")], "go_gc_runs", "2.5"),
    ];
    let mut samples = Vec::new();
    for (labels, field, value) in metrics.iter().filter(|(_, field, _)| taken(field)) {
        let mut tags: BTreeMap<String, String> =
            ["url"].iter().filter_map(|name| Some(((*name).to_owned(), own(name)?))).collect();
        tags.extend(labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        tags.retain(|name, _| {
            name == "state_code" || !scrape.tagexclude.iter().any(|pattern| glob(pattern, name))
        });
        if scrape.tagexclude.iter().any(|pattern| glob(pattern, "state")) {
            tags.remove("state_code"); // nothing is left to look up
        }
        for (name, value) in &scrape.tags {
            tags.entry(name.clone()).or_insert_with(|| value.clone());
        }
        tags.extend(
            ["prometheus_app", "cluster"].iter().filter_map(|name| Some(((*name).to_owned(), own(name)?))),
        );
        let fields = BTreeMap::from([((*field).to_owned(), (*value).to_owned())]);
        samples.push((format!("prometheus_{}", endpoint.name), tags, fields));
    }
    samples
}

fn without_state_code(samples: &BTreeSet<Sample>) -> BTreeSet<Sample> {
    let without = |(name, tags, fields): &Sample| {
        let tags = tags.iter().filter(|(tag, _)| *tag != "state_code");
        (name.clone(), tags.map(|(tag, value)| (tag.clone(), value.clone())).collect(), fields.clone())
    };
    samples.iter().map(without).collect()
}

/// Whether a pattern of `*` and `?` is one of all of `text`.
fn glob(pattern: &str, text: &str) -> bool {
    match (pattern.as_bytes().first(), text.as_bytes().first()) {
        (None, None) => true,
        (Some(b'*'), _) => glob(&pattern[1..], text) || !text.is_empty() && glob(pattern, &text[1..]),
        (Some(b'?'), Some(_)) => glob(&pattern[1..], &text[1..]),
        (Some(a), Some(b)) if a == b => glob(&pattern[1..], &text[1..]),
        _ => false,
    }
}

/// Reads a line of InfluxDB's line protocol: measurement, tags, fields, timestamp.
fn sample(line: &str) -> Sample {
    let parts = split(line, ' ');
    assert_eq!(parts.len(), 3, "{line}");
    let pair = |text: &String| {
        let pair = split(text, '=');
        assert_eq!(pair.len(), 2, "{line}");
        (unescape(&pair[0]), unescape(&pair[1]))
    };
    let head = split(&parts[0], ',');
    (
        unescape(&head[0]),
        head[1..].iter().map(pair).collect(),
        split(&parts[1], ',').iter().map(pair).collect(),
    )
}

/// The parts between `separator`, escaped ones left as they are.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == separator && !escaped {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("never empty").push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

/// Only separators are escaped; a backslash before anything else is one.
fn unescape(text: &str) -> String {
    text.replace("\\ ", " ").replace("\\,", ",").replace("\\=", "=")
}

fn endpoint(number: usize, address: SocketAddr, random: &mut Random) -> Endpoint {
    let some = |random: &mut Random, of: &[&str]| -> Vec<String> {
        (0..random.below(3)).map(|_| (*random.pick(of)).to_owned()).collect()
    };
    let text =
        |random: &mut Random| random.text("ab Zé日=,:#'\"[]{}%^&*()~|<>;/.-_", 1..12).trim().to_owned();
    let mut tags = BTreeMap::new();
    for name in ["tier", "x-y", "Z_1"].iter().take(random.below(4)) {
        tags.insert(
            (*name).to_owned(),
            Some(text(random))
                .filter(|text| !text.is_empty() && expand::find(text).is_none())
                .unwrap_or("x".to_owned()),
        );
    }
    let name = format!("e{number}{}", random.text("abcXYZ019_-.", 0..8));
    Endpoint {
        urls: vec![format!("http://{address}/m{number}?format=text&n[]=%20{}", random.text("ab1.~", 0..5))],
        name,
        scrape: Scrape {
            interval: Some(Duration::from_millis(1_000 + 500 * random.below(100) as u64)),
            timeout: Some(Duration::from_secs(10)),
            tags,
            fieldinclude: some(random, &["up", "go_*", "*", "?p", "none"]),
            fieldexclude: some(random, &["go_gc_*", "u?", "nothing", "go_threads"]),
            tagexclude: some(random, &["shard", "s*", "none", "st?te"]),
        },
    }
}

/// A text of an annotation that has no fault, with every option somewhere.
fn annotation(random: &mut Random) -> String {
    let mut text = String::new();
    for number in 0..1 + random.below(5) {
        let host = *random.pick(&["app.ns.svc", "10.1.2.3", "[fd00::5]", "a_b.ns", "x"]);
        let scheme = *random.pick(&["http", "https"]);
        let url = format!("{scheme}://{host}:{}/m{number}?a=b", 1 + random.below(65_535));
        let name = format!("n{number}{}", random.text("abcXYZ019_-.", 0..20));
        text.push_str(&match random.below(4) {
            0 => format!("- {name}: {url}\n"),
            1 => format!("- {name}:\n    \"{url}\"\n"),
            2 => format!("- name: {name}\n  urls: [\"{url}\", '{url}/2']\n  timeout: 500ms\n"),
            _ => format!(
                "- {name}:\n    url: \"{url}\"\n    interval: {}s\n    tags: {{t: \"{}\"}}\n    fieldinclude: [a_*, b?]\n    \
                 fieldexclude: a_b\n    tagexclude: ['*']\n",
                1 + random.below(3_000),
                random.text("xyz é,=#'/", 1..9)
            ),
        });
    }
    text
}

/// A text made of what has a meaning to YAML, TOML, Telegraf or InfluxDB.
fn hostile(random: &mut Random) -> String {
    const PIECES: [&str; 32] = [
        "$",
        "{",
        "}",
        "A",
        "${A}",
        "$A",
        "$$",
        "@{",
        "os:A}",
        "&{A}",
        "::{A}",
        "\\",
        "\"",
        "'",
        "'''",
        "\"\"\"",
        "#",
        "\n",
        "\t",
        "[",
        "]]",
        "=",
        ",",
        " ",
        "é",
        "日",
        "\u{202e}",
        "%24",
        "\\u0024{A}",
        "${A:-x}",
        "x",
        "y",
    ];
    (0..1 + random.below(4)).map(|_| *random.pick(&PIECES)).collect()
}

/// SplitMix64: enough for choosing, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn text(&mut self, alphabet: &str, len: std::ops::Range<usize>) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..len.start + self.below(len.end - len.start)).map(|_| *self.pick(&letters)).collect()
    }
}
