//! Lint of mappings against the real statsd_exporter: what is refused, which mappings are never used, what a reference
//! becomes, and what it does not survive.
//!
//! `OBSCTL_LINT_CASES` says how many mutations of `testdata/lint/seeds/statsd.yml` are put to `--check-config` (60: each
//! is a call), `OBSCTL_LINT_SEED` where to begin.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use obsctl::base::version::Version;
use obsctl::lint::{Options, World};

use crate::lint_promtool::{Tree, errors, mutated};
use crate::support::peers::{self, STATSD_EXPORTER};
use crate::support::process::{self, Process};
use crate::support::{http, wait};

const SEED: &str = include_str!("../../testdata/lint/seeds/statsd.yml");

#[rustfmt::skip]
const ENTRIES: &[(&str, &str)] = &[
    ("match", "\"a.*.b\""), ("match", "\"a.b*\""), ("match", "1a"), ("match", "a.1b"), ("match", "\"(\""), ("match", "a..b"),
    ("name", "a_b"), ("name", "a.b"), ("name", "\"${1}_a\""), ("name", "\"$a\""), ("name", "a:b"), ("name", "\"a}\""),
    ("labels", "{a: b}"), ("labels", "{ab: c}"), ("labels", "{a-b: c}"), ("labels", "{1a: c}"), ("labels", "{ab: 1}"),
    ("match_type", "regex"), ("match_type", "Glob"), ("match_type", "\"\""), ("observer_type", "summary"),
    ("observer_type", "histogram"), ("observer_type", "\"\""), ("observer_type", "timer"), ("action", "drop"),
    ("action", "keep"), ("action", "\"\""), ("match_metric_type", "timer"), ("match_metric_type", "gauge"),
    ("match_metric_type", "\"\""), ("summary_options", "{}"), ("histogram_options", "{}"), ("summary_options", "~"),
    ("ttl", "10"), ("ttl", "10d"), ("ttl", "1.5s"), ("scale", "a"), ("scale", "1e-3"), ("timer_type", "summary"),
    ("buckets", "[1]"), ("quantiles", "[]"), ("honor_labels", "yes"), ("age_buckets", "-1"), ("help", "[a]"),
    ("glob_disable_ordering", "true"), ("max_age", "1w"),
];

#[test]
fn the_seed_is_fine() {
    assert_eq!(errors(SEED, Version::NEWEST), Vec::<String>::new());
}

