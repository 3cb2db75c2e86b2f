//! Scalars are to us what they are to the real kubectl and promtool.
//!
//! `testdata/yaml/scalars.tsv` holds what the programs said; every run is held to it. With the programs at hand they
//! are asked again, and about random scalars too. `UPDATE=1 cargo test yaml_scalars::the_programs` rewrites the table
//! from its first column.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use obsctl::yaml::{BadTag, Reader, StringField, Value, Written, is_plain_safe};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::peers::{self, PROMTOOL};

const KUBECTL: &str = "kubectl";
const TABLE: &str = "testdata/yaml/scalars.tsv";
const HEADER: &str = "scalar\tconfig\trules\tkubectl\tstring in config\tstring in rules";
/// What stands in a column where the program refuses the file.
const REFUSED: &str = "refused";
/// Of how many scalars promtool is asked one by one.
const ASKED: usize = 48;
/// Random scalars; `PROPTEST_CASES` asks for more.
const RANDOM: u32 = 1500;

/// What the three readings of a scalar are: the tag to Prometheus's config and to its rule files, the JSON that
/// kubectl makes of it, and the text that arrives in a string of config and of rules (as JSON).
#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    config: String,
    rules: String,
    kubectl: String,
    config_text: String,
    rules_text: String,
}

#[test]
fn the_table_holds() {
    let table = read_table();
    assert!(table.len() > 300, "{} lines", table.len());
    differences(&table, "the table");
}

#[test]
fn the_programs_still_say_what_the_table_says() {
    let Some(programs) = Programs::find("scalars of the table") else { return };
    let table = read_table();
    let scalars: BTreeSet<String> = table.keys().cloned().collect();
    if std::env::var_os("UPDATE").is_some() {
        let rows = programs.ask(&scalars, scalars.len());
        std::fs::write(path(), print_table(&rows)).unwrap();
        return;
    }
    let said = programs.ask(&scalars, ASKED);
    let changed: Vec<_> = said.iter().filter(|(scalar, row)| table.get(*scalar) != Some(*row)).collect();
    assert!(changed.is_empty(), "{changed:#?}\nUPDATE=1 rewrites the table");
}

#[test]
fn random_scalars_are_read_alike() {
    let Some(programs) = Programs::find("random scalars") else { return };
    let mut scalars = random_scalars(PATTERNS, cases());
    scalars.extend(random_scalars(TAGGED, cases() / 25));
    differences(&programs.ask(&scalars, ASKED), "random scalars");
}

/// The promise of `is_plain_safe`, put to the programs: each takes the text for a string, this very one.
#[test]
fn what_needs_no_quotes_is_a_string_to_the_programs() {
    let Some(programs) = Programs::find("plain strings") else { return };
    let mut scalars = random_scalars(PATTERNS, cases());
    scalars.extend(random_scalars(&[r"[a-zA-Z0-9 ._:/#'\-=@%!|>?*&~é]{1,12}"], cases()));
    scalars.retain(|text| is_plain_safe(text));
    assert!(scalars.len() > 100, "{} are safe", scalars.len());
    for (scalar, row) in programs.ask(&scalars, ASKED) {
        let json = serde_json::to_string(&scalar).unwrap();
        let expect = Row {
            config: "!!str".to_owned(),
            rules: "!!str".to_owned(),
            kubectl: json.clone(),
            config_text: json.clone(),
            rules_text: json,
        };
        assert_eq!(row, expect, "{scalar}");
    }
}

