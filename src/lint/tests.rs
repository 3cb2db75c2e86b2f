//! Rules against their pages and against testdata/lint: every YAML there is checked, and the findings are those said.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Choice, Name, Options, World, all};
use crate::base::edit;
use crate::base::span::Lines;
use crate::diagnostic::{Finding, Safety, Severity};

fn check(text: &str) -> Vec<Finding> {
    check_with(text, Options::default())
}

/// `complete`: whether there is nothing but this text.
fn check_as(text: &str, complete: bool) -> Vec<Finding> {
    check_with(text, Options { complete, ..Options::default() })
}

/// Of the files that the text names, those called `no-such…` are not there.
fn check_with(text: &str, options: Options) -> Vec<Finding> {
    check_in(World::new(options), text)
}

fn check_in(world: World, text: &str) -> Vec<Finding> {
    let mut world = world.with_files(|_, path| Some(!path.contains("no-such")));
    world.add("test.yml", text.to_owned());
    world.check().into_iter().flat_map(|checked| checked.findings).collect()
}

#[test]
fn the_other_side_in_another_file_is_named_with_its_line() {
    let mut world = World::new(Options { complete: true, ..Options::default() });
    let head = "apiVersion: monitoring.coreos.com/v1\nmetadata: {name: a, namespace: web}\n";
    world.add(
        "monitor.yml",
        format!("{head}kind: PodMonitor\nspec: {{selector: {{}}, podMetricsEndpoints: []}}\n"),
    );
    let labels = "kind: Prometheus\nspec:\n  podMonitorSelector:\n    matchLabels:\n      team: a\n";
    world.add("prometheus.yml", format!("{head}{labels}"));
    let findings = world.check().swap_remove(0).findings;
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert!(finding.related.is_empty(), "{finding:#?}");
    let help = "add `team: a` to `metadata.labels`, as Prometheus `web/a` asks for (what is asked for: prometheus.yml:7)";
    assert_eq!(finding.help.as_deref(), Some(help));
}

/// What is on by default, and the rule of this name.
fn with(own: &str) -> Choice {
    let name = |name| Name::parse(name).ok();
    Choice { select: Some(name("default").into_iter().chain(name(own)).collect()), ignore: Vec::new() }
}

/// One line for each finding: `line:column severity rule: message`.
/// Of rules that are off unless asked for, only those of `own`.
fn lines(text: &str, complete: bool, own: &str) -> String {
    let lines = Lines::new(text);
    let world = World::new(Options { complete, ..Options::default() }).choosing(with(own));
    check_in(world, text).iter().fold(String::new(), |mut out, finding| {
        let at = lines.position(text, finding.span.start);
        let _ = writeln!(out, "{at} {} {}: {}", finding.severity.as_str(), finding.rule, finding.message);
        out
    })
}

#[test]
fn rules_are_sorted_named_for_a_family_and_have_a_page() {
    let names: Vec<&str> = all().iter().map(|rule| rule.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    for rule in all() {
        assert!(
            rule.name.contains('/') && rule.page.starts_with(&format!("# {}\n", rule.name)),
            "{}",
            rule.name
        );
        for heading in ["## Why it is bad", "## Bad", "## Good"] {
            assert!(rule.page.contains(heading), "{} has no `{heading}`", rule.name);
        }
    }
}

/// The first YAML under a heading of a page.
fn example<'p>(page: &'p str, heading: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("## {heading}\n")).expect("checked by another test");
    let (_, rest) = rest.split_once("```yaml\n").expect("an example");
    rest.split_once("```").expect("its end").0
}

#[test]
fn bad_examples_are_found_and_good_ones_are_silent() {
    for rule in all() {
        // What an agent does not take is nothing to say of another Prometheus.
        let agent = rule.name == "scrape/agent-mode";
        let world = || World::new(Options { agent, ..Options::default() }).choosing(with(rule.name));
        let bad = check_in(world(), example(rule.page, "Bad"));
        assert!(bad.iter().any(|finding| finding.rule == rule.name), "{}: {bad:#?}", rule.name);
        check_fixes(example(rule.page, "Bad"), false);
        let good = example(rule.page, "Good");
        let loud: Vec<_> = check_in(world(), good)
            .into_iter()
            .filter(|it| it.severity > Severity::Info || it.rule == rule.name)
            .collect();
        assert!(loud.is_empty(), "{}: {loud:#?}", rule.name);
    }
}

