use super::*;
use crate::base::edit;
use crate::diagnostic::Safety;
use crate::yaml::{Budget, File};

const MONITOR: &str = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\n";
const PROMETHEUS: &str = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: a}\n";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";

fn findings(text: &str, operator: Option<(u16, u16)>) -> Vec<Finding> {
    let file = File::parse(text, &Budget::default());
    let roots = file.documents().iter().filter_map(|document| document.root());
    roots.flat_map(|root| check(root, &Versions { operator })).collect()
}

/// Each finding as `rule line:column message`.
#[track_caller]
fn check_text(text: &str, expect: &[&str]) {
    let file = File::parse(text, &Budget::default());
    let found: Vec<String> = findings(text, None)
        .iter()
        .map(|finding| format!("{} {} {}", finding.rule, file.position(finding.span.start), finding.message))
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn all_faults_are_found_at_their_places() {
    let text = format!(
        "{MONITOR}spec:\n  endpoints:\n  - port: 8080\n    intervall: 30s\n    scheme: ftp\n  - interval: 30 s\n"
    );
    check_text(
        &text,
        &[
            "yaml/missing-field 4:1 `spec.selector` is missing",
            "yaml/wrong-type 6:11 `spec.endpoints[0].port` is the number `8080`, and must be a string",
            "yaml/unknown-field 7:5 unknown field `spec.endpoints[0].intervall`",
            "operator/cr-schema 8:13 `spec.endpoints[0].scheme` is the string `ftp`, and must be one of `HTTP`, `HTTPS`, `http`, `https`",
            "operator/cr-schema 9:15 `spec.endpoints[1].interval` is the string `30 s`, and must be a duration such as `30s` or `1h30m`",
        ],
    );
}

/// The label or help of the only finding, and the text with its fix.
#[track_caller]
fn check_advice(text: &str, expect: &str, fixed: Option<&str>) {
    let found = findings(text, None);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    let advice = format!("{} {}", finding.label, finding.help.as_deref().unwrap_or_default());
    assert!(advice.contains(expect), "{finding:?}");
    let safe = finding.fix.as_ref().filter(|fix| fix.safety == Safety::Safe);
    let text = safe.map(|fix| edit::apply(text, &fix.edits).expect("edits of one finding fit"));
    assert!(fixed.is_none_or(|fixed| text.as_deref().is_some_and(|text| text.contains(fixed))), "{text:?}");
}

#[test]
fn an_unknown_field_says_what_was_meant() {
    let write =
        format!("{PROMETHEUS}spec:\n  remoteWrite:\n  - url: http://a\n    write_relabel_configs: []\n");
    check_advice(&write, "`writeRelabelConfigs`", Some("    writeRelabelConfigs: []"));
    let up = format!("{MONITOR}spec:\n  selector: {{}}\n  endpoints: []\n  interval: 30s\n");
    check_advice(&up, "`interval` belongs in `spec.endpoints[]`", None);
    let down = format!("{MONITOR}spec:\n  selector: {{}}\n  endpoints:\n  - port: a\n    sampleLimit: 5\n");
    check_advice(&down, "`sampleLimit` belongs in `spec`", None);
    let names = format!("{PROMETHEUS}spec:\n  serviceMonitorNamespaceSelector:\n    matchNames: [a]\n");
    check_advice(&names, "matchLabels: {kubernetes.io/metadata.name: a}", None);
    let labels = format!(
        "{MONITOR}spec:\n  selector: {{}}\n  endpoints: []\n  namespaceSelector:\n    matchLabels: {{a: b}}\n"
    );
    check_advice(&labels, "matchNames: [NAMESPACE]", None);
    let bare = format!("{MONITOR}spec:\n  endpoints: []\n  selector:\n    app: a\n");
    check_advice(&bare, "labels belong in `matchLabels`", None);
}

#[test]
fn a_field_newer_than_the_target_says_since_when() {
    let text =
        format!("{MONITOR}spec:\n  selector: {{}}\n  endpoints: []\n  serviceDiscoveryRole: EndpointSlice\n");
    assert_eq!(findings(&text, None), Vec::new());
    let found = findings(&text, Some((0, 70)));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule, "yaml/version-skew");
    assert!(
        found[0].message.contains("`spec.serviceDiscoveryRole` needs prometheus-operator >= 0."),
        "{}",
        found[0].message
    );
    let kind = "apiVersion: monitoring.coreos.com/v1alpha1\nkind: ScrapeConfig\nmetadata: {name: a}\n";
    assert_eq!(findings(kind, Some((0, 60)))[0].rule, "yaml/version-skew");
}