/// Fails when our reading of a scalar is not what the rows say.
#[track_caller]
fn differences(rows: &BTreeMap<String, Row>, what: &str) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(scalar, row)| {
            let ours = read(scalar);
            (ours != *row).then(|| format!("{scalar:?}\n  said {row:?}\n  ours {ours:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{what}: {} of {}\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn read(scalar: &str) -> Row {
    let written = written(scalar);
    let tag = |reader| match (written.read(reader), written.tag) {
        // A tag of others is what it is.
        (Ok(Value::Str(_)), Some(tag))
            if !tag.starts_with("!!") && (tag != "!" || reader == Reader::PrometheusConfig) =>
        {
            tag.to_owned()
        }
        (Ok(value), _) => value.tag().to_owned(),
        (Err(_), _) => REFUSED.to_owned(),
    };
    let text = |reader| match written.string_field(reader) {
        Ok(StringField::Text(text)) => serde_json::to_string(&text).unwrap(),
        Ok(StringField::Refused(_)) | Err(BadTag { .. }) => REFUSED.to_owned(),
    };
    let kubectl = match written.read(Reader::Kubernetes) {
        Ok(Value::Str(_) | Value::Binary(_)) => text(Reader::Kubernetes),
        Ok(Value::Float(float)) if !float.is_finite() => REFUSED.to_owned(),
        Ok(value) => value.to_string(),
        Err(_) => REFUSED.to_owned(),
    };
    Row {
        config: tag(Reader::PrometheusConfig),
        rules: tag(Reader::PrometheusRules),
        kubectl,
        config_text: text(Reader::PrometheusConfig),
        rules_text: text(Reader::PrometheusRules),
    }
}

/// `!!int "12"` to its parts. In quotes there are no escapes here.
fn written(scalar: &str) -> Written<'_> {
    let (tag, text) = match scalar.split_once(' ') {
        Some((tag, text)) if tag.starts_with('!') => (Some(tag), text),
        None if scalar.starts_with('!') => (Some(scalar), ""),
        _ => (None, scalar),
    };
    let quoted = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    match quoted('"').or_else(|| quoted('\'')) {
        Some(text) => Written { text, quoted: true, tag },
        None => Written { text, quoted: false, tag },
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE)
}

fn read_table() -> BTreeMap<String, Row> {
    let text = std::fs::read_to_string(path()).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEADER));
    lines.map(read_line).collect()
}

fn read_line(line: &str) -> (String, Row) {
    let columns: Vec<&str> = line.split('\t').collect();
    let [scalar, config, rules, kubectl, config_text, rules_text] = columns[..] else { panic!("{line}") };
    let [config, rules, kubectl] = [config, rules, kubectl].map(str::to_owned);
    let [config_text, rules_text] = [config_text, rules_text].map(str::to_owned);
    (scalar.to_owned(), Row { config, rules, kubectl, config_text, rules_text })
}

fn print_table(rows: &BTreeMap<String, Row>) -> String {
    let line = |(scalar, row): (&String, &Row)| {
        let Row { config, rules, kubectl, config_text, rules_text } = row;
        format!("\n{scalar}\t{config}\t{rules}\t{kubectl}\t{config_text}\t{rules_text}")
    };
    format!("{HEADER}{}\n", rows.iter().map(line).collect::<String>())
}

/// Texts that are mostly numbers, words and dates, or nearly.
const PATTERNS: &[&str] = &[
    r"[0-9a-fxob_:.+\-eE~=<>!nyNYtrufalsoOFINU]{1,8}",
    r"[+\-]?0?[xXoObB]?[0-9a-f_]{1,6}",
    r"[+\-]?[0-9_]{0,5}\.?[0-9_]{0,3}([eE][+\-]?[0-9_]{1,3})?",
    r"[0-9]{15,24}|[+\-]0?[0-9]{15,24}|0x[0-9A-F]{14,18}",
    r"20[0-9]{2}-[0-9]{1,2}-[0-3]?[0-9]([Tt ][0-2]?[0-9]:[0-6]?[0-9]:[0-6]?[0-9]([.,][0-9]{0,10})?(Z|[+\-][0-2][0-9]:[0-6][0-9])?)?",
    r"(true|false|yes|no|on|off|y|n|null|\.inf|\.nan|<<|~)",
];

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(RANDOM, |cases| cases.parse().expect("a number"))
}

/// Scalars with tags. Few: what is refused has to be asked about alone.
const TAGGED: &[&str] = &[
    r#"(!!int|!!float|!!bool|!!null|!!str|!!timestamp|!|!mine) ("[0-9xe.]{0,4}"|[0-9xe.]{1,4}|on|true|~|'null'|2020-01-01)"#,
];

/// The same ones every time.
fn random_scalars(patterns: &[&str], cases: u32) -> BTreeSet<String> {
    let config = Config::default();
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let mut scalars = BTreeSet::new();
    for pattern in patterns {
        let strategy = proptest::string::string_regex(pattern).unwrap();
        for _ in 0..cases as usize / patterns.len() {
            scalars.insert(strategy.new_tree(&mut runner).unwrap().current());
        }
    }
    scalars.retain(|text| {
        is_one_plain_scalar(text) || text.split(' ').next().is_some_and(|tag| TAGS.contains(&tag))
    });
    scalars
}

