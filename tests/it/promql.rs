//! Our PromQL against the real promtool: both must accept and refuse the same expressions.
//!
//! promtool names every rule of a file whose expression it refuses, so that one process judges thousands.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use obsctl::base::version::Version;
use obsctl::promql::{self, Features, ParseOptions};

use crate::support::peers::{self, PROMTOOL};

/// What promtool 3.5 is, with the flag it is given. Its verdicts are in the table.
pub(crate) const OPTIONS: ParseOptions = ParseOptions {
    version: Version::new(3, 5),
    features: Features {
        experimental_functions: true,
        duration_expr: false,
        extended_range_selectors: false,
        binop_fill_modifiers: false,
    },
};

/// Expressions made by mutation; promtool takes about a second.
const MUTATED: usize = 2000;

const OPERATORS: [&str; 14] = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "and",
    "or",
    "unless",
    "==",
    ">= bool",
    "atan2",
    "/ on (job)",
    "* ignoring (a) group_left (b)",
];

/// What is put in, in the place of what is taken out.
const PIECES: [&str; 52] = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "[5m]",
    "[5m:1m]",
    "[:]",
    ",",
    "\"",
    "'",
    "`",
    "=",
    "==",
    "=~",
    "!=",
    "!~",
    "@",
    "@ start()",
    "@ 5",
    "offset 5m",
    "offset -1h",
    " by (a)",
    " on (a)",
    "without",
    "bool ",
    "group_left",
    "and",
    "or",
    "-",
    "+",
    "*",
    "^",
    "sum",
    "rate",
    "topk",
    "up",
    "a:b",
    ":",
    "5m",
    "1_0",
    "0x1e",
    ".5",
    "e",
    "_",
    "1",
    "#",
    "\n",
    "\\",
    "é",
    "time()",
];

#[test]
fn the_table_of_expressions_is_still_true() {
    let Some([promtool]) = peers::find("promql::the_table_of_expressions_is_still_true", [PROMTOOL]) else {
        return;
    };
    if options_of(&promtool) != OPTIONS {
        eprintln!("the first column of the table is of promtool 3.5; this one is another");
        return;
    }
    let expressions: Vec<String> = table().into_iter().map(|(_, text)| text).collect();
    let refused = refused_by(&promtool, &expressions);
    let changed: Vec<_> = table()
        .into_iter()
        .enumerate()
        .filter(|(at, (verdicts, _))| (verdicts[0] == "accept") == refused.contains(at))
        .map(|(_, (verdicts, text))| format!("the table says {}: {text:?}", verdicts[0]))
        .collect();
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

#[test]
fn mutated_expressions_are_judged_as_promtool_judges_them() {
    let Some([promtool]) =
        peers::find("promql::mutated_expressions_are_judged_as_promtool_judges_them", [PROMTOOL])
    else {
        return;
    };
    let expressions = mutated(MUTATED);
    let refused = refused_by(&promtool, &expressions);
    assert!(
        (MUTATED / 5..MUTATED).contains(&refused.len()),
        "{} refused: both kinds are there",
        refused.len()
    );
    assert_same_verdicts(
        &options_of(&promtool),
        expressions.iter().enumerate().map(|(at, text)| (!refused.contains(&at), text.as_str())),
    );
}

#[test]
fn expressions_of_a_corpus_are_judged_as_promtool_judges_them() {
    let options = ParseOptions { features: Features::default(), ..OPTIONS }; // recorded without flags
    assert_same_verdicts(&options, corpus().iter().map(|(accepted, text)| (*accepted, text.as_str())));
}

/// `$OBSCTL_CORPORA/lint/promql-expressions.tsv`: promtool's verdict, another column, the expression as JSON. Nothing
/// where there is no corpus.
pub(crate) fn corpus() -> Vec<(bool, String)> {
    let Some(folder) = std::env::var_os("OBSCTL_CORPORA") else { return Vec::new() };
    let path = Path::new(&folder).join("lint/promql-expressions.tsv");
    let text = std::fs::read_to_string(&path).expect("the corpus is readable");
    let lines: Vec<(bool, String)> = text
        .lines()
        .skip(1)
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            (columns[0] == "accept", serde_json::from_str(columns[2]).expect("a JSON string"))
        })
        .collect();
    assert!(lines.len() > 1000, "the corpus is read");
    lines
}