#[test]
fn statsd_exporter_refuses_the_same_mappings() {
    let Some([exporter]) = peers::find("lint against statsd_exporter", [STATSD_EXPORTER]) else { return };
    let number =
        |name: &str, default| std::env::var(name).map_or(default, |it| it.parse().expect("a number"));
    let (cases, first) = (number("OBSCTL_LINT_CASES", 60), number("OBSCTL_LINT_SEED", 1));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let seeds = [Tree::of_text(SEED)];
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for seed in first..first + cases {
        let text = mutated(&seeds, ENTRIES, seed);
        let theirs = check_config(&exporter, folder.path(), &text);
        let errors = errors(&text, Version::NEWEST);
        refused += usize::from(theirs.is_err());
        if errors.is_empty() != theirs.is_ok() && !is_nothing(&text) {
            wrong.push(format!("case {seed}: statsd_exporter {theirs:?}, here {errors:?}\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!((1..cases as usize).contains(&refused), "both kinds are there: {refused} of {cases} are refused");
    eprintln!("{cases} mappings, {refused} refused, by both");
}

/// Whether the changes left a file that nobody would know for one of mappings.
fn is_nothing(text: &str) -> bool {
    let mut world = World::new(Options::default());
    world.add("test.yml", text.to_owned());
    world.check().iter().all(|checked| checked.kinds.iter().all(|kind| *kind == obsctl::lint::Kind::Unknown))
}

fn check_config(exporter: &Path, folder: &Path, text: &str) -> Result<(), String> {
    let path = folder.join("mapping.yml");
    std::fs::write(&path, text).expect("the folder is ours");
    let flag = format!("--statsd.mapping-config={}", path.display());
    let output = Command::new(exporter).args([&flag, "--check-config"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(());
    }
    Err(said.lines().last().unwrap_or_default().to_owned())
}

/// A running exporter with these mappings, once it has taken these lines.
fn after(mappings: &str, lines: &str, check: impl Fn(&str) -> bool) -> Option<String> {
    let [exporter] = peers::find("lint of mappings against what becomes of them", [STATSD_EXPORTER])?;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mapping.yml");
    std::fs::write(&path, mappings).expect("the folder is ours");
    let (web, statsd) = (process::free_address(), process::free_address());
    let mut command = Command::new(exporter);
    command.arg(format!("--statsd.mapping-config={}", path.display()));
    command.arg(format!("--web.listen-address={web}")).arg(format!("--statsd.listen-tcp={statsd}"));
    command.args(["--statsd.listen-udp=", "--statsd.event-flush-interval=1ms"]);
    let _exporter = Process::start(command);
    let limit = Duration::from_secs(20);
    let metrics = || Ok::<_, String>(http::get(web, "/metrics").map_err(|err| err.to_string())?.body);
    let read = || Ok::<_, String>(String::from_utf8_lossy(&metrics()?).into_owned());
    wait::until("its metrics", limit, read);
    let mut stream =
        wait::until("its listener", limit, || TcpStream::connect(statsd).map_err(|err| err.to_string()));
    stream.write_all(lines.as_bytes()).expect("it listens");
    drop(stream);
    Some(wait::until("what was sent", limit, || {
        Some(read()?).filter(|text| check(text)).ok_or_else(String::new)
    }))
}

fn findings(text: &str) -> Vec<&'static str> {
    let mut world = World::new(Options::default());
    world.add("test.yml", text.to_owned());
    world.check().iter().flat_map(|checked| checked.findings.iter().map(|it| it.rule)).collect()
}

/// Each mapping gives its number: those that are found never to match are those whose number never comes.
#[test]
fn mappings_that_are_never_used_are_those_that_are_found() {
    const MAPPINGS: &str = "mappings:
- {match: \"a.*\", name: m0}
- {match: \"a.b\", name: m1}
- {match: \"b.c.d\", name: m2}
- {match: \"b.c\", name: m3}
- {match: \"c.*\", match_metric_type: counter, name: m4}
- {match: \"c.d\", name: m5}
- {match: \"d.*\", name: m6}
- {match: \"d.e\", name: m7}
- {match: \"d.*\", match_metric_type: gauge, name: m8}
- {match: \"^r\", match_type: regex, name: m9}
- {match: \"^r\", match_type: regex, name: m10}
- {match: \"e.f\", name: m11}
- {match: \"e.f.g\", name: m12}
";
    let mut world = World::new(Options::default());
    world.add("test.yml", MAPPINGS.to_owned());
    let found = &world.check()[0].findings;
    let never: Vec<usize> = found
        .iter()
        .filter(|it| it.rule == "statsd/never-matches")
        .map(|it| MAPPINGS[..it.span.start].lines().count() - 2)
        .collect();
    assert_eq!(never, [1, 3, 8, 10]);

    let names = ["a.b", "a.x", "b.c.d", "b.c", "c.d", "c.x", "d.e", "d.x", "r", "e.f", "e.f.g"];
    let lines: String =
        names.iter().flat_map(|name| [format!("{name}:1|c\n"), format!("{name}:1|g\n")]).collect();
    let last = |text: &str| text.lines().any(|line| line == "last 1");
    let Some(text) = after(MAPPINGS, &format!("{lines}last:1|c\n"), last) else { return };
    // A counter and a gauge of one name are a conflict, in which the first one stays: the name is there all the same.
    let used = |at: usize| text.lines().any(|line| line.starts_with(&format!("m{at} ")));
    let unused: Vec<usize> = (0..13).filter(|at| !used(*at)).collect();
    assert_eq!(unused, never, "{text}");
}

#[test]
fn references_to_nothing_are_empty_there_and_found_here() {
    const MAPPINGS: &str = "mappings:
- match: \"a.*.*\"
  name: \"a_$1_total\"
  labels: {aa: \"$1_$2\", ab: \"${1}_${2}\", ac: \"$3\", ad: \"50% of $1\", ae: \"$0\", af: \"100%\"}
- match: \"^b.(.*)$\"
  match_type: regex
  name: \"b_$1_total\"
  labels: {ba: \"$2\", bb: \"50% of $1\"}
";
    assert_eq!(findings(MAPPINGS), ["statsd/group-reference"; 6]);
    let done = |text: &str| text.lines().any(|line| line.starts_with("b_{"));
    let Some(text) = after(MAPPINGS, "a.x.y:1|c\nb.x:1|c\n", done) else { return };
    for line in [
        r#"a_{aa="",ab="x_y",ac="",ad="50%!o(string=x)f %!s(MISSING)",ae="a.x.y",af="100%"} 1"#,
        r#"b_{ba="",bb="50% of x"} 1"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}

/// What lint warns of as a panic is one.
#[test]
fn what_is_said_to_panic_does() {
    let Some([exporter]) = peers::find("lint of mappings that panic", [STATSD_EXPORTER]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for options in [
        "observer_type: histogram, histogram_options: {buckets: [2, 1]}",
        "observer_type: histogram, labels: {le: x}",
        "labels: {quantile: x}",
        "observer_type: summary, summary_options: {max_age: -5s}",
    ] {
        let mappings = format!("mappings: [{{match: a, name: aa, {options}}}]\n");
        assert_eq!(errors(&mappings, Version::NEWEST), Vec::<String>::new(), "{mappings}");
        assert_eq!(findings(&mappings).len(), 1, "{mappings}");
        assert_eq!(check_config(&exporter, folder.path(), &mappings), Ok(()));
        let path = folder.path().join("mapping.yml");
        let (web, statsd) = (process::free_address(), process::free_address());
        let mut command = Command::new(&exporter);
        command.arg(format!("--statsd.mapping-config={}", path.display()));
        command.arg(format!("--web.listen-address={web}")).arg(format!("--statsd.listen-tcp={statsd}"));
        command.arg("--statsd.listen-udp=");
        let mut exporter = Process::start(command);
        let connect = || TcpStream::connect(statsd).map_err(|err| err.to_string());
        let mut stream = wait::until("its listener", Duration::from_secs(20), connect);
        stream.write_all(b"a:1|ms\n").expect("it listens");
        exporter.wait_for("its panic", |line| line.starts_with("panic:").then_some(()));
    }
}