const TAGS: &[&str] = &["!!int", "!!float", "!!bool", "!!null", "!!str", "!!timestamp", "!", "!mine"];

/// Whether it stands in a line of its own as one scalar without a tag: this is about scalars, not about syntax.
fn is_one_plain_scalar(text: &str) -> bool {
    let indicator = |c: char| "!>|&*%@`'\"#,[]{}".contains(c);
    let lone = |c: char| text.starts_with(c) && !text[1..].starts_with(|c: char| c != ' ' && c != ':');
    !text.is_empty()
        && text.trim() == text
        && !text.starts_with(indicator)
        && !['-', '?', ':'].into_iter().any(lone)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
}

struct Programs {
    promtool: PathBuf,
    kubectl: PathBuf,
    folder: tempfile::TempDir,
}

impl Programs {
    fn find(test: &str) -> Option<Self> {
        let [promtool, kubectl] = peers::find(test, [PROMTOOL, KUBECTL])?;
        Some(Self { promtool, kubectl, folder: tempfile::tempdir().unwrap() })
    }

    /// What they say of each. The text of a string in config takes a run of promtool for each, so it is asked of only
    /// so many, evenly spread; that of the others is ours.
    fn ask(&self, scalars: &BTreeSet<String>, config_texts: usize) -> BTreeMap<String, Row> {
        let scalars: Vec<&str> = scalars.iter().map(String::as_str).collect();
        let config = self.tags(
            &scalars,
            "config",
            |n, scalar| format!("    k{n}: {scalar}\n"),
            "scrape_configs:\n- job_name: a\n  params:\n",
        );
        let rules = self.tags(&scalars, "rules", |_, scalar| format!("- rules: {scalar}\n"), "groups:\n");
        let kubectl = all(&scalars, |ours| ours.kubectl == REFUSED, &|part| self.json(part));
        let every = scalars.len().div_ceil(config_texts).max(1);
        let config_text = scalars.iter().enumerate().map(|(n, scalar)| match n % every {
            0 => self.config_text(scalar).unwrap_or_else(|| REFUSED.to_owned()),
            _ => read(scalar).config_text,
        });
        let mut seen = BTreeSet::from([REFUSED.to_owned(), "\"\"".to_owned()]);
        let again = |ours: &Row| !seen.insert(ours.rules_text.clone());
        let rules_text = all(&scalars, again, &|part| self.rules_texts(part));
        let rows = config.into_iter().zip(rules).zip(kubectl).zip(config_text.zip(rules_text));
        let rows = rows.map(|(((config, rules), kubectl), (config_text, rules_text))| Row {
            config,
            rules,
            kubectl,
            config_text,
            rules_text,
        });
        scalars.iter().map(|&scalar| scalar.to_owned()).zip(rows).collect()
    }

    /// The tags that promtool names when each of the scalars stands, in a line of its own, where it cannot fit.
    fn tags(
        &self,
        scalars: &[&str],
        command: &str,
        line: impl Fn(usize, &str) -> String,
        head: &str,
    ) -> Vec<String> {
        all(scalars, |ours| ours.config == REFUSED || ours.rules == REFUSED, &|part| {
            let lines: String = part.iter().enumerate().map(|(n, scalar)| line(n, scalar)).collect();
            let said = self.promtool(command, &format!("{head}{lines}"));
            // All errors of types come in one list; any other error hides the rest.
            if said.contains("yaml: ") && !said.contains("unmarshal errors:") {
                return None;
            }
            let mut tags = vec!["!!null".to_owned(); part.len()];
            for line in said.lines().filter_map(|line| line.trim().strip_prefix("line ")) {
                let (number, rest) = line.split_once(": cannot unmarshal ")?;
                let tag = rest.split(' ').next()?;
                // What yaml.v3 calls a merge key is a string where it is not a key.
                let tag = if tag == "!!merge" { "!!str" } else { tag };
                *tags.get_mut(number.parse::<usize>().ok()?.checked_sub(1 + head.lines().count())?)? =
                    tag.to_owned();
            }
            Some(tags)
        })
    }

