//! Random relabel rules do to random targets in a real Prometheus what they do here.
//!
//! Every scrape job has a rule list of its own and a few targets with labels of their own, `__…` ones too; what
//! became of them the targets API says. A tail of fixed rules keeps the `__` labels visible and the targets valid,
//! whatever the random rules did to them. Rules refused here are put to promtool, one by one: it must refuse them.
//!
//! `tests/long/relabel.sh` runs more rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use obsctl::base::version::Version;
use obsctl::relabel::{Dialect, Effect, Labels, Outcome, Rule, RuleError, RuleSpec, Rules};

use crate::support::http;
use crate::support::peers::{self, PROMETHEUS, PROMETHEUS_2, PROMTOOL};
use crate::support::prometheus::Prometheus;
use crate::support::wait;

/// Jobs of one round, each a rule list.
const JOBS: usize = 300;
/// Targets of one job.
const TARGETS: usize = 5;
/// Rules put to promtool in one round.
const REFUSED: usize = 60;
/// Where no one listens; the scrape interval is an hour anyway.
const ADDRESS: &str = "127.0.0.1:9";
/// The label by which a target is known again, if it is not one with another of its job.
const CASE: &str = "__meta_case";

type Set = BTreeMap<String, String>;

#[test]
fn prometheus_3_relabels_alike() {
    let Some([binary, promtool]) = peers::find("relabel against prometheus 3", [PROMETHEUS, PROMTOOL]) else {
        return;
    };
    let rounds = std::env::var("OBSCTL_RELABEL_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number"));
    let mut figures = Figures::default();
    for round in 1..=rounds {
        let mut random = Random(round);
        compare(&binary, Version::new(3, 5), &mut random, &mut figures);
        compare_refused(&promtool, &mut random, &mut figures);
    }
    figures.check("Prometheus 3.5");
}

#[test]
fn prometheus_2_42_relabels_alike() {
    let Some([binary]) = peers::find("relabel against prometheus 2.42", [PROMETHEUS_2]) else { return };
    let rounds = std::env::var("OBSCTL_RELABEL_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number"));
    let mut figures = Figures::default();
    for round in 1..=rounds {
        compare(&binary, Version::new(2, 42), &mut Random(round), &mut figures);
    }
    figures.check("Prometheus 2.42");
}

/// What was compared, so that a run that compares little fails.
#[derive(Default, Debug)]
struct Figures {
    pairs: usize,
    dropped: usize,
    /// Targets with other labels than they came with, the tail's left aside.
    changed: usize,
    /// Where `labelmap` maps two values to one name, which Prometheus leaves to chance.
    left_to_chance: usize,
    refused: usize,
}

impl Figures {
    fn check(&self, what: &str) {
        eprintln!("{what}: {self:?}");
        assert!(self.pairs >= 1_000, "{self:?}");
        assert!(self.dropped * 10 > self.pairs, "{self:?}");
        assert!(self.changed * 3 > self.pairs, "{self:?}");
        assert!(self.left_to_chance * 4 < self.pairs, "{self:?}");
    }
}

/// One Prometheus with a job per rule list.
fn compare(binary: &Path, version: Version, random: &mut Random, figures: &mut Figures) {
    let jobs: Vec<Job> = (0..JOBS).map(|number| Job::random(number, version, random)).collect();
    let config: Vec<String> = jobs.iter().map(Job::config).collect();
    let config = format!(
        "global: {{scrape_interval: 1h}}\nscrape_configs:\n{}",
        config.iter().map(|job| format!("- {job}\n")).collect::<String>()
    );
    let prometheus = Prometheus::start(binary, "", |_| config);
    let seen = Seen::wait(prometheus.address);
    drop(prometheus);
    for job in &jobs {
        job.compare(&seen, version, figures);
    }
}

/// What the API says.
#[derive(PartialEq, Default)]
struct Seen {
    /// What the targets of every job became.
    jobs: BTreeMap<String, BTreeSet<Set>>,
    /// By case: what a target came with, and what it became.
    active: BTreeMap<String, (Set, Set)>,
    /// By case: what a dropped target came with.
    dropped: BTreeMap<String, Set>,
    targets: usize,
}