/// Files of one world, and what is found in each: `name: rule: message`.
#[track_caller]
fn check_world(files: &[(&str, &str)], expect: &[&str]) {
    let mut world = World::new(Options::default());
    files.iter().for_each(|(name, text)| world.add(name, (*text).to_owned()));
    let checked = world.check();
    let found: Vec<String> = checked
        .iter()
        .flat_map(|of| of.findings.iter().map(move |it| format!("{}: {}: {}", of.name, it.rule, it.message)))
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn files_that_a_configuration_includes_are_seen_with_it() {
    let jobs = "scrape_configs: [{job_name: a, scrape_timeout: 90s}]";
    let main = "global: {scrape_interval: 2m}\nscrape_config_files: [jobs/*.yml]\n";
    check_world(&[("x/prometheus.yml", main), ("x/jobs/a.yml", jobs)], &[]);
    check_world(
        &[("prometheus.yml", main), ("elsewhere/a.yml", jobs)],
        &["elsewhere/a.yml: scrape/timeout-gt-interval: \
           the scrape timeout, 1m30s, is longer than the scrape interval, 1m"],
    );
    check_world(
        &[("prometheus.yml", main), ("jobs/a.yml", jobs), ("jobs/b.yml", jobs)],
        &["prometheus.yml: scrape/job-name: a job of `jobs/b.yml` has the name of another scrape job: `a`"],
    );
}

#[test]
fn targets_in_files_go_by_the_jobs_that_read_them() {
    let targets = "- targets: [\"http://a:1/metrics\"]\n";
    let job = "scrape_configs: [{job_name: a, file_sd_configs: [{files: [\"t/*.yml\"]}]}]";
    check_world(
        &[("prometheus.yml", job), ("t/a.yml", targets)],
        &["t/a.yml: scrape/target-not-hostport: `http://a:1/metrics` is a URL, where an address belongs"],
    );
    // Nobody is known to read it: relabeling may be meant.
    check_world(&[("t/a.yml", targets)], &[]);
    let relabeled = job.replace("job_name: a", "job_name: a, relabel_configs: [{target_label: a}]");
    check_world(&[("prometheus.yml", &relabeled), ("t/a.yml", targets)], &[]);
}

/// Every `yaml` block (`yaml complete`: nothing else is there) of the files under testdata/lint has the findings of the `findings` block behind it.
/// `UPDATE=1 cargo test lint` rewrites them: read the difference.
#[test]
fn cases_have_the_findings_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint");
    let mut wrong = Vec::new();
    let mut open = vec![root];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("testdata is readable");
            open.extend(entries.map(|entry| entry.expect("testdata is readable").path()));
        } else if path.extension().is_some_and(|it| it == "md") {
            wrong.extend(case(&path));
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 rewrites them\n{}", wrong.join("\n"));
}

/// The text with one fix made has fewer findings of the rule.
fn check_fixes(text: &str, complete: bool) {
    let found = check_as(text, complete);
    for finding in &found {
        let Some(fix) = &finding.fix else { continue };
        let mended = edit::apply(text, &fix.edits).expect("edits of one fix fit together");
        let count = |found: &[Finding]| found.iter().filter(|it| it.rule == finding.rule).count();
        let left = check_as(&mended, complete);
        assert!(count(&left) < count(&found), "{}: {}\n{mended}\n{left:#?}", finding.rule, fix.title);
    }
}

fn case(path: &PathBuf) -> Option<String> {
    let text = fs::read_to_string(path).expect("testdata is readable");
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let own = format!("{}/{}", path.parent().map(name).unwrap_or_default(), name(path));
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("```yaml") {
        let (mode, after) = after.split_once('\n').unwrap_or_else(|| panic!("{}: no end", path.display()));
        let (yaml, after) = after.split_once("```\n").unwrap_or_else(|| panic!("{}: no end", path.display()));
        let (between, after) =
            after.split_once("```findings\n").unwrap_or_else(|| panic!("{}: no findings", path.display()));
        let (_, after) = after.split_once("```\n").unwrap_or_else(|| panic!("{}: no end", path.display()));
        check_fixes(yaml, mode == " complete");
        let _ = write!(
            out,
            "{before}```yaml{mode}\n{yaml}```\n{between}```findings\n{}```\n",
            lines(yaml, mode == " complete", &own)
        );
        rest = after;
    }
    out.push_str(rest);
    if out == text {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, &out).expect("testdata is writable");
        return None;
    }
    Some(format!("{} should be:\n{out}", path.display()))
}

