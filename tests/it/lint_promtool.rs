//! Configurations with something done to them are refused by `obsctl lint` where the real promtool refuses them.
//!
//! Valid ones (testdata/lint/seeds) lose fields, get them twice, empty, of other types, from elsewhere in the file and
//! from a list of what is often wrong. The verdicts must be the same: an error, or none. promtool only says the first,
//! without a place; that ours stand in the right one is for the tests beside the rules.
//!
//! `OBSCTL_LINT_CASES` says how many (`tests/long/lint.sh` asks for many), `OBSCTL_LINT_SEED` where to begin.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use obsctl::base::version::Version;
use obsctl::diagnostic::Severity;
use obsctl::lint::{self, Options, World};
use obsctl::yaml::{Budget, File, Kind, Node};

use crate::support::peers::{self, PROMTOOL, PROMTOOL_2};
use crate::support::random::Random;

/// Cases of one run of the tests.
const CASES: usize = 400;
/// Files that one call of promtool reads.
const CALL: usize = 200;

const SEEDS: [&str; 3] = [
    include_str!("../../testdata/lint/seeds/jobs.yml"),
    include_str!("../../testdata/lint/seeds/remote.yml"),
    include_str!("../../testdata/lint/seeds/discovery.yml"),
];

/// What Prometheus 2.42 knows of the others.
const OLD: &str = include_str!("../../testdata/lint/seeds/old.yml");

/// What Debian's promtool is built without.
const LEFT_OUT: &str = include_str!("../../testdata/lint/seeds/left-out.yml");

#[test]
fn seeds_are_fine() {
    for seed in SEEDS.into_iter().chain([LEFT_OUT, WEB]) {
        assert_eq!(errors(seed, Version::new(3, 5)), Vec::<String>::new());
        assert_eq!(errors(seed, Version::NEWEST), Vec::<String>::new());
        assert_eq!(errors(&Tree::of_text(seed).render(), Version::NEWEST), Vec::<String>::new());
    }
}

/// For `--web.config.file`; its certificate and key are of no use to anybody.
const WEB: &str = include_str!("../../testdata/lint/seeds/web.yml");

#[test]
fn promtool_refuses_the_same_configurations() {
    compare(&SEEDS, ENTRIES, &["check", "config", "--syntax-only"], config_verdicts);
}

#[test]
fn promtool_of_an_old_version_refuses_the_same_configurations() {
    compare_with(
        PROMTOOL_2,
        Version::new(2, 42),
        &[OLD],
        ENTRIES,
        &["check", "config", "--syntax-only"],
        config_verdicts,
    );
}

#[test]
fn promtool_refuses_the_same_web_configurations() {
    compare(&[WEB], WEB_ENTRIES, &["check", "web-config"], web_verdicts);
}

/// What promtool said of a text: nothing, or why it is refused.
type Verdict = Result<(), String>;

/// Puts mutations of the seeds to promtool; `read` finds its verdicts, in order, in what it writes.
#[track_caller]
fn compare(seeds: &[&str], entries: &[(&str, &str)], command: &[&str], read: fn(&str, &str) -> Vec<Verdict>) {
    compare_with(PROMTOOL, Version::new(3, 5), seeds, entries, command, read);
}