#[derive(serde::Deserialize)]
struct Answer {
    data: Targets,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    active_targets: Vec<Target>,
    dropped_targets: Vec<Target>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    discovered_labels: Set,
    #[serde(default)]
    labels: Set,
    #[serde(default)]
    scrape_pool: String,
}

impl Seen {
    /// Waits until targets have been discovered, and nothing moves any more.
    fn wait(address: SocketAddr) -> Self {
        let mut last = Self::default();
        let mut still = 0;
        wait::until("all targets", Duration::from_secs(60), || {
            let now = Self::ask(address);
            still = if now.targets > 0 && now == last { still + 1 } else { 0 };
            last = now;
            if still == 5 { Ok(()) } else { Err(format!("{} targets", last.targets)) }
        });
        last
    }

    fn ask(address: SocketAddr) -> Self {
        let answer = http::get(address, "/api/v1/targets?state=any").expect("it is ready");
        let Answer { data } = serde_json::from_slice(&answer.body).expect("JSON as documented");
        let mut seen =
            Self { targets: data.active_targets.len() + data.dropped_targets.len(), ..Self::default() };
        for target in data.dropped_targets {
            if let Some(case) = target.discovered_labels.get(CASE) {
                seen.dropped.insert(case.clone(), target.discovered_labels);
            }
        }
        for target in data.active_targets {
            if let Some(case) = target.discovered_labels.get(CASE) {
                seen.active.insert(case.clone(), (target.discovered_labels, target.labels.clone()));
            }
            seen.jobs.entry(target.scrape_pool).or_default().insert(target.labels);
        }
        seen
    }
}

/// A rule list and its targets.
struct Job {
    number: usize,
    specs: Vec<RuleSpec>,
    targets: Vec<Set>,
}

impl Job {
    fn random(number: usize, version: Version, random: &mut Random) -> Self {
        let mut specs = Vec::new();
        let count = 1 + random.below(4);
        while specs.len() < count {
            let spec = random.spec();
            if Rule::new(spec.clone(), version).is_ok() {
                specs.push(spec);
            }
        }
        let targets = (0..TARGETS).map(|target| {
            let mut labels: Set = (0..random.below(6))
                .map(|_| (random.pick(NAMES).to_owned(), random.value()))
                .filter(|(name, _)| Dialect::from(version).names().valid(name) && name != "__address__")
                .collect();
            labels.insert(CASE.to_owned(), format!("{number}.{target}"));
            labels
        });
        let targets = targets.collect();
        Self { number, specs, targets }
    }

    fn config(&self) -> String {
        let rules: Vec<String> = self.specs.iter().chain(&tail()).map(rule_config).collect();
        let targets: Vec<String> = self.targets.iter().map(target_config).collect();
        format!(
            "{{job_name: {}, relabel_configs: [{}], static_configs: [{}]}}",
            self.name(),
            rules.join(", "),
            targets.join(", ")
        )
    }

    fn compare(&self, seen: &Seen, version: Version, figures: &mut Figures) {
        let rules = Rules::read(self.specs.iter().cloned().chain(tail()), version).expect("each was read");
        let active = seen.jobs.get(&self.name()).cloned().unwrap_or_default();
        let mut kept = BTreeSet::new();
        let mut complete = true;
        for target in &self.targets {
            let came_with = discovered(target, self.number);
            let mut labels = Labels::new();
            labels.assign(pairs(&came_with));
            let mut explained = labels.clone();
            let explanation = rules.explain(&mut explained);
            let outcome = rules.apply(&mut labels);
            assert_eq!((explanation.outcome, &explained), (outcome, &labels), "{self}");
            if by_chance(version) && explanation.steps.iter().any(|step| collides(&step.effect)) {
                figures.left_to_chance += 1;
                complete = false;
                continue;
            }
            figures.pairs += 1;
            let what = || format!("{self}\n  target {target:?}\n  steps {:#?}", explanation.steps);
            let (theirs, dropped) = (seen.active.get(&target[CASE]), seen.dropped.get(&target[CASE]));
            if outcome != Outcome::Kept {
                figures.dropped += 1;
                if shows_cases(version) {
                    assert_eq!(dropped, Some(&came_with), "only obsctl drops it: {}", what());
                }
                continue;
            }
            let expect = shown(&labels);
            if shows_cases(version) {
                assert_eq!(dropped, None, "only Prometheus drops it: {}", what());
                if let Some((discovered, labels)) = theirs {
                    assert_eq!(discovered, &came_with, "{}", what());
                    assert_eq!(labels, &expect, "left Prometheus, right obsctl: {}", what());
                }
            }
            // Targets that become the same are one to Prometheus, under one of their cases.
            assert!(active.contains(&expect), "{expect:?} is not among {active:#?}: {}", what());
            figures.changed += usize::from(changed(&came_with, &labels));
            kept.insert(expect);
        }
        if complete {
            assert_eq!(active, kept, "left Prometheus, right obsctl: {self}");
        }
    }

