//! Annotations: what comes of them is TOML that says no more than they do, and findings have their places.

use std::collections::BTreeMap;

use toml_edit::DocumentMut;

use crate::base::edit;
use crate::base::span::Span;
use crate::diagnostic::Finding;
use crate::telegraf::config::{self, Agent, Config, Input, Output, Token};
use crate::telegraf::{self, Endpoint, Held, Kind, Level, Options, Scrape, Source, expand, merge};
use crate::yaml::{Budget, File};

/// A byte, then the text of an annotation, or a mapping of annotations in YAML.
pub(super) fn annotation(data: &[u8]) {
    let Some((&mode, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    if mode & 1 == 0 {
        check_text(text, &Options { raw_toml: mode & 2 != 0, ..Options::default() });
    } else {
        let level = [Level::Application, Level::Pod, Level::Other][usize::from(mode >> 1) % 3];
        check_held(text, level);
    }
}

/// Reads the text of an annotation, and writes the config of what it asks for.
#[track_caller]
pub(crate) fn check_text(annotation: &str, options: &Options) {
    let held = Held { text: annotation, place: &|span| span, verbatim: &Some };
    let reading = telegraf::read(held, options);
    for finding in &reading.findings {
        check_finding(finding, annotation);
        assert!(!finding.message.contains("u:pw@"), "{finding:?}");
        assert!(finding.message.lines().count() == 1 && finding.help.is_some(), "{finding:?}");
    }
    assert!(!reading.endpoints.is_empty() || !reading.findings.is_empty());
    for text in reading.endpoints.iter().flat_map(strings) {
        assert_eq!(expand::find(text), None);
    }
    let source = Source {
        kind: Kind::Namespace,
        namespace: String::new(),
        name: "a".to_owned(),
        endpoints: reading.endpoints.clone(),
    };
    let merged = merge(&[source]);
    assert_eq!(merged.conflicts, []);
    check_written(&merged.endpoints);
}

/// The config of endpoints says what they say, and has no plugin and no variable besides.
fn check_written(endpoints: &[Endpoint]) {
    let written = config::render(&of(endpoints.to_vec())).expect("what is read can be written");
    assert_eq!(written.matches('$').count(), 1);
    let document: DocumentMut = written.parse().expect("TOML");
    let mut kinds = document["inputs"].as_table().into_iter().flat_map(|inputs| inputs.iter());
    assert!(kinds.all(|(kind, _)| ["internal", "prometheus"].contains(&kind)));
    let tables = document["inputs"].get("prometheus").and_then(|item| item.as_array_of_tables());
    assert_eq!(tables.map_or(0, |tables| tables.len()), endpoints.len());
    for (endpoint, table) in endpoints.iter().zip(tables.into_iter().flat_map(|tables| tables.iter())) {
        let name = format!("prometheus_{}", endpoint.name);
        assert_eq!(table["name_override"].as_str(), Some(name.as_str()));
        let urls = table["urls"].as_array().into_iter().flatten().filter_map(|url| url.as_str());
        assert!(urls.eq(endpoint.urls.iter()));
        for (name, value) in &endpoint.scrape.tags {
            assert_eq!(table["tags"][name.as_str()].as_str(), Some(value.as_str()));
        }
    }
}

/// Judges the mapping that a file is.
#[track_caller]
pub(crate) fn check_held(text: &str, level: Level) {
    let file = File::parse(text, &Budget::default());
    let Some(root) = file.documents().first().and_then(|document| document.root()) else { return };
    let checked = telegraf::check(root, text, level, &Options::default());
    checked.findings.iter().for_each(|finding| check_finding(finding, text));
    assert!(checked.findings.is_sorted_by_key(|finding| (finding.span.start, finding.span.end)));
    if let Some(finding) = telegraf::size(root) {
        check_finding(&finding, text);
    }
    for text in checked.endpoints.iter().flatten().flat_map(strings) {
        assert_eq!(expand::find(text), None);
    }
}

/// All places of a finding are in the text, and its fix can be made.
#[track_caller]
pub(super) fn check_finding(finding: &Finding, text: &str) {
    let inside = |span: Span| text.get(span.start..span.end).is_some();
    assert!(inside(finding.span), "{finding:?} of {text:?}");
    assert!(finding.related.iter().all(|related| inside(related.span)), "{finding:?} of {text:?}");
    assert!(!finding.message.is_empty(), "{finding:?}");
    if let Some(fix) = &finding.fix {
        assert!(edit::apply(text, &fix.edits).is_ok(), "{finding:?} of {text:?}");
    }
}

/// The config of one application with these endpoints.
pub(crate) fn of(endpoints: Vec<Endpoint>) -> Config {
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
