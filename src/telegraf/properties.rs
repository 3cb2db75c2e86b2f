//! Whatever an annotation says: what comes of it is TOML that says no more, and no finding repeats a credential.

use std::collections::BTreeMap;

use proptest::prelude::*;
use toml_edit::DocumentMut;

use super::config::{self, Agent, Config, Input, Output, Token};
use super::{Endpoint, Held, Kind, Level, Options, Scrape, Source, expand, merge, read};
use crate::base::edit;
use crate::base::span::Span;
use crate::yaml::{Budget, File};

/// What has a meaning to YAML, TOML, Telegraf, URLs or InfluxDB.
const PIECES: [&str; 48] = [
    "$",
    "{",
    "}",
    "${A}",
    "$A",
    "$$",
    "@{s:k}",
    "@",
    "&{",
    "::{",
    "\\",
    "\"",
    "'",
    "'''",
    "\"\"\"",
    "#",
    "\n",
    "\n  ",
    "\n- ",
    "\t",
    "[",
    "]",
    "[[inputs.prometheus]]\n",
    "[[inputs.exec]]\n",
    "urls = [\"http://a\"]\n",
    "=",
    ", ",
    ": ",
    "- ",
    " ",
    "http://a.b:1/m",
    "https://[fd00::1]",
    "169.254.169.254",
    "u:pw@",
    "url: ",
    "tags: ",
    "name: ",
    "interval: ",
    "5s",
    "%24",
    "\\u0024",
    "\u{202e}",
    "\0",
    "é",
    "x",
    "y",
    "&a ",
    "*a",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    let pieces = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    prop_oneof![
        pieces.clone(),
        ".*",
        pieces.clone().prop_map(|text| format!("- {text}: http://a\n")),
        pieces.clone().prop_map(|text| format!("- app: http://a/{text}\n- b: http://c\n")),
        pieces
            .clone()
            .prop_map(|text| format!("- app: {{url: http://a, tags: {{x: {}}}}}\n", serde_json::json!(text))),
        pieces
            .clone()
            .prop_map(|text| format!("- app: {{url: {}, interval: 5s}}\n", serde_json::json!(text))),
        pieces.prop_map(|text| format!("[[inputs.prometheus]]\nurls = ['http://a']\n{text}\n")),
    ]
}

fn config(endpoints: Vec<Endpoint>) -> Config {
    Config {
        global_tags: BTreeMap::new(),
        agent: Agent::default(),
        internal: true,
        inputs: endpoints.into_iter().map(|endpoint| Input::new("my-app", endpoint)).collect(),
        enums: Vec::new(),
        output: Output {
            urls: vec!["http://influx".to_owned()],
            organization: "o".to_owned(),
            bucket: "b".to_owned(),
            token: Token::environment("INFLUX_TOKEN").expect("a name"),
        },
    }
}

/// The strings of the config that came from an annotation.
fn strings(endpoint: &Endpoint) -> impl Iterator<Item = &String> {
    let Scrape { tags, fieldinclude, fieldexclude, tagexclude, .. } = &endpoint.scrape;
    let lists = [&endpoint.urls, fieldinclude, fieldexclude, tagexclude].into_iter().flatten();
    lists.chain([&endpoint.name]).chain(tags.iter().flat_map(|(name, value)| [name, value]))
}

