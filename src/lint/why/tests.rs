//! Chains against testdata/why: a world, what is asked, the chain that is told, and the twin in which nothing is broken.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{Chain, Question, Shown, State};
use crate::base::edit;
use crate::diagnostic::Mask;
use crate::lint::render::unified;
use crate::lint::{Options, World};

/// What a case calls its one text.
const NAME: &str = "world.yaml";

fn world(text: &str, complete: bool) -> World {
    let mut world = World::new(Options { complete, ..Options::default() });
    world.add(NAME, text.to_owned());
    world
}

fn ask(text: &str, complete: bool, question: &str) -> Chain {
    let question = Question::parse(question, None).expect("a question of a case is one");
    world(text, complete).why(&question).unwrap_or_else(|err| panic!("{question}: {err}"))
}

/// One line a link: `state step: what is so`, and of what is broken `[rule line:column]`.
fn lines(text: &str, chain: &Chain) -> String {
    let lines = crate::base::span::Lines::new(text);
    let place = |shown: &Shown| {
        format!("[{} {}]", shown.finding.rule, lines.position(text, shown.finding.span.start))
    };
    chain.links.iter().fold(String::new(), |mut out, link| {
        let _ = write!(out, "{} {}: {}", link.state.as_str(), link.step.as_str(), link.says);
        if let Some(evidence) = &link.evidence {
            let remark = if link.state == State::Broken { "" } else { " but" };
            let _ = write!(out, "{remark} {}", place(&evidence.this));
        }
        out.push('\n');
        out
    })
}

/// The text with the first broken link mended, where it is known how.
fn mended(text: &str, chain: &Chain) -> Option<String> {
    let (of, fix) = chain.broken()?.evidence.as_ref()?.fix()?;
    assert_eq!(of, 0, "a case has one text");
    Some(edit::apply(text, &fix.edits).expect("edits of one fix fit together"))
}

/// Every case of testdata/why: `yaml` (`yaml complete`: nothing else is there) and `ask` give the `chain` behind them. A
/// broken one is mended by the `diff` behind it, or by the `yaml` that comes next. `UPDATE=1 cargo test why` rewrites
/// chains and differences: read what changes.
#[test]
fn chains_are_those_that_cases_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/why");
    let mut wrong = Vec::new();
    let mut causes = BTreeSet::new();
    let mut files: Vec<_> =
        fs::read_dir(root).expect("testdata is readable").map(|it| it.expect("readable").path()).collect();
    files.sort();
    for path in files {
        let text = fs::read_to_string(&path).expect("testdata is readable");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let out = case(&name, &text, &mut causes, &mut wrong);
        if out == text {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, out).expect("testdata is writable");
        } else {
            wrong.push(format!("{}\n{out}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 rewrites them\n{}", wrong.join("\n"));
    assert!(causes.len() >= 25, "{} different causes: {causes:#?}", causes.len());
}

/// Worlds and questions of all cases.
fn questions() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/why");
    let files = fs::read_dir(root).expect("testdata is readable").map(|it| it.expect("readable").path());
    let texts = files.map(|path| fs::read_to_string(path).expect("testdata is readable"));
    let ask = |text: String| {
        let (_, rest) = text.split_once("```yaml")?;
        let (yaml, rest) = rest.split_once('\n')?.1.split_once("```\n")?;
        let question = rest.split_once("```ask\n")?.1.split_once("\n```")?.0;
        Some((yaml.to_owned(), question.to_owned()))
    };
    texts.filter_map(ask).collect()
}