/// The rules of the findings of `text` with their lines; then `text` with every safe fix, and what is found in that.
fn mended(text: &str) -> (Vec<(&'static str, usize)>, String, Vec<Finding>) {
    let lines = Lines::new(text);
    let findings = check(text);
    let found = findings.iter().map(|it| (it.rule, lines.position(text, it.span.start).line)).collect();
    let safe = findings.into_iter().filter_map(|it| it.fix).filter(|fix| fix.safety == Safety::Safe);
    let edits: Vec<_> = safe.flat_map(|fix| fix.edits).collect();
    let mended = edit::apply(text, &edits).expect("edits of one run go together");
    let left = check(&mended);
    (found, mended, left)
}

const BLOCK: &str = "yaml/unindented-block";
const TABS: &str = "yaml/tab-indentation";

/// Both faults at once, as the annotation is often copied; the rest is checked as if they were mended.
#[test]
fn an_annotation_with_both_faults_is_mended_in_one_run() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint/application-annotation.yaml");
    let text = fs::read_to_string(path).expect("testdata is readable");
    let (found, fixed, left) = mended(&text);
    assert_eq!(found, [(BLOCK, 8), (TABS, 14)]);
    assert!(fixed.contains("operator: |\n      - cart:\n          \"http://cart"), "{fixed}");
    assert_eq!(left, []);

    let wrong = text.replace("http://stock.shop.svc:9187/metrics", "stock.shop.svc:9187/metrics");
    assert_eq!(mended(&wrong).0, [(BLOCK, 8), ("annotation/annotation-value", 11), (TABS, 14)]);
    let wrong = text.replace("stock.shop.svc", "stock.other.svc");
    assert_eq!(mended(&wrong).0, [(BLOCK, 8), ("security/annotation-host", 11), (TABS, 14)]);
    let wrong = text.replace("- stock:", "- cart:");
    assert_eq!(mended(&wrong).0, [(BLOCK, 8), ("annotation/nested-schema", 10), (TABS, 14)]);
}

/// The same of the annotation as it circulates, where `OBSCTL_CORPORA` names the folder that has it.
#[test]
fn the_annotation_that_circulates_is_mended_in_one_run() {
    let Some(corpora) = std::env::var_os("OBSCTL_CORPORA") else {
        let said = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"SKIPPED: lint: OBSCTL_CORPORA names no folder of YAML files\n",
        );
        return said.expect("stderr is open");
    };
    let path = Path::new(&corpora).join("lint/documents/application-annotation.yaml");
    let text = fs::read_to_string(path).expect("the corpus has it");
    let (found, _, left) = mended(&text);
    assert!(found.starts_with(&[(BLOCK, 8), (TABS, 20)]), "{found:?}");
    // It shows an annotation, and no whole Application.
    let of_others: Vec<_> = left.iter().filter(|it| it.rule != "yaml/missing-field").collect();
    assert!(of_others.is_empty(), "{of_others:#?}");
}

/// A fix of each rule that has one is silent afterwards: the bad example of its page, with safe and unsafe edits.
#[test]
fn fixes_mend_what_they_are_for() {
    let mut fixed = 0;
    for rule in all() {
        let bad = example(rule.page, "Bad");
        for finding in check(bad).into_iter().filter(|finding| finding.rule == rule.name) {
            let Some(fix) = finding.fix else { continue };
            let mended = edit::apply(bad, &fix.edits).expect("a fix of the text");
            let left = check(&mended);
            let same = left.iter().filter(|it| it.rule == finding.rule && it.message == finding.message);
            assert_eq!(same.count(), 0, "{}: {mended}\n{left:#?}", rule.name);
            assert!(left.iter().all(|it| it.rule != "yaml/yaml-syntax"), "{}: {mended}", rule.name);
            fixed += 1;
        }
    }
    assert!(fixed >= 15, "{fixed} fixes");
}

