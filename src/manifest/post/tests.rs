//! What is added to rendered manifests, where, and what is left alone.

use proptest::prelude::*;

use super::*;
use crate::base::testing::cases;
use crate::manifest::{Spec, app};
use crate::yaml::write::Map;

const SPEC: &str =
    "app: {name: shop, targets: [{name: api, port: metrics}], gunicorn: [{name: web, deployment: web}]}";

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        image: \"web:1\" # the application
";

/// The text with the additions of the description, or the findings as `line:column message`.
fn add(text: &str) -> Result<String, Vec<String>> {
    let shown = |findings: Vec<Finding>| {
        let lines = crate::base::span::Lines::new(text);
        let shown = |it: &Finding| format!("{} {}", lines.position(text, it.span.start), it.message);
        findings.iter().map(shown).collect::<Vec<_>>()
    };
    let rendered = Rendered::new(text.to_owned()).map_err(shown)?;
    let namespace = rendered.namespace().unwrap_or_else(|| "shop".to_owned());
    let spec = Spec::parse(SPEC, Some(&namespace)).expect("a description");
    rendered
        .with(&app::plan(spec.app.as_ref().expect("an application")), &namespace, "Made by a test.")
        .map_err(shown)
}

/// What the Deployment is after the additions: everything in front of the objects.
#[track_caller]
fn check(text: &str, expect: &str) {
    let added = add(text).expect("it can be added");
    let (deployment, objects) = added.split_once("# Made by a test.").expect("objects");
    assert_eq!(deployment, expect);
    assert!(objects.contains("kind: Prometheus\n") || objects.contains("kind: Prometheus\r\n"));
    assert_eq!(add(&added).as_deref(), Ok(&*added), "a second run changes something");
}

#[track_caller]
fn check_refused(text: &str, expect: &[&str]) {
    assert_eq!(add(text).expect_err("refused"), expect);
}

/// The sidecar as it stands behind the containers, its dash in this column.
fn sidecar(column: usize) -> String {
    let spec = Spec::parse(SPEC, Some("shop")).expect("a description");
    let patch = app::plan(spec.app.as_ref().expect("an application")).patches.remove(0);
    let lines = crate::yaml::write::document(&Map::new().with("x", [patch.exporter]), None);
    lines.lines().skip(1).map(|line| format!("{:column$}{line}\n", "")).collect()
}

const ENV: &str = "        env:
        - name: GUNICORN_CMD_ARGS
          value: \"--statsd-host=127.0.0.1:9125\"
";
const VOLUME: &str = "      - name: statsd-mapping
        configMap:
          name: shop-web-statsd
";

#[test]
fn a_deployment_gets_variable_sidecar_and_volume() {
    check(WEB, &format!("{WEB}{ENV}{}      volumes:\n{VOLUME}---\n", sidecar(6)));
}

#[test]
fn what_stands_around_stays_as_it_is() {
    let before = "# head\n---\n# Source: a\n---\n";
    let behind = "      # of the pod\n      dnsPolicy: ClusterFirst\n# tail\n---\n\n---\nkind: 'x'\n...\n";
    let expect = format!("{before}{WEB}{ENV}{}", sidecar(6));
    let expect =
        format!("{expect}      # of the pod\n      dnsPolicy: ClusterFirst\n      volumes:\n{VOLUME}");
    let rest = behind.split_once("ClusterFirst\n").expect("it is there").1;
    check(&format!("{before}{WEB}{behind}"), &format!("{expect}{rest}---\n"));
}

#[test]
fn the_variable_keeps_what_it_says() {
    let env = "        env:\n        - {name: GUNICORN_CMD_ARGS, value: '--workers=4'}\n        - name: A\n";
    let extended = env.replace("--workers=4", "--workers=4 --statsd-host=127.0.0.1:9125");
    check(&format!("{WEB}{env}"), &format!("{WEB}{extended}{}      volumes:\n{VOLUME}---\n", sidecar(6)));
    let there = extended.replace("--workers=4 ", "");
    check(&format!("{WEB}{there}"), &format!("{WEB}{there}{}      volumes:\n{VOLUME}---\n", sidecar(6)));
}

#[test]
fn line_breaks_are_those_of_the_text() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let expect = format!("{WEB}{ENV}{}      volumes:\n{VOLUME}---\n", sidecar(6));
    check(&crlf(WEB), &crlf(&expect));
    check(WEB.trim_end(), &expect);
}

#[test]
fn json_grows_within_its_brackets() {
    let text = r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "eu"},
