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
    let app = spec.app.expect("an app");
    assert_eq!((app.name.as_str(), app.targets.len()), ("shop", 1));
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

/// A section of the example that stands there commented out, to the next empty line.
pub(in crate::manifest) fn example_of(section: &str) -> String {
    let (_, rest) = example().split_once(&format!("\n# {section}:\n")).expect("it is there");
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let lines = lines.map(|line| line.strip_prefix("# ").unwrap_or(line));
    lines.fold(format!("{section}:\n"), |text, line| text + line + "\n")
}

#[test]
fn the_examples_of_other_sections_are_descriptions_too() {
    check(&example_of("sender"), &[]);
    check(&example_of("receiver"), &[]);
    let all = format!("{}\n{}\n{}", example(), example_of("sender"), example_of("receiver"));
    let spec = Spec::parse(&all, None).expect("a description");
    assert_eq!(spec.sender.as_ref().map(|sender| sender.mode), Some(Mode::Agent));
    assert_eq!(spec.parts(None).len(), 3);
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
    assert_eq!(Spec::parse(text, Some("b")).expect("a description").app.expect("an app").namespace, "b");
    let findings = Spec::parse(text, Some("B")).expect_err("refused");
    assert!(findings[0].message.contains("of `-n` is no name"), "{findings:?}");
}

/// A sender with these lines besides its URL.
#[track_caller]
fn check_sender(lines: &str, expect: &[&str]) {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    check(&format!("sender:\n  url: https://a.example/write\n{lines}"), expect);
}

#[test]
fn everything_wrong_with_a_sender_is_found_in_one_run() {
    check(
        "sender:\n  name: this-name-is-too-long-for-a-service-of-its-own\n  url: https://me:hunter2@a.example/write\n  mode: agent\n  \
         patch: k8s\n  keep: ['kube_[', kube_pod_inf, kube_pod_info, 'up{job!=\"x\"}', http_requests_total]\n  drop: \
         [kube_pod_info]\n  latency: 1s\n  external-labels: {namespace: a, a-b: c, d: ''}\n  secret: {name: s, username-key: u}\n",
        &[
            "name: `sender` needs `namespace`",
            "this-name-is-too-long-for-a-service-of-i: `name` has 46 characters, more than 44",
            "https://me:hunter2@a.example/write: `url` has a user or a password in it, which is never written",
            "k8s: an agent is made anew, there is nothing to `patch`",
            "'kube_[': `keep` cannot be `kube_[`: a range (`[5m]`) has no place here",
            "kube_pod_inf: nothing that the agent scrapes is called `kube_pod_inf`",
            "kube_pod_info: nothing is left of `kube_pod_info`: `drop` has it too",
            "'up{job!=\"x\"}': `keep` cannot be `up{job!=\"x\"}`: `job!=\"x\"` cannot be said by a relabel rule, which has no negation",
            "http_requests_total: nothing that the agent scrapes is called `http_requests_total`",
            "1s: `latency` without `rate` says nothing",
            "{namespace: a, a-b: c, d: ''}: `namespace` cannot be an external label: series have one of their own",
            "a-b: `a-b` is no key of a label: labels of series have other names",
            "'': `` is no value of a label: it is empty, which is no label",
            "u: `username-key` has no meaning with `type: bearer`",
        ],
    );
}

#[test]
fn a_sender_keeps_something_and_says_what() {
    check_sender("keep: []", &["[]: an empty `keep` keeps nothing"]);
    check_sender("keep: up", &["up: `keep` cannot be `up`: it is no list"]);
    check_sender("drop: [go_*]", &["url: everything that this Prometheus has is sent"]);
    check_sender("mode: agent\nnamespace: a", &["url: it is not said what the agent sends"]);
    check_sender("mode: agent\nnamespace: a\nkeep: [up]", &["[up]: nothing is left for the agent to scrape"]);
    check_sender("profile: cost", &["url: `external-labels` has no `cluster`"]);
    check_sender(
        "keep: [up]\nagent: {interval: 30s}",
        &["{interval: 30s}: `agent` has no meaning with `mode: prometheus`"],
    );
    let rate = "100000000: no queue of one Prometheus is large enough for this `rate`";
    check_sender("keep: [up]\nrate: 100000000\nlatency: 1s", &[rate]);
    check_sender("keep: [up]\nrate: 0", &["0: `rate` cannot be `0`"]);
    check_sender(
        "keep: [up]\nlabels: {app.kubernetes.io/name: x}",
        &[
            "{app.kubernetes.io/name: x}: the label `app.kubernetes.io/name` is one that obsctl sets, by which objects are selected",
        ],
    );
    let both = "app: {name: a, namespace: n, redis: [{name: c, address: 'c:1'}]}\nsender: {name: a-b, url: 'http://a', keep: [up]}\n";
    check(both, &["a-b: objects of `a` and of `a-b` could have the same names"]);
}

#[test]
fn the_password_of_a_url_is_shown_nowhere() {
    let text = "sender: {url: 'https://me:hunter2@a.example/write', keep: [up]}\n";
    let findings = Spec::parse(text, None).expect_err("refused");
    let source = crate::diagnostic::Source::new("f", text, crate::diagnostic::Mask::default());
    let look = crate::diagnostic::Look { color: false, width: Some(100) };
    let shown = crate::diagnostic::render(&source, &findings, look);
    assert!(shown.contains("***@a.example") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_receiver_says_what_it_runs_and_keeps_no_more_than_it_has_room_for() {
    let receiver = |lines: &str| format!("receiver: {{namespace: a, image: x, {lines}}}");
    check(&receiver("storage: 10Gi, retain-size: 9GiB, ack: write, retain-time: 1w"), &[]);
    check(&receiver("retain-size: 0"), &[]);
    check("receiver: {namespace: a}", &["namespace: `receiver` needs `image`"]);
    check(&receiver("store: 's3://a'"), &["store: `receiver` has no field `store`"]);
    check(&receiver("storage: 512Mi"), &["512Mi: `storage` 512Mi is less than 1Gi"]);
    check(&receiver("storage: 1e10"), &["1e10: `storage` cannot be `1e10` here"]);
    check(
        &receiver("retain-size: 10GiB"),
        &["10GiB: `retain-size` 10GiB does not fit into a volume of 10Gi"],
    );
    check(&receiver("retain-size: 1KiB"), &["1KiB: `retain-size` 1KiB is less than 256KiB"]);
    check(
        &receiver("retain-size: 5Gi, ack: soon, replicas: 0"),
        &[
            "5Gi: `retain-size`: `5Gi` is not a size: write bytes (`1048576`) or a number with KiB, MiB, GiB, TiB (`64MiB`) or \
             KB, MB, GB, TB",
            "soon: `ack` cannot be `soon`: use `fsync`, `write`, `memory`",
            "0: `replicas` cannot be `0`",
        ],
    );
    let long = "n".repeat(53);
    check(
        &receiver(&format!("name: {long}")),
        &[&format!("{}: `name` has 53 characters, more than 52", &long[..40])],
    );
}
