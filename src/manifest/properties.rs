//! Whatever somebody writes, reading ends with a plan or with findings, and a plan is one that the API server takes.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::spec::example_of;
use super::{Spec, example, output, plan};
use crate::k8s::schema::{self, Versions};
use crate::yaml::{Budget, File};

/// One of the examples with one line's value replaced, or the line left out.
fn edited(section: &str, line: usize, value: &str) -> String {
    let example = if section == "app" { example().to_owned() } else { example_of(section) };
    let lines: Vec<&str> = example.lines().collect();
    let at = line % lines.len();
    let edit = |(number, text): (usize, &&str)| match text.split_once(": ") {
        _ if number != at => Some((*text).to_owned()),
        Some((key, _)) if !value.is_empty() => Some(format!("{key}: {value}")),
        _ => None,
    };
    lines.iter().enumerate().filter_map(edit).collect::<Vec<_>>().join("\n") + "\n"
}

#[track_caller]
fn check(text: &str) {
    let Ok(spec) = Spec::parse(text, None) else { return };
    let parts = spec.parts(None);
    let plan = plan(&parts);
    // Nothing takes the place of something else, in a cluster or in a folder.
    let ids: BTreeSet<String> = plan.manifests.iter().map(|manifest| manifest.id().to_string()).collect();
    assert_eq!(ids.len(), plan.manifests.len(), "{text}");
    let paths: BTreeSet<String> = output::yaml(&plan, "").into_iter().map(|file| file.path).collect();
    assert_eq!(paths.len(), plan.manifests.len(), "{text}");
    let all = output::one_text(&plan, "Made by a test.");
    let file = File::parse(all.clone(), &Budget::default());
    assert_eq!(file.faults(), [], "{text}");
    for document in file.documents() {
        let root = document.root().expect("an object");
        assert_eq!(schema::check(root, &Versions::default()), [], "{text}\n{all}");
    }
    for file in parts.into_iter().flat_map(|part| output::chart(part, "Made by a test.")) {
        assert!(!file.text.contains("obsctl0"), "{}: a hole is left in\n{}", file.path, file.text);
    }
}

#[test]
fn names_of_objects_do_not_meet() {
    let names = ["web-statsd", "db-queries", "rules", "alerting", "statsd", "queries", "x-dashboard"];
    let targets: Vec<String> = names.iter().map(|name| format!("{{name: {name}, port: m}}")).collect();
    let text = format!(
        "app: {{name: shop, namespace: shop, targets: [{}], prometheus: {{alertmanager: {{name: a, namespace: b}}}}, gunicorn: \
         [{{name: web, deployment: web}}, {{name: db, deployment: db}}], postgres: [{{name: sql, address: 'a:1', secret: s, \
         queries: x}}, {{name: sql-queries, address: 'a:1', secret: s, queries: x}}]}}",
        targets.join(", ")
    );
    assert!(Spec::parse(&text, None).is_ok(), "it is a description");
    check(&text);
}

proptest! {
    #[test]
    fn an_edit_of_the_example_gives_findings_or_sound_objects(
        section in prop::sample::select(&["app", "sender", "receiver"][..]),
        line in any::<usize>(),
        value in prop_oneof![
            Just(String::new()),
            "[a-z0-9]{1,50}",
            "[0-9]{1,6}(s|m|Gi|Mi)?",
            "[ -~]{0,20}",
            "(a|\\{\\}|\\[\\]|\\[a\\]|true|null|'1'|\"\\{\\{ x \\}\\}\"|a:1|http://a)",
        ],
    ) {
        check(&edited(section, line, &value));
    }

    #[test]
    fn any_text_ends_in_findings_or_a_plan(text in "(app|name|[a-z:{}\\[\\]\\-\n ]){0,40}") {
        check(&text);
    }
}