"spec": {"template": {"spec": {"containers": [{"name": "web", "env": []}], "volumes": null}}}}"#;
    let added = add(text).expect("it can be added");
    let (json, objects) = added.split_once("\n---\n").expect("objects");
    let json: serde_json::Value = serde_json::from_str(json).expect("still JSON");
    let pod = &json["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["env"][0]["value"], "--statsd-host=127.0.0.1:9125");
    assert_eq!(
        (&pod["containers"][1]["name"], &pod["volumes"][0]["name"]),
        (&"statsd-exporter".into(), &"statsd-mapping".into())
    );
    assert!(objects.contains("namespace: eu\n") && !objects.contains("namespace: shop\n"));
    assert_eq!(add(&added).as_deref(), Ok(&*added));
}

#[test]
fn the_namespace_is_the_one_that_all_say() {
    let of = |text: &str| Rendered::new(text.to_owned()).expect("YAML").namespace();
    let object = |kind: &str, namespace: &str| {
        let version = if kind == "Service" { "v1" } else { "apps/v1" };
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a{namespace}}}\n---\n")
    };
    let eu = ", namespace: eu";
    assert_eq!(of(&(object("Deployment", eu) + &object("Service", eu))).as_deref(), Some("eu"));
    assert_eq!(of(&(object("Deployment", eu) + &object("Service", ", namespace: us"))), None);
    assert_eq!(of(&(object("Deployment", eu) + &object("Service", ""))), None);
    assert_eq!(of(&object("ConfigMap", eu)), None);
    assert_eq!(of(""), None);
}

#[test]
fn what_cannot_be_added_is_said_with_its_place() {
    check_refused("a: [", &["1:4 `[` is not closed"]);
    check_refused("kind: x\n", &["1:1 no Deployment `web` is among the manifests"]);
    check_refused(
        &WEB.replace("name: web\nspec", "name: other\nspec"),
        &["1:1 no Deployment `web` is among the manifests"],
    );
    let twice = format!("{WEB}---\n{WEB}");
    check_refused(&twice, &["15:9 the Deployment `web` is there twice"]);
    check_refused(
        &WEB.replace("- name: web", "- name: app"),
        &["8:7 the Deployment `web` has no container `web`"],
    );
    check_refused(
        &WEB.replace("containers:", "containers: &all"),
        &["8:19 what is to be added to is shared by an anchor, an alias or a merge key"],
    );
    let merged = WEB.replace("    spec:\n", "    spec:\n      <<: {volumes: []}\n");
    check_refused(&merged, &["8:12 nothing can be added to `volumes` as it is written here"]);
    check_refused(&format!("{WEB}        image: b\n"), &["11:9 key `image` is there twice"]);
    let secret =
        "        env: [{name: GUNICORN_CMD_ARGS, valueFrom: {configMapKeyRef: {name: a, key: b}}}]\n";
    check_refused(
        &format!("{WEB}{secret}"),
        &["11:41 `GUNICORN_CMD_ARGS` comes from somewhere else, and cannot be extended here"],
    );
    let elsewhere = "        env: [{name: GUNICORN_CMD_ARGS, value: --statsd-host=h:1}]\n      volumes: [{name: statsd-mapping}]\n";
    check_refused(
        &format!("{WEB}{elsewhere}"),
        &[
            "11:48 Gunicorn sends its metrics somewhere already: `--statsd-host=h:1`",
            "12:24 `volumes` has a `statsd-mapping` already, and it says something else",
        ],
    );
    let other = "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: shop, namespace: shop}\n";
    check_refused(
        &format!("{WEB}{other}"),
        &["14:18 Prometheus shop/shop is there already, and says something else"],
    );
    let web = WEB.replace("metadata:\n", "metadata:\n  namespace: eu\n");
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
    check_refused(
        &format!("{web}{service}"),
        &["4:14 the Deployment `web` is in the namespace `eu`, and this install in `shop`"],
    );
}

#[test]
fn what_helm_takes_elsewhere_is_taken() {
    let twice = "---\nkind: a\nkind: b\n";
    let quote = "---\nkind: c\na:\n  b: \"one\ntwo\"\n";
    let expect = format!("{WEB}{ENV}{}      volumes:\n{VOLUME}{twice}{quote}---\n", sidecar(6));
    check(&format!("{WEB}{twice}{quote}"), &expect);
}

#[test]
fn a_block_that_ends_with_the_text_would_change() {
    let block = format!("{WEB}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    b");
    check_refused(&block, &["12:1 nothing can be added here without changing what stands around it"]);
    assert!(add(&(block + "\n")).is_ok());
}