#[track_caller]
fn assert_same_verdicts<'e>(options: &ParseOptions, verdicts: impl Iterator<Item = (bool, &'e str)>) {
    let wrong: Vec<String> = verdicts
        .filter_map(|(accepted, text)| {
            let errors = promql::parse(text, options).errors;
            // Up to 3.5 Prometheus takes any letter in brackets for a colon: `a[5m x]` is `a[5m:]`. We do not.
            let letter = errors.iter().any(|error| error.message.ends_with("may not stand in a range"));
            let accepted = accepted && !letter;
            (errors.is_empty() != accepted)
                .then(|| format!("promtool accepts {accepted}: {text:?} {errors:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The lines of the table: three verdicts, of which the first is promtool's, and the expression.
pub(crate) fn table() -> Vec<(Vec<&'static str>, String)> {
    include_str!("../../testdata/promql/expressions.tsv")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut columns: Vec<&str> = line.splitn(4, '\t').collect();
            let text = columns.pop().expect("four columns");
            (columns, serde_json::from_str(text).expect("a JSON string"))
        })
        .collect()
}

/// What this promtool is: the peers may be newer than the table.
pub(crate) fn options_of(promtool: &Path) -> ParseOptions {
    let output = Command::new(promtool).arg("--version").output().expect("promtool runs");
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    let number = told.split("version ").nth(1).expect("promtool says its version");
    let version = number.split([' ', ',', '(']).next().expect("text").parse().expect("a version");
    ParseOptions { version, ..OPTIONS }
}

/// Indexes of the expressions that promtool refuses.
pub(crate) fn refused_by(promtool: &Path, expressions: &[String]) -> BTreeSet<usize> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    let mut rules = "groups:\n- name: g\n  rules:\n".to_owned();
    for expression in expressions {
        let _ = writeln!(rules, "  - {{record: r, expr: \"{}\"}}", yaml(expression));
    }
    std::fs::write(&file, rules).unwrap();
    let output = Command::new(promtool)
        .args(["--enable-feature=promql-experimental-functions", "check", "rules", "--lint=none"])
        .arg(&file)
        .output()
        .expect("promtool runs");
    let told = String::from_utf8_lossy(&output.stderr);
    let refused: BTreeSet<usize> = told
        .match_indices("rule ")
        .filter_map(|(at, found)| told[at + found.len()..].split_once(", \"r\"")?.0.parse::<usize>().ok())
        .map(|number| number - 1)
        .collect();
    assert!(!refused.is_empty() || output.status.success(), "promtool: {told}");
    refused
}

/// The inside of a double-quoted YAML scalar.
pub(crate) fn yaml(text: &str) -> String {
    let mut quoted = String::new();
    for c in text.chars() {
        match c {
            ' '..='~' if c != '"' && c != '\\' => quoted.push(c),
            _ => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
        }
    }
    quoted
}

/// Expressions of the table, joined and then broken in up to two places. The same at every run.
pub(crate) fn mutated(count: usize) -> Vec<String> {
    let lines = table();
    // Of any version: what is new to promtool is good to mutate, too.
    let valid: Vec<&String> =
        lines.iter().filter(|(verdicts, _)| verdicts.contains(&"accept")).map(|(_, text)| text).collect();
    let mut random = Random(0x5EED);
    let mut made = Vec::new();
    while made.len() < count {
        let mut text = (*random.pick(&valid)).clone();
        if random.below(3) == 0 {
            text = format!("{text} {} {}", random.pick(&OPERATORS), random.pick(&valid));
        }
        if random.below(10) == 0 {
            text.clone_from(&random.pick(&lines).1);
        }
        text = random.mutate(&text, &PIECES);
        if !text.is_empty() {
            made.push(text);
        }
    }
    made
}

/// xorshift64: no quality is asked for, only that every run is the same.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// The text, broken in up to two places.
    pub(crate) fn mutate(&mut self, text: &str, pieces: &[&str]) -> String {
        let mut text = text.to_owned();
        for _ in 0..self.below(3) {
            let characters: Vec<char> = text.chars().collect();
            let at = self.below(characters.len() + 1);
            let taken = self.below(3).min(characters.len() - at);
            let piece = if self.below(3) == 0 { "" } else { self.pick(pieces) };
            text = characters[..at]
                .iter()
                .copied()
                .chain(piece.chars())
                .chain(characters[at + taken..].iter().copied())
                .collect();
        }
        text
    }

    pub(crate) fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }
}
