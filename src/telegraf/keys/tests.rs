use super::*;
use crate::base::edit::apply;
use crate::diagnostic::Finding;
use crate::yaml::{Budget, FaultKind, File};

const HEAD: &str = "metadata:\n  annotations:\n";

/// Findings as `rule "what stands there": message`; of those with a fix, all fixes together as the text after it.
#[track_caller]
fn check(level: Level, annotations: &str, expect: &[&str], fixed: Option<&str>) {
    let text = format!("{HEAD}{annotations}");
    let file = File::parse(text.as_str(), &Budget::default());
    assert!(file.faults().is_empty(), "{:?}", file.faults());
    let map = file.documents()[0].root().and_then(|root| root.get("metadata")?.get("annotations"));
    let checked = super::check(map.expect("annotations"), &text, level, &Options::default());
    let show = |finding: &Finding| {
        let place = finding.span.of(&text).lines().next().unwrap_or_default();
        format!("{} {place:?}: {}", finding.rule, finding.message)
    };
    assert_eq!(checked.findings.iter().map(show).collect::<Vec<_>>(), expect, "{annotations}");
    let edits: Vec<Edit> = checked
        .findings
        .iter()
        .flat_map(|finding| finding.fix.iter().flat_map(|fix| fix.edits.clone()))
        .collect();
    let after = apply(&text, &edits).expect("edits are apart");
    match fixed {
        Some(fixed) => assert_eq!(after.strip_prefix(HEAD), Some(fixed)),
        None => assert!(edits.is_empty(), "{edits:?}"),
    }
}

const OWN: &str = "telegraf.influxdata.com/rubin-telegraf-operator";

#[test]
fn an_annotation_that_works_is_silent() {
    check(Level::Application, &format!("    {OWN}: |\n      - app: http://a.b:80/m\n"), &[], None);
    check(Level::Pod, "    telegraf.influxdata.com/port: '8080'\n    other/key: 7\n", &[], None);
}

#[test]
fn a_list_in_place_of_a_string_becomes_a_block() {
    let list = "annotation/needs-block-scalar";
    check(
        Level::Application,
        &format!("    {OWN}:\n      - app: http://a:80/m\n      - b: http://b\n    z: y\n"),
        &[&format!("{list} \"- app: http://a:80/m\": the annotation is a list, not a string that holds one")],
        Some(&format!("    {OWN}: |\n      - app: http://a:80/m\n      - b: http://b\n    z: y\n")),
    );
    check(
        Level::Application,
        &format!("    {OWN}:\n    - app: http://a:80/m\n\n    - b:\n        http://b\n    z: y\n"),
        &[&format!("{list} \"- app: http://a:80/m\": the annotation is a list, not a string that holds one")],
        Some(&format!(
            "    {OWN}: |\n      - app: http://a:80/m\n  \n      - b:\n          http://b\n    z: y\n"
        )),
    );
    check(
        Level::Application,
        &format!("    {OWN}: [{{app: 'http://a:80/m'}}]\n"),
        &[&format!(
            "{list} \"[{{app: 'http://a:80/m'}}]\": the annotation is a list, not a string that holds one"
        )],
        None,
    );
    check(
        Level::Application,
        &format!("    {OWN}: {{app: \"http://a:80/m\"}}\n"),
        &[&format!(
            "{list} \"{{app: \\\"http://a:80/m\\\"}}\": the annotation is a map, not a string that holds one"
        )],
        Some(&format!("    {OWN}: '{{app: \"http://a:80/m\"}}'\n")),
    );
}

#[test]
fn a_folded_or_empty_block_is_told() {
    check(
        Level::Application,
        &format!("    {OWN}: >\n      - app: http://a:80/m\n      - b: http://b\n"),
        &["annotation/needs-block-scalar \">\": `>` folds the list into one line"],
        Some(&format!("    {OWN}: |\n      - app: http://a:80/m\n      - b: http://b\n")),
    );
    check(
        Level::Application,
        &format!("    {OWN}: ''\n"),
        &["annotation/nested-schema \"''\": the annotation names no endpoint"],
        None,
    );
}

#[test]
fn values_that_are_no_strings_are_quoted() {
    check(
        Level::Pod,
        "    telegraf.influxdata.com/port: 8080\n    telegraf.influxdata.com/internal: true\n",
        &[
            "annotation/annotation-not-string \"8080\": the annotation's value is not a string",
            "annotation/annotation-not-string \"true\": the annotation's value is not a string",
        ],
        Some("    telegraf.influxdata.com/port: \"8080\"\n    telegraf.influxdata.com/internal: \"true\"\n"),
    );
    check(
        Level::Application,
        &format!("    {OWN}: 1\n"),
        &["annotation/annotation-not-string \"1\": the annotation's value is not a string"],
        Some(&format!("    {OWN}: \"1\"\n")),
    );
}