    fn name(&self) -> String {
        format!("job{}", self.number)
    }
}

/// Whether the order in which a target's labels are walked is not known.
fn by_chance(version: Version) -> bool {
    version >= Version::new(2, 43)
}

/// Whether the API shows what a target came with. In 2.42 relabeling writes over it.
fn shows_cases(version: Version) -> bool {
    version >= Version::new(3, 0)
}

/// Whether the rules before the tail did something.
fn changed(before: &Set, after: &Labels) -> bool {
    let new = |(name, value): (&str, &str)| {
        !name.starts_with("seen_") && before.get(name).is_none_or(|old| old != value)
    };
    after.iter().any(new) || before.keys().any(|name| after.get(name).is_empty())
}

impl std::fmt::Display for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "job{}", self.number)?;
        self.specs.iter().try_for_each(|spec| write!(f, "\n  {}", rule_config(spec)))
    }
}

/// Whether two labels with different values were mapped to one name.
fn collides(effect: &Effect) -> bool {
    let Effect::Mapped(mappings) = effect else { return false };
    let mut written = BTreeMap::new();
    mappings.iter().any(|mapping| {
        written.insert(&mapping.to, &mapping.value).is_some_and(|before| *before != mapping.value)
    })
}

/// Rules after the random ones: every `__` label is copied to where the API shows it, and what a target must have is
/// put right again.
fn tail() -> Vec<RuleSpec> {
    let text = |text: &str| Some(text.to_owned());
    let put = |(label, value): (&str, &str)| RuleSpec {
        target_label: text(label),
        replacement: text(value),
        ..RuleSpec::default()
    };
    let show = RuleSpec {
        action: text("labelmap"),
        regex: text("(__.*)"),
        replacement: text("seen_$1"),
        ..RuleSpec::default()
    };
    let needed = [
        ("__address__", ADDRESS),
        ("__scheme__", "http"),
        ("__metrics_path__", "/metrics"),
        ("__scrape_interval__", "1h"),
        ("__scrape_timeout__", "10s"),
    ];
    std::iter::once(show).chain(needed.map(put)).collect()
}

/// What a target comes with: its own labels, and what Prometheus adds where they are missing.
fn discovered(target: &Set, job: usize) -> Set {
    let mut all: Set = target.clone();
    all.retain(|_, value| !value.is_empty());
    let added = [
        ("__address__", ADDRESS),
        ("__scheme__", "http"),
        ("__metrics_path__", "/metrics"),
        ("__scrape_interval__", "1h"),
        ("__scrape_timeout__", "10s"),
        ("job", &format!("job{job}")),
    ];
    for (name, value) in added {
        all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    all
}

/// What the API shows of a target's labels.
fn shown(labels: &Labels) -> Set {
    let visible = labels.iter().filter(|(name, _)| !name.starts_with("__"));
    let mut shown: Set = visible.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    shown.entry("instance".to_owned()).or_insert_with(|| ADDRESS.to_owned());
    shown
}

fn pairs(labels: &Set) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().map(|(name, value)| (&**name, &**value))
}

