//! Whatever an annotation says: what comes of it is TOML that says no more, and no finding repeats a credential.

use proptest::prelude::*;
use toml_edit::DocumentMut;

use super::{Endpoint, Held, Level, Options, Scrape, config, expand, read};
use crate::base::edit;
use crate::base::span::Span;
use crate::fuzzing::annotation::{self, check_held, check_text};

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

proptest! {
    #[test]
    fn what_is_read_can_be_written_and_says_no_more(annotation in text(), raw_toml: bool) {
        check_text(&annotation, &Options { raw_toml, ..Options::default() });
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
        match config::render(&annotation::of(vec![endpoint])) {
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
        check_held(&text, [Level::Application, Level::Pod, Level::Other][level]);
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