#[test]
fn kinds_are_looked_for_in_other_versions() {
    check_text(
        "apiVersion: monitoring.coreos.com/v1\nkind: ScrapeConfig\n",
        &["yaml/api-version 1:13 there is no `ScrapeConfig` in `monitoring.coreos.com/v1`"],
    );
    check_text(
        "apiVersion: extensions/v1beta1\nkind: Deployment\n",
        &["yaml/api-version 1:13 there is no `Deployment` in `extensions/v1beta1`"],
    );
    check_text(
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitors\n",
        &["yaml/api-version 2:7 there is no kind `ServiceMonitors` in `monitoring.coreos.com`"],
    );
    check_text(
        "kind: Service\nmetadata: {name: a}\n",
        &["yaml/missing-field 1:7 `Service` has no `apiVersion`"],
    );
    for silent in [
        "apiVersion: serving.knative.dev/v1\nkind: Service\n",
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\n",
        "apiVersion: v1\nkind: Node\n",
        "kind: Unheard\n",
        "- a\n",
        "",
    ] {
        check_text(silent, &[]);
    }
}

#[test]
fn values_that_yaml_reads_otherwise_are_named_and_quoted() {
    let text =
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {prometheus.io/port: 8080}}\n";
    check_text(
        text,
        &[
            "annotation/annotation-not-string 3:55 `metadata.annotations[prometheus.io/port]` is the number `8080`, and must be a string",
        ],
    );
    check_advice(text, "quotes", Some("prometheus.io/port: \"8080\""));
}

#[test]
fn null_is_as_if_it_were_not_there() {
    check_text(&format!("{SERVICE}spec: {{selector: null, ports: [{{port: 80, name: null}}]}}\n"), &[]);
    check_text(&format!("{MONITOR}spec: {{selector: {{}}, endpoints: [], targetLabels: null}}\n"), &[]);
    check_text(
        &format!("{MONITOR}spec: {{selector: {{}}, endpoints: [null]}}\n"),
        &["yaml/wrong-type 4:34 `spec.endpoints[0]` is null, and must be a mapping"],
    );
}

#[test]
fn names_and_labels_follow_their_syntax() {
    check_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: A, labels: {a b: c, d: e f}}\n",
        &[
            "yaml/invalid-name 3:18 `metadata.name`: `A` is not at most 63 of `a-z`, `0-9` and `-`, with a letter or digit first and last",
            "yaml/invalid-name 3:30 `metadata.labels`: `a b` is not at most 63 letters, digits, `-`, `_` and `.`, behind a domain and `/` or alone",
            "yaml/invalid-name 3:41 `metadata.labels[d]`: `e f` is not at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last",
        ],
    );
    check_text("apiVersion: v1\nkind: Service\n", &["yaml/missing-field 2:7 `metadata.name` is missing"]);
}

#[test]
fn rules_written_in_cel_are_checked() {
    let agent = "apiVersion: monitoring.coreos.com/v1alpha1\nkind: PrometheusAgent\nmetadata: {name: a}\n";
    check_text(
        &format!("{agent}spec: {{mode: DaemonSet, replicas: 2, shards: 2}}\n"),
        &[
            "operator/cr-schema 4:25 `spec.replicas` cannot be with `mode: DaemonSet`",
            "operator/cr-schema 4:38 `spec.shards` cannot be more than 1 with `mode: DaemonSet`",
        ],
    );
    let scrape = "apiVersion: monitoring.coreos.com/v1alpha1\nkind: ScrapeConfig\nmetadata: {name: a}\n";
    check_text(
        &format!(
            "{scrape}spec: {{basicAuth: {{}}, oauth2: {{clientId: {{}}, clientSecret: {{key: a}}, tokenUrl: http://a}}}}\n"
        ),
        &["operator/cr-schema 4:23 `spec.oauth2` and `spec.basicAuth` exclude each other"],
    );
}

#[test]
fn a_secret_that_is_no_base64_is_not_repeated() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: hunter2!}\n";
    check_text(text, &["yaml/invalid-value 4:18 `data[password]` is not base64"]);
}

#[test]
fn items_of_a_list_are_checked_each() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}, spek: {}}\n";
    check_text(list, &["yaml/unknown-field 4:56 unknown field `spek`"]);
}