/// The same of any promtool.
#[track_caller]
fn compare_with(
    peer: &str,
    version: Version,
    seeds: &[&str],
    entries: &[(&str, &str)],
    command: &[&str],
    read: fn(&str, &str) -> Vec<Verdict>,
) {
    let Some([promtool]) = peers::find("lint against promtool", [peer]) else { return };
    let number =
        |name: &str, default| std::env::var(name).map_or(default, |it| it.parse().expect("a number"));
    let (cases, first) = (number("OBSCTL_LINT_CASES", CASES), number("OBSCTL_LINT_SEED", 1));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let seeds: Vec<Tree> = seeds.iter().map(|text| Tree::of_text(text)).collect();
    let mut wrong = Vec::new();
    let mut refused = 0;
    for chunk in (first..first + cases).collect::<Vec<_>>().chunks(CALL) {
        let texts: Vec<String> = chunk.iter().map(|seed| mutated(&seeds, entries, *seed as u64)).collect();
        let verdicts = verdicts(Command::new(&promtool).args(command), folder.path(), &texts, read);
        for ((seed, text), theirs) in chunk.iter().zip(&texts).zip(verdicts) {
            let errors = errors(text, version);
            refused += usize::from(theirs.is_err());
            if errors.is_empty() != theirs.is_ok() && !known(&theirs, &errors, text) {
                wrong.push(format!("case {seed}: promtool {theirs:?}, here {errors:?}\n{text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!((cases / 5..cases).contains(&refused), "both kinds are there: {refused} of {cases} are refused");
    eprintln!("{cases} configurations, {refused} refused, by both");
}

/// Where promtool asks for more than Prometheus, or than can be known of a text.
fn known(theirs: &Verdict, errors: &[String], text: &str) -> bool {
    /// It scrapes in its mind: targets that relabeling leaves without an address are left out by Prometheus. The region
    /// of EC2 is asked of the machine it runs on, which is none of Amazon's here.
    const MORE: [&str; 7] = [
        // Before 2.45 promtool alone asked for both halves of a client certificate.
        "specified without client key file",
        "specified without client cert file",
        "no address",
        "is not a valid hostname",
        "invalid label value",
        "EC2 SD configuration requires a region",
        "Lightsail SD configuration requires a region",
    ];
    let Err(message) = theirs else { return false };
    let nameless = || {
        let mut world = World::new(Options::default());
        world.add("test.yml", text.to_owned());
        world.check().iter().all(|checked| checked.kinds.iter().all(|kind| *kind == lint::Kind::Unknown))
    };
    errors.is_empty() && (MORE.iter().any(|part| message.contains(part)) || nameless())
}

pub(crate) fn errors(text: &str, version: Version) -> Vec<String> {
    let mut world = World::new(Options { prometheus: version, ..Options::default() });
    world.add("test.yml", text.to_owned());
    let checked = world.check();
    let findings = checked.iter().flat_map(|checked| &checked.findings);
    findings
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("{}: {}", finding.rule, finding.message))
        .collect()
}

/// What promtool says of each text. It reads several files in one call, until one makes it panic.
fn verdicts(
    promtool: &mut Command,
    folder: &Path,
    texts: &[String],
    read: fn(&str, &str) -> Vec<Verdict>,
) -> Vec<Verdict> {
    let paths: Vec<PathBuf> = (0..texts.len()).map(|at| folder.join(format!("{at}.yml"))).collect();
    for (path, text) in paths.iter().zip(texts) {
        std::fs::write(path, text).expect("the folder is ours");
    }
    let command: Vec<_> = promtool.get_args().map(ToOwned::to_owned).collect();
    let mut found = Vec::new();
    while found.len() < texts.len() {
        let mut call = Command::new(promtool.get_program());
        let output = call.args(&command).args(&paths[found.len()..]).output().expect("promtool runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let more = read(&String::from_utf8_lossy(&output.stdout), &stderr);
        assert!(!more.is_empty(), "promtool says nothing: {stderr}");
        found.extend(more);
    }
    found
}

/// Of `check config`: files and what is fine go to stdout, failures to stderr.
fn config_verdicts(stdout: &str, stderr: &str) -> Vec<Verdict> {
    let mut failures = stderr.split("  FAILED: ").skip(1);
    let parts = stdout.split("Checking ").skip(1);
    let read = |part: &str| match part.contains(" SUCCESS: ") {
        true => Ok(()),
        false => Err(failures.next().unwrap_or("panic").trim().to_owned()),
    };
    parts.map(read).collect()
}

/// Of `check web-config`: `path SUCCESS` to stdout, `path FAILED: reason` to stderr. Paths are numbers.
fn web_verdicts(stdout: &str, stderr: &str) -> Vec<Verdict> {
    let number = |text: &str| text.rsplit_once('/')?.1.strip_suffix(".yml")?.parse::<usize>().ok();
    let lines = stdout.lines().chain(stderr.lines());
    let mut found: Vec<(usize, Verdict)> = lines
        .filter_map(|line| match (line.strip_suffix(" SUCCESS"), line.split_once(" FAILED: ")) {
            (Some(path), _) => Some((number(path)?, Ok(()))),
            (_, Some((path, reason))) => Some((number(path)?, Err(reason.to_owned()))),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, verdict)| verdict).collect()
}

/// YAML as far as it is needed here: scalars stay as they are written.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Scalar(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn of_text(text: &str) -> Self {
        let file = File::parse(text.to_owned(), &Budget::default());
        Self::of(text, file.documents()[0].root().expect("a seed is not empty"))
    }

    fn of(text: &str, node: Node<'_>) -> Self {
        let raw = |node: Node<'_>| node.span().of(text).to_owned();
        match node.kind() {
            Kind::Scalar => Self::Scalar(raw(node)),
            Kind::Sequence => Self::List(node.items().map(|item| Self::of(text, item)).collect()),
            Kind::Mapping => {
                Self::Map(node.entries().map(|it| (raw(it.key), Self::of(text, it.value))).collect())
            }
        }
    }

    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    fn write(&self, indent: usize, out: &mut String) {
        match self {
            Self::Scalar(raw) => {
                let _ = writeln!(out, " {raw}");
            }
            Self::List(items) if items.is_empty() => out.push_str(" []\n"),
            Self::Map(entries) if entries.is_empty() => out.push_str(" {}\n"),
            Self::List(items) => {
                out.push('\n');
                for item in items {
                    let _ = write!(out, "{:indent$}-", "");
                    item.write(indent + 2, out);
                }
            }
            Self::Map(entries) => {
                out.push('\n');
                for (key, value) in entries {
                    let _ = write!(out, "{:indent$}{key}:", "");
                    value.write(indent + 2, out);
                }
            }
        }
    }

    /// How many nodes it has below itself.
    fn size(&self) -> usize {
        let of = |children: &mut dyn Iterator<Item = &Self>| children.map(|it| 1 + it.size()).sum();
        match self {
            Self::Scalar(_) => 0,
            Self::List(items) => of(&mut items.iter()),
            Self::Map(entries) => of(&mut entries.iter().map(|(_, value)| value)),
        }
    }

    /// The collection that holds the node of this number below it, and its place there.
    fn find(&mut self, mut number: usize) -> Option<(&mut Self, usize)> {
        let sizes: Vec<usize> = match self {
            Self::Scalar(_) => return None,
            Self::List(items) => items.iter().map(Self::size).collect(),
            Self::Map(entries) => entries.iter().map(|(_, value)| value.size()).collect(),
        };
        for (at, size) in sizes.into_iter().enumerate() {
            if number == 0 {
                return Some((self, at));
            }
            if number <= size {
                return self.child(at).find(number - 1);
            }
            number -= size + 1;
        }
        None
    }

    fn child(&mut self, at: usize) -> &mut Self {
        match self {
            Self::List(items) => &mut items[at],
            Self::Map(entries) => &mut entries[at].1,
            Self::Scalar(_) => self,
        }
    }
}

/// Values that are often wrong.
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "", "~", "\"\"", "0", "-1", "1", "1.5", "true", "false", "on", "10s", "0s", "10", "10x", "1h30m", "-5s", "1000h",
    "foo", "[]", "{}", "[~]", "[a, a]", "{a: b}", "http://h:9090/p", "://x", "http://", "/path", "a*b/c",
    "legacy", "utf8", "allow-utf-8", "Basic", "pod", "node", "TLS12", "drop", "(", "a-b", "10MB", "1e3", "\"10\"",
    "PrometheusProto", "v1", "SRV", "host:80:90", "%zz", "1_000", "0x10", "!!str 5", "2001-01-01",
];

/// Entries that are often in the wrong company.
#[rustfmt::skip]
const ENTRIES: &[(&str, &str)] = &[
    ("basic_auth", "{username: a, password: b}"), ("basic_auth", "{username: a, username_file: b}"),
    ("authorization", "{credentials: a}"), ("authorization", "{credentials: a, credentials_file: b}"),
    ("authorization", "{type: basic}"), ("oauth2", "{client_id: a, token_url: b}"), ("oauth2", "{client_id: a}"),
    ("oauth2", "{client_id: a, token_url: b, client_secret: c, client_secret_file: d}"),
    ("bearer_token", "a"), ("bearer_token_file", "a"), ("sigv4", "{}"), ("sigv4", "{access_key: a}"),
    ("tls_config", "{cert_file: a}"), ("tls_config", "{ca: a, ca_file: b}"),
    ("proxy_from_environment", "true"), ("proxy_url", "http://p"), ("no_proxy", "a"),
    ("proxy_connect_header", "{a: [b]}"), ("http_headers", "{Host: {values: [a]}}"), ("headers", "{Authorization: a}"),
    ("headers", "{x-amz-date: a}"), ("scrape_interval", "1s"), ("scrape_timeout", "2m"), ("job_name", "web"),
    ("name", "a"), ("relabel_configs", "[]"), ("relabel_configs", "[{action: keep}]"),
    ("static_configs", "[{targets: [\"http://a\"]}]"), ("static_configs", "[{targets: [a], labels: {\"a-b\": c}}]"),
    ("static_configs", "[{}]"), ("static_configs", "[~]"), ("promote_all_resource_attributes", "true"),
    ("ignore_resource_attributes", "[a]"), ("metric_name_validation_scheme", "legacy"),
    ("metric_name_escaping_scheme", "allow-utf-8"), ("scrape_protocols", "[PrometheusProto, PrometheusProto]"),
    ("kubeconfig_file", "a"), ("api_server", "http://a"), ("own_namespace", "true"), ("unknown_field", "a"),
    ("follow_redirects", "false"), ("enable_http2", "false"), ("secret_key_file", "a"), ("auth_token_file", "a"),
    ("fallback_scrape_protocol", "prometheusproto"), ("translation_strategy", "NoUTF8EscapingWithSuffixes"),
    ("type", "aaaa"), ("queue_config", "{max_shards: 0}"), ("convert_classic_histograms_to_nhcb", "true"),
];

#[rustfmt::skip]
const WEB_ENTRIES: &[(&str, &str)] = &[
    ("X-XSS-Protection", "1"), ("x-frame-options", "deny"), ("X-Frame-Options", "none"), ("Server", "a"),
    ("carol", "secret"), ("carol", "$2b$99$EYxs8IOG46m9CtpB/XlPxO1ei7E4BjAen0SUv6di7mD4keR/8JO6m"),
    ("carol", "$3b$10$EYxs8IOG46m9CtpB/XlPxO1ei7E4BjAen0SUv6di7mD4keR/8JO6m"), ("min_version", "TLS14"),
    ("carol", "$2$10$EYxs8IOG46m9CtpB/XlPxO1ei7E4BjAen0SUv6di7mD4keR/8JO6mm"), ("client_auth_type", "NoClientCert"),
    ("client_auth_type", "RequireClientCert"), ("http2", "false"), ("cipher_suites", "[TLS_RSA_WITH_RC4_128_SHA]"),
    ("curve_preferences", "[P256]"), ("max_version", "TLS12"), ("unknown", "a"), ("http_server_config", "{}"),
];

/// A seed with one to three things done to it.
pub(crate) fn mutated(seeds: &[Tree], entries: &[(&str, &str)], seed: u64) -> String {
    let mut random = Random(seed);
    let mut tree = seeds[random.below(seeds.len())].clone();
    for _ in 0..1 + random.below(3) {
        mutate(&mut tree, entries, &mut random);
    }
    tree.render()
}

fn mutate(tree: &mut Tree, added: &[(&str, &str)], random: &mut Random) {
    let size = tree.size().max(1);
    let mut elsewhere = tree.clone();
    let Some((holder, at)) = tree.find(random.below(size)) else { return };
    let other = elsewhere.find(random.below(size)).map(|(other, at)| other.child(at).clone());
    let (name, value) = added[random.below(added.len())];
    match (random.below(8), holder) {
        (0, Tree::Map(entries)) => drop(entries.remove(at)),
        (0, Tree::List(items)) => drop(items.remove(at)),
        (1, Tree::List(items)) => items.push(items[at].clone()),
        (1, Tree::Map(entries)) if random.one_in(4) => entries.push(entries[at].clone()),
        (2 | 3, Tree::Map(entries)) => entries.push((name.to_owned(), Tree::Scalar(value.to_owned()))),
        (4, holder) => *holder.child(at) = other.unwrap_or(Tree::Map(Vec::new())),
        (5, Tree::Map(entries)) if random.one_in(3) => entries[at].0.push('s'),
        (_, holder) => *holder.child(at) = Tree::Scalar((*random.pick(VALUES)).to_owned()),
    }
}
