//! What `obsctl.yaml` may say, and what is said of the rest.

use super::*;

/// The findings of a description, each as `what stands there: message`.
fn faults(text: &str) -> Vec<String> {
    let findings = match Spec::parse(text, None) {
        Ok(spec) => spec.warnings,
        Err(findings) => findings,
    };
    let shown = |finding: &Finding| {
        let at: String = finding.span.of(text).lines().next().unwrap_or_default().chars().take(40).collect();
        format!("{at}: {}", finding.message)
    };
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| finding.span.start);
    findings.into_iter().map(shown).collect()
}

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    assert_eq!(faults(text), expect);
}

/// A description with these lines below `app`, beside name, namespace and one target.
#[track_caller]
fn check_app(lines: &str, expect: &[&str]) {
    let targets = if lines.contains("targets:") { "" } else { "  targets: [{name: t, port: metrics}]\n" };
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    check(&format!("app:\n  name: shop\n  namespace: shop\n{targets}{lines}"), expect);
}

#[test]
fn the_example_is_a_description_of_every_field() {
    let spec = Spec::parse(example(), None).expect("a description");
    assert_eq!((spec.app.name.as_str(), spec.app.targets.len()), ("shop", 1));
    assert_eq!(spec.warnings, []);
    let mut all = vec![FIELDS];
    while let Some(fields) = all.pop() {
        for Field { name, .. } in fields {
            assert!(example().contains(&format!("{name}:")), "`{name}` is not in the example");
        }
        all.extend(fields.iter().filter_map(|field| match &field.shape {
            Shape::List(fields) | Shape::Map(fields) => Some(*fields),
            _ => None,
        }));
    }
}

#[test]
fn the_published_schema_is_that_of_the_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/obsctl.json");
    let text = format!("{:#}\n", schema());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).expect("docs are ours");
    }
    assert_eq!(std::fs::read_to_string(path).expect("a schema"), text);
}

#[test]
fn everything_wrong_is_found_in_one_run() {
    check(
        "app:\n  nam: shop\n  name: Shop\n  prometheus: {replicas: 0, retention: 15, storage: 2 Gi}\n  targets:\n  - \
         {name: a, port: 9090, timeout: 1m}\n  - {name: a, kind: job}\n",
        &[
            "nam: `app` has no field `nam`",
            "nam: `app` needs `namespace`",
            "Shop: `name` cannot be `Shop`: `S` is not allowed, only lower-case letters, digits and `-`",
            "0: `replicas` cannot be `0`",
            "15: `retention` cannot be `15`: `15` is not a duration: write whole numbers, each with a unit, largest unit \
             first, as in `30s`, `5m`, `1h30m`",
            "2 Gi: `storage` cannot be `2 Gi`: write it as `100m` or `2Gi`",
            "9090: `port` cannot be `9090`: a port is found by its name, not by its number",
            "1m: `timeout` 1m is longer than the interval 30s",
            "name: an entry of `targets` needs `port`",
            "a: the name `a` is there twice",
            "job: `kind` cannot be `job`: use `service`, `pod`",
        ],
    );
}

#[test]
fn shapes_are_checked() {
    check("", &[": there is nothing in it"]);
    check("app: 5", &["5: `app` is no mapping"]);
    check("x: 1", &["x: the file has no field `x`"]);
    check("app: [", &["[: `[` is not closed"]);
    check("{}", &["{}: nothing is declared"]);
    check_app("targets: {name: a}", &["{name: a}: `targets` cannot be a list or mapping: it is no list"]);
    check_app("network-policy: maybe", &["maybe: `network-policy` cannot be `maybe`"]);
    check_app("grafana: {namespace: }", &[": `namespace` cannot be ``: there is no text"]);
    let two = "app: {name: a, namespace: a, redis: [{name: c, address: 'c:1'}]}\n---\napp: {}\n";
    check(two, &["app: {}: this is a second document"]);
}

#[test]
fn labels_may_not_contradict_our_own() {
    let message = "{app.kubernetes.io/part-of: other, a b: : the label `app.kubernetes.io/part-of` is one that obsctl sets, by \
                   which objects are selected";
    let key = "a b: `a b` is no key of a label: ` ` is not allowed, only letters, digits, `-`, `_` and `.`";
    check_app("labels: {app.kubernetes.io/part-of: other, a b: c}", &[message, key]);
    check_app("targets: [{name: a, port: p, selector: {}}]", &["{}: an empty `selector` chooses everything"]);
}

#[test]
fn labels_that_others_find_objects_by_are_not_for_all() {
    let said = |label: &str| {
        format!(
            "{{{label}: \"1\"}}: the label `{label}` is one that obsctl sets, by which objects are selected"
        )
    };
    for label in ["grafana_dashboard", "grafana_datasource", "app.kubernetes.io/name"] {
        check_app(&format!("labels: {{{label}: \"1\"}}"), &[&said(label)]);
    }
}