/// Pieces of a pod and of a stream, in whatever shape people write them.
fn manifests() -> impl Strategy<Value = String> {
    let document = prop_oneof![
        Just("# only a comment\n"),
        Just(""),
        Just(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |+\n    a: b\n\n  y: 'it''s'\n"
        ),
        Just(
            "apiVersion: v1\nkind: Service\nmetadata:\n    name: s # here\nspec:\n    ports:\n    -   port: 1\n\n\n"
        ),
        Just("{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"s\"}}\n"),
    ];
    let container = prop_oneof![
        Just("- name: other\n  image: o\n"),
        Just("- image: o\n  name: third\n  args:\n    - |\n      a\n\n      b\n\n"),
        Just("-   name: fourth\n    env: [{name: GUNICORN_CMD_ARGS, value: x}]\n    # behind\n"),
    ];
    let env = prop_oneof![
        Just(""),
        Just("  env:\n  - name: A\n    value: b\n"),
        Just("  env:\n    - name: A\n      value: |-\n        b\n\n  # of the container\n"),
        Just("  env: [] # none\n"),
        Just("  env:\n"),
        Just("  env: [{name: A, value: \"b\"},\n    {name: B}]\n  stdin: true\n"),
    ];
    let volumes = prop_oneof![
        Just(""),
        Just("volumes:\n- name: v\n  emptyDir: {}\n"),
        Just("volumes:\n  - name: v\n    emptyDir: {}\n\n  # more\n"),
        Just("volumes: [{name: v, emptyDir: {}}]\n"),
        Just("volumes:\n"),
    ];
    let documents = prop::collection::vec(document, 0..3);
    let containers = prop::collection::vec(container, 0..3);
    (documents.clone(), containers.clone(), env, containers, volumes, documents, any::<[bool; 5]>()).prop_map(
        |(before, first, env, then, volumes, behind, [deep, ahead, crlf, last, marker])| {
            let list = first.concat() + "- name: web\n  image: w\n" + env + &then.concat();
            let containers = "containers:\n".to_owned() + &indent(&list, if deep { 2 } else { 0 });
            let pod = if ahead { volumes.to_owned() + &containers } else { containers + volumes };
            let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n"
                .to_owned() + &indent(&pod, 6);
            let all: Vec<&str> = before.into_iter().chain([&*web]).chain(behind).collect();
            let text = if marker { "---\n" } else { "" }.to_owned() + &all.join("---\n");
            let text = if last { text.trim_end().to_owned() } else { text };
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

fn indent(text: &str, columns: usize) -> String {
    let line =
        |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:columns$}{line}\n", "") };
    text.lines().map(line).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn without_the_additions_it_is_what_was_given(text in manifests()) {
        // A block that ends with the text may have a line break more when something stands behind it.
        let text = if add(&text).is_err() { text + "\n" } else { text };
        let added = add(&text).unwrap_or_else(|findings| panic!("{findings:?} in\n{text}"));
        prop_assert_eq!(add(&added), Ok(added.clone()));
        // JSON goes into lines that are there, and all else is lines of its own.
        let json = [r#", {"name":"GUNICORN_CMD_ARGS","value":"--statsd-host=127.0.0.1:9125"}"#,
            r#"{"name":"GUNICORN_CMD_ARGS","value":"--statsd-host=127.0.0.1:9125"}"#,
            r#", {"configMap":{"name":"shop-web-statsd"},"name":"statsd-mapping"}"#,
            r#"{"configMap":{"name":"shop-web-statsd"},"name":"statsd-mapping"}"#];
        let (added, _) = added.split_once("# Made by a test.").expect("objects");
        let mut plain = added.to_owned();
        let text = text.replace(" []", "");
        for json in json {
            plain = plain.replace(&format!(" [{json}]"), "").replace(json, "");
        }
        let mut given = text.split_inclusive('\n').peekable();
        let mut more = String::new();
        for line in plain.split_inclusive('\n') {
            let same = |given: &&str| *given == line || given.trim_end() == line.trim_end() && !given.ends_with('\n');
            match given.next_if(same) {
                Some(_) => {}
                None => more.push_str(line.trim_start()),
            }
        }
        prop_assert_eq!(given.next(), None, "{}", added);
        // What was left is what was added, whatever stood around it.
        let more = more.replace("\r\n", "\n");
        let rest = sidecar(0).lines().fold(more, |more, line| more.replacen(line.trim_start(), "", 1));
        let rest: Vec<&str> = rest.lines().filter(|line| !line.is_empty()).collect();
        let ours = ["env:", "- name: GUNICORN_CMD_ARGS", "value: \"--statsd-host=127.0.0.1:9125\"", "volumes:",
            "- name: statsd-mapping", "configMap:", "name: shop-web-statsd", "---"];
        prop_assert!(rest.iter().all(|line| ours.contains(line)), "{rest:?}");
    }

    #[test]
    fn any_text_ends_in_findings_or_additions(text in "([a-z]|[:{}\\[\\]&*|>'\"#,\n -]){0,60}") {
        let _ = add(&(WEB.to_owned() + &text));
    }
}