#[test]
fn secrets_are_in_no_form_of_a_chain() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: more, namespace: m}\nstringData:\n  jobs.yaml: |\n    \
        - job_name: serviceMonitor/m/web/0\n---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: \
        p, namespace: m}\nspec: {serviceMonitorSelector: {}, additionalScrapeConfigs: {name: more, key: jobs.yaml}}\n---\n\
        apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web, namespace: m}\nspec: {selector: {}, \
        endpoints: [{port: a}]}\n";
    let world = world(text, false);
    let question = Question::parse("smon/web", None).expect("a question");
    let chain = world.why(&question).expect("it is there");
    let mut out = Vec::new();
    super::json(&world, &chain, &mut out).expect("a vector takes everything");
    let out = String::from_utf8(out).expect("JSON is text");
    assert!(out.contains("operator/duplicate-job") && !out.contains("serviceMonitor/m"), "{out}");
}

proptest! {
    /// Whatever is missing in a world, there is an answer, and the edits of what mends it fit.
    #[test]
    fn worlds_with_lines_missing_have_answers(
        case in any::<prop::sample::Index>(),
        lines in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        complete in any::<bool>(),
    ) {
        let questions = questions();
        let (text, question) = case.get(&questions);
        let mut left: Vec<&str> = text.split_inclusive('\n').collect();
        for line in lines {
            if !left.is_empty() {
                left.remove(line.index(left.len()));
            }
        }
        let text: String = left.concat();
        let question = Question::parse(question, None).expect("a question of a case is one");
        let world = world(&text, complete);
        if let Ok(chain) = world.why(&question) {
            let fixes = chain.links.iter().filter_map(|link| link.evidence.as_ref()?.fix());
            for (_, fix) in fixes {
                prop_assert!(edit::apply(&text, &fix.edits).is_ok(), "{}\n{}", fix.title, text);
            }
            let mut out = Vec::new();
            super::json(&world, &chain, &mut out).expect("a vector takes everything");
        }
    }
}

/// A case as it should be.
fn case(
    name: &str,
    text: &str,
    causes: &mut BTreeSet<(&'static str, &'static str)>,
    wrong: &mut Vec<String>,
) -> String {
    let mut out = String::new();
    let mut rest = text;
    // What is broken, and no difference mends.
    let mut open = None;
    let mut broken = 0;
    while let Some((before, after)) = rest.split_once("```yaml") {
        let (mode, after) = after.split_once('\n').unwrap_or_else(|| panic!("{name}: no end"));
        let (yaml, after) = after.split_once("```\n").unwrap_or_else(|| panic!("{name}: no end"));
        let (_, after) = after.split_once("```ask\n").unwrap_or_else(|| panic!("{name}: nothing is asked"));
        let (question, after) = after.split_once("\n```\n").unwrap_or_else(|| panic!("{name}: no end"));
        rest = after;
        for kind in ["chain", "diff"] {
            if let Some((_, after)) = rest
                .trim_start_matches('\n')
                .strip_prefix(&format!("```{kind}\n"))
                .and_then(|it| it.split_once("```\n"))
            {
                rest = after;
            }
        }
        let complete = mode == " complete";
        let chain = ask(yaml, complete, question);
        let _ = write!(
            out,
            "{before}```yaml{mode}\n{yaml}```\n\n```ask\n{question}\n```\n\n```chain\n{}```\n",
            lines(yaml, &chain)
        );
        let Some(link) = chain.broken() else {
            open = None;
            continue;
        };
        broken += 1;
        let cause = link.evidence.as_ref().expect("what is broken is shown").this.finding.rule;
        causes.insert((link.step.as_str(), cause));
        open = Some(format!("{name}: {}", link.says));
        if let Some(after) = mended(yaml, &chain) {
            let source = |text| crate::diagnostic::Source::new(NAME, text, Mask::default());
            let _ = write!(out, "\n```diff\n{}```\n", unified(&source(yaml), &source(&after)));
            let whole = ask(&after, complete, question);
            open = whole.broken().map(|_| format!("{name}: the mend leaves {}", lines(&after, &whole)));
        }
    }
    if broken == 0 && !name.starts_with("whole") {
        wrong.push(format!("{name}: nothing in it is broken"));
    }
    wrong.extend(open.map(|open| format!("{open}: no twin that is whole")));
    out.push_str(rest);
    out
}