/// Rules refused here are refused by promtool.
fn compare_refused(promtool: &Path, random: &mut Random, figures: &mut Figures) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("prometheus.yml");
    let mut put = 0;
    while put < REFUSED {
        let spec = random.spec();
        let error = match Rule::new(spec.clone(), Version::new(3, 5)) {
            Ok(_) => continue,
            // Of the differences that the module documents, the one that is likely here.
            Err(RuleError::Regex(error)) if error.message.contains("closes no group") => continue,
            Err(error) => error,
        };
        let rule = rule_config(&spec);
        let config = format!("scrape_configs:\n- {{job_name: a, relabel_configs: [{rule}]}}\n");
        std::fs::write(&path, config).expect("the folder is ours");
        let output = Command::new(promtool)
            .args(["check", "config", "--syntax-only"])
            .arg(&path)
            .output()
            .expect("promtool runs");
        assert!(!output.status.success(), "promtool takes {rule}, which is refused here: {error}");
        put += 1;
    }
    figures.refused += put;
}

fn rule_config(spec: &RuleSpec) -> String {
    let mut fields = Vec::new();
    let texts = [
        ("separator", &spec.separator),
        ("regex", &spec.regex),
        ("target_label", &spec.target_label),
        ("replacement", &spec.replacement),
        ("action", &spec.action),
    ];
    for (name, text) in texts {
        fields.extend(text.as_ref().map(|text| format!("{name}: {}", quoted(text))));
    }
    fields.extend(spec.modulus.map(|modulus| format!("modulus: {modulus}")));
    fields.extend(spec.source_labels.as_ref().map(|labels| {
        let labels: Vec<String> = labels.iter().map(|label| quoted(label)).collect();
        format!("source_labels: [{}]", labels.join(", "))
    }));
    format!("{{{}}}", fields.join(", "))
}

fn target_config(labels: &Set) -> String {
    let labels: Vec<String> =
        labels.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
    format!("{{targets: ['{ADDRESS}'], labels: {{{}}}}}", labels.join(", "))
}