/// `text` after the fix of the first finding of a rule; that rule finds nothing then.
#[track_caller]
fn check_fix(rule: &str, text: &str, expect: &str) {
    let fix = check(text).into_iter().filter(|it| it.rule == rule).find_map(|it| it.fix).expect("a fix");
    let mended = edit::apply(text, &fix.edits).expect("edits of the text");
    assert_eq!(mended, expect);
    let left: Vec<_> = check(&mended).into_iter().filter(|it| it.rule == rule).collect();
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn annotations_are_moved_to_where_they_are_read() {
    const LEVEL: &str = "annotation/annotation-wrong-level";
    let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n";
    let tail = "    spec:\n      containers: [{name: a, image: a}]\n";
    let spec = "spec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata:\n";
    check_fix(
        LEVEL,
        &format!(
            "{head}  annotations:\n    prometheus.io/scrape: \"true\" # why\n    own: x\n    prometheus.io/port: '80'\n{spec}      \
             annotations:\n        b: c\n      labels: {{a: b}}\n{tail}"
        ),
        &format!(
            "{head}  annotations:\n    own: x\n{spec}      annotations:\n        prometheus.io/scrape: \"true\"\n        \
             prometheus.io/port: \"80\"\n        b: c\n      labels: {{a: b}}\n{tail}"
        ),
    );
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n";
    let spec = "spec:\n  containers: [{name: a, image: a}]\n";
    check_fix(
        LEVEL,
        &format!("{pod}  prometheus.io/scrape: \"true\"\n  name: a\n  prometheus.io/port: \"80\"\n{spec}"),
        &format!(
            "{pod}  annotations:\n    prometheus.io/scrape: \"true\"\n    prometheus.io/port: \"80\"\n  name: a\n{spec}"
        ),
    );
}

#[test]
fn deprecated_fields_are_written_anew_where_they_stand_alone() {
    const FIELD: &str = "yaml/deprecated-field";
    let job = "scrape_configs:\n  - job_name: a\n";
    check_fix(
        FIELD,
        &format!("{job}    bearer_token_file: \"/a b\" # why\n"),
        &format!("{job}    authorization: {{credentials_file: \"/a b\"}} # why\n"),
    );
    let both = check(&format!("{job}    bearer_token_file: /a\n    bearer_token: b\n"));
    assert!(both.iter().filter(|it| it.rule == FIELD).all(|it| it.fix.is_none()), "{both:#?}");
}

/// Every name of a rule that stands in the libraries whose findings lint gives on.
#[test]
fn libraries_name_only_rules_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open: Vec<PathBuf> =
        ["telegraf", "k8s", "relabel", "promql", "selector", "lint"].iter().map(|it| root.join(it)).collect();
    let families = ["annotation", "operator", "rules", "scrape", "security", "yaml"];
    let mut named = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).expect("src is readable").map(|it| it.expect("readable").path()));
            continue;
        }
        let text = fs::read_to_string(&path).expect("src is readable");
        for literal in text.split('"').filter(|it| it.split('/').count() == 2 && it.len() < 60) {
            let (family, name) = literal.split_once('/').expect("counted above");
            let is_word = |it: &str| {
                !it.is_empty()
                    && it.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit())
            };
            if families.contains(&family) && is_word(name) {
                assert!(super::rule(literal).is_some(), "{}: there is no rule `{literal}`", path.display());
                named += 1;
            }
        }
    }
    assert!(named > 40, "{named} names");
}

fn manifests() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/k8s");
    let files = fs::read_dir(folder).expect("testdata is readable");
    files.map(|it| fs::read_to_string(it.expect("readable").path()).expect("text")).collect()
}

proptest::proptest! {
    /// Whatever a manifest says, each finding is of a rule that there is, and in the text.
    #[test]
    fn findings_of_changed_manifests_are_of_known_rules(
        pick in 0..1000_usize, line in 0..200_usize, by in "[a-z]{0,3}(: ?| |- |)(on|1|\\{\\}|\\[\\]|~|!!int x|http://a:b@c|[a-z.]{0,5})",
    ) {
        let all_texts = manifests();
        let text = &all_texts[pick % all_texts.len()];
        let count = text.lines().count().max(1);
        let changed: Vec<String> = text.lines().enumerate().map(|(at, old)| {
            if at != line % count { return old.to_owned() }
            let blanks = old.len() - old.trim_start().len();
            match old.split_once(": ") {
                Some((key, _)) if by.len() % 2 == 0 => format!("{key}: {by}"),
                _ => format!("{}{by}", &old[..blanks]),
            }
        }).collect();
        let changed = changed.join("\n");
        for finding in check(&changed) {
            proptest::prop_assert!(super::rule(finding.rule).is_some(), "{finding:?}");
            proptest::prop_assert!(finding.span.end <= changed.len(), "{finding:?}");
        }
    }
}