#[test]
fn misspelt_keys_are_told() {
    check(
        Level::Application,
        "    telegraf.influxdata.com/rubin-telegraf-operater: x\n",
        &["annotation/annotation-key-typo \"telegraf.influxdata.com/rubin-telegraf-operater\": \
           `telegraf.influxdata.com/rubin-telegraf-operater` is nearly `telegraf.influxdata.com/rubin-telegraf-operator`"],
        Some("    telegraf.influxdata.com/rubin-telegraf-operator: x\n"),
    );
    check(
        Level::Application,
        "    telegraf.influxdata.io/rubin-telegraf-operator: x\n",
        &["annotation/annotation-key-typo \"telegraf.influxdata.io/rubin-telegraf-operator\": \
           `telegraf.influxdata.io/rubin-telegraf-operator` is nearly `telegraf.influxdata.com/rubin-telegraf-operator`"],
        Some("    telegraf.influxdata.com/rubin-telegraf-operator: x\n"),
    );
    check(
        Level::Pod,
        "    telegraf.influxdata.com/input: x\n",
        &[
            "annotation/annotation-key-typo \"telegraf.influxdata.com/input\": no collector knows the annotation `input`",
        ],
        Some("    telegraf.influxdata.com/inputs: x\n"),
    );
}

#[test]
fn keys_where_they_do_nothing_are_told() {
    check(
        Level::Application,
        "    telegraf.influxdata.com/port: 'x'\n",
        &[
            "annotation/annotation-wrong-level \"telegraf.influxdata.com/port\": the annotation does nothing here",
            "annotation/annotation-value \"x\": `x` is not a port",
        ],
        None,
    );
    check(
        Level::Pod,
        &format!("    {OWN}: |\n      - a: http://b\n"),
        &[&format!("annotation/annotation-wrong-level \"{OWN}\": the annotation does nothing here")],
        None,
    );
}

#[test]
fn annotations_may_be_so_large() {
    let size = |len: usize| {
        let text = format!("a: {}\nb: c\n", "x".repeat(len));
        let file = File::parse(text, &Budget::default());
        let finding = super::size(file.documents()[0].root().expect("a map"));
        finding.map(|finding| (finding.severity, finding.message))
    };
    use crate::diagnostic::Severity;
    assert_eq!(size(100), None);
    let expect =
        |severity, total| Some((severity, format!("the annotations are {total} bytes of at most 262144")));
    assert_eq!(size(262_144 - 3), expect(Severity::Warning, 262_144));
    assert_eq!(size(262_144 - 2), expect(Severity::Error, 262_145));
    assert_eq!(size(209_716 - 4), None);
}

/// The examples of the documentation: every block of YAML is an annotation, with its findings as comments before it.
#[test]
fn the_examples_of_the_documentation_are_true() {
    let docs = include_str!("../../../docs/annotations.md");
    let mut examples = 0;
    for block in docs.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let expect: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("# finds ")).collect();
        let file = File::parse(block, &Budget::default());
        let map = file.documents()[0].root().and_then(|root| root.get("metadata")?.get("annotations"));
        let checked = super::check(map.expect("annotations"), block, Level::Application, &Options::default());
        let got: Vec<String> = checked
            .findings
            .iter()
            .map(|finding| {
                format!("{} {}: {}", finding.rule, file.position(finding.span.start), finding.message)
            })
            .collect();
        assert_eq!(got, expect, "{block}");
        assert!(!expect.is_empty() || checked.endpoints.is_some_and(|endpoints| !endpoints.is_empty()));
        examples += 1;
    }
    assert!(examples >= 4, "{examples} examples are read");
}

/// The example that circulates, in small: its block begins in the column of its key, and a tab indents what follows.
/// Both are said by the YAML, and the annotation is read from the text as it was meant.
#[test]
fn a_block_that_is_not_indented_is_read_as_it_was_meant() {
    let text = format!(
        "kind: Application\nmetadata:\n  name: shop\n  annotations:\n    {OWN}: |\n    - cart:\n        \"http://cart.shop:80/m\"\n    \
         - stock:\n       \"http://stock.shop:81/m\"\n  finalizers:\n\t- resources-finalizer\nspec: {{}}\n"
    );
    let file = File::parse(text.as_str(), &Budget::default());
    let kinds: Vec<_> = file.faults().iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::UnindentedBlock, FaultKind::TabIndentation]);
    let map = file.documents()[0].root().and_then(|root| root.get("metadata")?.get("annotations"));
    let checked = super::check(map.expect("annotations"), &text, Level::Application, &Options::default());
    assert_eq!(checked.findings, []);
    let endpoints = checked.endpoints.expect("the annotation is there");
    let names: Vec<(&str, &str)> =
        endpoints.iter().map(|endpoint| (endpoint.name.as_str(), endpoint.urls[0].as_str())).collect();
    assert_eq!(names, [("cart", "http://cart.shop:80/m"), ("stock", "http://stock.shop:81/m")]);
}