proptest! {
    #[test]
    fn what_is_read_can_be_written_and_says_no_more(annotation in text(), raw_toml: bool) {
        let options = Options { raw_toml, ..Options::default() };
        let held = Held { text: &annotation, place: &|span| span, verbatim: &Some };
        let reading = read(held, &options);
        for finding in &reading.findings {
            prop_assert!(finding.span.end <= annotation.len() && finding.span.start <= finding.span.end);
            prop_assert!(!finding.message.contains("u:pw@"), "{finding:?}");
            prop_assert!(finding.message.lines().count() == 1 && finding.help.is_some(), "{finding:?}");
            let edits = finding.fix.iter().flat_map(|fix| fix.edits.clone()).collect::<Vec<_>>();
            prop_assert!(edit::apply(&annotation, &edits).is_ok(), "{finding:?}");
        }
        prop_assert!(!reading.endpoints.is_empty() || !reading.findings.is_empty());
        for text in reading.endpoints.iter().flat_map(strings) {
            prop_assert_eq!(expand::find(text), None);
        }
        let source = Source {
            kind: Kind::Namespace,
            namespace: String::new(),
            name: "a".to_owned(),
            endpoints: reading.endpoints.clone(),
        };
        let merged = merge(&[source]);
        prop_assert_eq!(&merged.conflicts, &[]);
        let written = config::render(&config(merged.endpoints.clone()));
        let written = written.expect("what is read can be written");
        prop_assert_eq!(written.matches('$').count(), 1);
        let document: DocumentMut = written.parse().expect("TOML");
        let mut kinds = document["inputs"].as_table().into_iter().flat_map(|inputs| inputs.iter());
        prop_assert!(kinds.all(|(kind, _)| ["internal", "prometheus"].contains(&kind)));
        let tables = document["inputs"].get("prometheus").and_then(|item| item.as_array_of_tables());
        prop_assert_eq!(tables.map_or(0, |tables| tables.len()), merged.endpoints.len());
        for (endpoint, table) in merged.endpoints.iter().zip(tables.into_iter().flat_map(|tables| tables.iter())) {
            let name = format!("prometheus_{}", endpoint.name);
            prop_assert_eq!(table["name_override"].as_str(), Some(name.as_str()));
            let urls = table["urls"].as_array().into_iter().flatten().filter_map(|url| url.as_str());
            prop_assert!(urls.eq(endpoint.urls.iter()));
            for (name, value) in &endpoint.scrape.tags {
                prop_assert_eq!(table["tags"][name.as_str()].as_str(), Some(value.as_str()));
            }
        }
    }

    #[test]
    fn a_text_that_telegraf_would_replace_is_never_written(text in text(), place in 0_usize..5) {
        let mut endpoint =
            Endpoint { name: "a".to_owned(), urls: vec!["http://a".to_owned()], scrape: Scrape::default() };
        match place {
            0 => endpoint.name.clone_from(&text),
            1 => endpoint.urls.push(text.clone()),
            2 => drop(endpoint.scrape.tags.insert("x".to_owned(), text.clone())),
            3 => drop(endpoint.scrape.tags.insert(text.clone(), "x".to_owned())),
            _ => endpoint.scrape.fieldinclude.push(text.clone()),
        }
        let empty = text.is_empty() && place > 0;
        match config::render(&config(vec![endpoint])) {
            Ok(written) => {
                prop_assert_eq!(expand::find(&text), None);
                prop_assert!(written.parse::<DocumentMut>().is_ok(), "{}", written);
            }
            Err(_) => prop_assert!(expand::find(&text).is_some() || empty),
        }
    }

    #[test]
    fn findings_of_a_held_text_have_places_in_the_file(annotation in text(), quoted: bool, level in 0_usize..3) {
        let held = match quoted {
            true => format!(" {}", serde_json::json!(annotation)),
            false => annotation.lines().fold(" |".to_owned(), |text, line| format!("{text}\n    {line}")),
        };
        let text = format!("{}:{held}\ntelegraf.influxdata.com/inputs:{held}\n", super::KEY);
        let file = File::parse(text.as_str(), &Budget::default());
        let level = [Level::Application, Level::Pod, Level::Other][level];
        if let Some(root) = file.documents().first().and_then(|document| document.root()) {
            for finding in super::check(root, &text, level, &Options::default()).findings {
                prop_assert!(text.get(finding.span.start..finding.span.end).is_some(), "{finding:?}");
                for fix in finding.fix.iter() {
                    prop_assert!(edit::apply(&text, &fix.edits).is_ok(), "{finding:?}");
                }
            }
        }
    }
}

/// What the fixes make of a text is nearer to what was meant.
#[test]
fn safe_fixes_leave_no_finding_of_theirs() {
    for text in [
        "- a: http://b/#x\n",
        "- a: {url: http://b, fieldpass: [x]}\n",
        "- a: {url: http://b, fielddrop: [x]}\n",
    ] {
        let reading = |text: &str| {
            read(Held { text, place: &|span: Span| span, verbatim: &Some }, &Options::default()).findings
        };
        let edits: Vec<_> =
            reading(text).into_iter().flat_map(|finding| finding.fix).flat_map(|fix| fix.edits).collect();
        let fixed = edit::apply(text, &edits).expect("edits are apart");
        assert!(!edits.is_empty() && reading(&fixed).is_empty(), "{fixed}");
    }
}