    /// What kubectl prints of them as values of one object, as JSON.
    fn json(&self, scalars: &[&str]) -> Option<Vec<String>> {
        let values: String =
            scalars.iter().enumerate().map(|(n, scalar)| format!("  k{n}: {scalar}\n")).collect();
        let file = self.folder.path().join("manifest.yaml");
        std::fs::write(&file, format!("apiVersion: v1\nkind: Some\ndata:\n{values}")).unwrap();
        let mut command = Command::new(&self.kubectl);
        command
            .args(["label", "--local", "-o", "json", "a=b", "-f"])
            .arg(&file)
            .env("KUBECONFIG", "/dev/null");
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then_some(())?;
        // By lines: our own JSON reader would round numbers in its own way.
        let lines = text.lines().filter_map(|line| {
            let (key, value) = line.trim().strip_prefix("\"k")?.split_once("\": ")?;
            let value = value.strip_suffix(',').unwrap_or(value);
            Some((key.parse::<usize>().ok()?, plain_json(value)))
        });
        let values: BTreeMap<usize, String> = lines.collect();
        assert_eq!(values.len(), scalars.len(), "{text}");
        Some(values.into_values().collect())
    }

    /// What a string of the config holds: promtool names the first job that is there twice.
    fn config_text(&self, scalar: &str) -> Option<String> {
        let job = format!("- job_name: {scalar}\n");
        let said = self.promtool("config", &format!("scrape_configs:\n{job}{job}"));
        if said.contains("job_name is empty") {
            return Some("\"\"".to_owned());
        }
        Some(go_quoted(said.split_once("with job name ")?.1.trim()))
    }

    /// What strings of a rule file hold: promtool names every group that is there twice.
    fn rules_texts(&self, scalars: &[&str]) -> Option<Vec<String>> {
        let groups: String = scalars.iter().map(|scalar| format!("- name: {scalar}\n").repeat(2)).collect();
        let said = self.promtool("rules", &format!("groups:\n{groups}"));
        if scalars.len() == 1 && said.contains("Groupname must not be empty") {
            return Some(vec!["\"\"".to_owned()]);
        }
        let name =
            |line: &str| Some(go_quoted(line.split_once("groupname: ")?.1.split_once(" is repeated")?.0));
        let names: Vec<String> = said.lines().filter_map(name).collect();
        // Fewer with an empty name, or more with two that are the same.
        (names.len() == scalars.len()).then_some(names)
    }

    fn promtool(&self, command: &str, yaml: &str) -> String {
        let file = self.folder.path().join("file.yml");
        std::fs::write(&file, yaml).unwrap();
        let mut promtool = Command::new(&self.promtool);
        promtool.args(["check", command]);
        if command == "config" {
            promtool.arg("--syntax-only");
        }
        let output = promtool.arg(&file).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

/// Asks about all at once, except for those that we expect to spoil the answer, which are asked about alone.
fn all(
    scalars: &[&str],
    mut spoils: impl FnMut(&Row) -> bool,
    ask: &dyn Fn(&[&str]) -> Option<Vec<String>>,
) -> Vec<String> {
    let (alone, together): (Vec<&str>, Vec<&str>) = scalars.iter().partition(|scalar| spoils(&read(scalar)));
    let alone = alone
        .into_iter()
        .flat_map(|scalar| halves(&[scalar], ask).into_iter().map(move |said| (scalar, said)));
    let together_said = halves(&together, ask);
    let said: BTreeMap<&str, String> = alone.chain(together.into_iter().zip(together_said)).collect();
    scalars.iter().map(|scalar| said[scalar].clone()).collect()
}

/// The answers about all; if they are refused as a whole, about halves, down to the scalar that is to blame.
fn halves(scalars: &[&str], ask: &dyn Fn(&[&str]) -> Option<Vec<String>>) -> Vec<String> {
    if scalars.is_empty() {
        return Vec::new();
    }
    match ask(scalars) {
        Some(answers) => answers,
        None if scalars.len() == 1 => vec![REFUSED.to_owned()],
        None => {
            let (one, other) = scalars.split_at(scalars.len() / 2);
            [halves(one, ask), halves(other, ask)].concat()
        }
    }
}

/// Go escapes `<`, `>` and `&`, we do not.
fn plain_json(json: &str) -> String {
    if !json.starts_with('"') {
        return json.to_owned();
    }
    serde_json::to_string(&serde_json::from_str::<String>(json).unwrap()).unwrap()
}

/// Printed with `%q`, which is JSON for what is asked here.
fn go_quoted(text: &str) -> String {
    serde_json::from_str::<String>(text)
        .map_or_else(|_| text.to_owned(), |text| serde_json::to_string(&text).unwrap())
}