#[test]
fn ports_have_names_and_keys_are_there_once() {
    check_app("targets: [{name: a, port: ''}]", &["'': `port` cannot be ``: it is empty"]);
    check_app("targets: [{name: a}]", &["name: an entry of `targets` needs `port`"]);
    check_app(
        "network-policy: true\nnetwork-policy: false",
        &["network-policy: key `network-policy` is there twice"],
    );
}

#[test]
fn credentials_are_keys_of_a_secret_of_one_kind() {
    let write = |more: &str| format!("prometheus: {{remote-write: [{{url: 'https://a/w', {more}}}]}}");
    check_app(&write("secret: s, token-key: t"), &[]);
    check_app(&write("secret: s, user-key: u, password-key: p, protocol: '2.0'"), &[]);
    check_app(&write("token-key: t"), &["t: `token-key` is the key of a Secret, and there is none"]);
    check_app(
        &write("secret: s, user-key: u, token-key: t"),
        &["u: `user-key` and `token-key` say two ways to sign in"],
    );
    check_app(&write("protocol: '3.0'"), &["'3.0': `protocol` cannot be `3.0`: use `1.0`, `2.0`"]);
    check_app(
        "prometheus: {alertmanager: {port: 9093}}",
        &[
            "port: `alertmanager` needs `name`",
            "9093: `port` cannot be `9093`: a port is found by its name, not by its number",
        ],
    );
}

#[test]
fn what_stands_for_a_container_or_label_must_be_one() {
    let dots = "web.v1: no container can be called `web.v1`: `.` is not allowed, only lower-case letters, digits and `-`";
    check_app("gunicorn: [{name: web, deployment: web.v1}]", &[dots]);
    check_app("gunicorn: [{name: web, deployment: web.v1, container: web}]", &[]);
    let long = "x".repeat(64);
    let entry = format!("gunicorn: [{{name: web, deployment: {long}, container: web}}]");
    let said = format!("{}: no label can be `{long}`: it has more than 63 characters", &long[..40]);
    check_app(&entry, &[&said]);
    check_app(&entry.replace("}", ", selector: {a: b}}"), &[]);
    check_app(
        &entry.replace(&long, &"x".repeat(254)),
        &[&format!(
            "{}: `deployment` cannot be `{}…`: it has more than 253 characters",
            &long[..40],
            &long[..57]
        )],
    );
}

#[test]
fn the_operators_own_service_is_not_taken() {
    let text = "app: {name: prometheus, namespace: a, redis: [{name: operated, address: 'c:1'}]}";
    check(text, &["operated: `prometheus-operated` is what the operator calls an object of its own"]);
}

#[test]
fn names_that_would_not_fit_are_refused() {
    let long = "x".repeat(41);
    check(
        &format!("app:\n  name: {long}\n  namespace: a\n  redis: [{{name: c, address: 'c:1'}}]\n"),
        &[&format!("{}: `name` has 41 characters, more than 40", &long[..40])],
    );
    let name = "x".repeat(59);
    check_app(
        &format!("redis: [{{name: {name}, address: 'c:1'}}]"),
        &[&format!("{}: `shop-{name}` has more than 63 characters", &name[..40])],
    );
    let reserved = "prometheus: `shop-prometheus` is what obsctl calls an object of its own";
    check_app("redis: [{name: prometheus, address: 'c:1'}]", &[reserved]);
    let pod = "much-too-long-name: `much-too-long-name` is no name of a container's port: it has more than 15 characters";
    check_app("targets: [{name: a, kind: pod, port: much-too-long-name}]", &[pod]);
    let twice = "a: this Deployment has a statsd_exporter already, by another entry";
    check_app("gunicorn: [{name: a, deployment: a}, {name: b, deployment: a}]", &[twice]);
}

#[test]
fn queries_fit_into_a_config_map() {
    let queries = |size: usize| {
        format!("postgres: [{{name: db, address: 'db:1', secret: s, queries: {}}}]", "x".repeat(size))
    };
    let at = "x".repeat(40);
    check_app(&queries(1000), &[]);
    check_app(&queries(300 << 10), &[&format!("{at}: `queries` has 300.0 KiB")]);
    check_app(
        &queries((1 << 20) + 1),
        &[&format!("{at}: `queries` has 1.0 MiB, and a ConfigMap may have 1.0 MiB")],
    );
}

#[test]
fn the_namespace_of_the_command_line_counts() {
    let text = "app: {name: a, redis: [{name: c, address: 'c:1'}]}";
    check(text, &["name: `app` needs `namespace`"]);
    assert_eq!(Spec::parse(text, Some("b")).expect("a description").app.namespace, "b");
    let findings = Spec::parse(text, Some("B")).expect_err("refused");
    assert!(findings[0].message.contains("of `-n` is no name"), "{findings:?}");
}