/// As a double-quoted YAML scalar of ASCII alone.
fn quoted(text: &str) -> String {
    let character = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        _ => format!("\\U{:08x}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(character).collect::<String>())
}

#[rustfmt::skip]
const NAMES: &[&str] = &[
    "a", "b", "c", "ab", "ba", "env", "job", "instance", "A", "_", "a1", "__tmp", "__tmp_a", "__meta_a",
    "__meta_k8s_pod_label_app", "__meta_k8s_pod_label_env", "__param_q", "__address__", "__scheme__", "a.b",
    "größe", "日本", "a b",
];

#[rustfmt::skip]
const VALUES: &[&str] = &[
    "", "x", "y", "foo", "bar", "foo-bar", "foo;bar", "a", "b", "ab", "aab", "abab", "10.0.0.1:8080",
    "host:9100;443", "true", "Straße", "İstanbul", "ΣΑΣ", "ᾳǆŉ", "x\ny", "$1", "${1}", "prod", "dev", "7",
    "日本 語", "a.b", "😀K", " ",
];

#[rustfmt::skip]
const REGEXES: &[&str] = &[
    "", "(.*)", ".*", "(.+)", ".+", "(.*);(.*)", "(.+):(\\d+)", "([^:]+)(?::\\d+)?;(\\d+)",
    "(?P<n>[a-z]+)-?(.*)", "a|b|c", "(a|b)+", "foo|foo-bar", "(?i)FOO.*", "__meta_(.+)",
    "__meta_k8s_pod_label_(.+)", "(.)(.)?.*", "(.)", "(a){0}(.*)", "(?:(x)|(f))+.*", "(\\w+)\\W(\\w+)",
    "\\Qfoo;bar\\E", "(.*?)(o*)", "^foo$", "(?m)^x$(.*)", "[[:alpha:]]+", "__.*", "_.*|a", "(|.*)",
    "(?U)(.*)(.*)", "(\\pL+).*", "(?-s)(.*)", "(?P<n>x)|(?P<n>y)", "prod|dev", "x.y", "job.*",
    "(seen|a|b).*", "(?P<x>.)(?P<y>.*)", "[^a]*", "(?:job|__.*|instance|a)", "\\D+",
];

#[rustfmt::skip]
const TEMPLATES: &[&str] = &[
    "$1", "$1", "${1}", "$2", "${2}", "$n", "${n}", "$0", "$1x", "${1}x", "$$", "$", "x", "new", "", "${1",
    "$é", "$1-$2", "$2$1", "pre_$1", "pre_${1}_$2", "a.$1", "$01", "__tmp_$1", "__meta_$1", "$x$y", "${y}",
    "a$", "größe",
];

#[rustfmt::skip]
const ACTIONS: &[&str] = &[
    "replace", "replace", "replace", "replace", "keep", "drop", "keepequal", "dropequal", "hashmod",
    "labelmap", "labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase", "Replace", "LABELMAP",
    "HashMod", "Uppercase",
];

/// SplitMix64: the same cases for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(crate) fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    /// A value of the list, or random letters of many scripts.
    fn value(&mut self) -> String {
        if !self.one_in(4) {
            return self.pick(VALUES).to_owned();
        }
        let starts =
            [0x41, 0xC0, 0x130, 0x1C4, 0x370, 0x410, 0x531, 0x10A0, 0x13A0, 0x1E90, 0x1F80, 0x2C80, 0x10400];
        (0..self.below(8))
            .filter_map(|_| char::from_u32(starts[self.below(starts.len())] + self.below(60) as u32))
            .collect()
    }

    /// An expression of the list, or a random one of letters, groups and repetitions.
    fn regex(&mut self) -> String {
        if self.one_in(3) { self.grown_regex(3) } else { self.pick(REGEXES).to_owned() }
    }

    fn grown_regex(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .pick(&["a", "b", "o", "foo", ".", "[ab]", "\\w", "", "x", ".*", "^", "$", "é"])
                .to_owned();
        }
        let inner = self.grown_regex(depth - 1);
        match self.below(7) {
            0 | 1 => inner + &self.grown_regex(depth - 1),
            2 => inner + "|" + &self.grown_regex(depth - 1),
            3 => format!("({inner})"),
            4 => format!("(?P<n>{inner})"),
            5 => format!(
                "(?:{inner}){}",
                self.pick(&["*", "+", "?", "*?", "{2}", "{0,2}", "{0}", "**", "{2,1}"])
            ),
            _ => format!("({inner}){}", self.pick(&["*", "+", "?", "??", "{2}", "{1,}", "{0}"])),
        }
    }

    /// A rule with the fields its action needs, now and then with one too many or too few.
    fn spec(&mut self) -> RuleSpec {
        let action = self.pick(ACTIONS);
        let lower = action.to_ascii_lowercase();
        let mut spec = RuleSpec::default();
        if lower != "replace" || !self.one_in(2) {
            spec.action = Some(action.to_owned());
        }
        let stray = self.one_in(25);
        let by_name = matches!(&*lower, "labelmap" | "labeldrop" | "labelkeep");
        if !by_name || stray {
            let labels = (0..1 + self.below(3)).map(|_| self.pick(NAMES).to_owned()).collect();
            spec.source_labels = (!self.one_in(8)).then_some(labels);
            if self.one_in(5) {
                spec.separator = Some(self.pick(&["", "-", ";", "/", ":", "é"]).to_owned());
            }
        }
        let equal = matches!(&*lower, "keepequal" | "dropequal");
        if !equal && !self.one_in(4) || stray {
            spec.regex = Some(self.regex());
        }
        if lower == "replace" && self.one_in(3) {
            spec.target_label = Some(self.pick(TEMPLATES).to_owned());
        } else if !by_name && !matches!(&*lower, "keep" | "drop") && !self.one_in(30) || stray {
            spec.target_label = Some(self.pick(NAMES).to_owned());
        }
        if matches!(&*lower, "replace" | "labelmap") && !self.one_in(3) || stray {
            spec.replacement = Some(self.pick(TEMPLATES).to_owned());
        }
        if lower == "hashmod" && !self.one_in(20) || stray {
            spec.modulus = Some(self.next() >> self.below(64));
        }
        spec
    }
}
