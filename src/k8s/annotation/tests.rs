use super::value::BAD_VALUE;
use super::*;
use crate::base::edit::apply;
use crate::yaml::{Budget, File};

/// The findings of one annotation `key: value`, each as `rule: message` and what its fix makes of the line.
#[track_caller]
fn check(line: &str, expect: &[(&str, &str, &str)]) {
    let file = File::parse(line, &Budget::default());
    let pairs = Pairs::new(file.documents()[0].root());
    let mut findings = not_strings(pairs, "annotation");
    findings.extend(PrometheusIo::read(pairs).1);
    let fixed = |finding: &Finding| {
        let edits = finding.fix.as_ref().map(|fix| fix.edits.clone()).unwrap_or_default();
        apply(line, &edits).expect("edits of the line")
    };
    let found: Vec<_> =
        findings.iter().map(|finding| (finding.rule, &*finding.message, fixed(finding))).collect();
    let found: Vec<_> =
        found.iter().map(|(rule, message, fixed)| (*rule, *message, fixed.as_str())).collect();
    assert_eq!(found, expect);
    assert!(findings.iter().all(|finding| finding.why.is_some()));
}

#[test]
fn well_formed_annotations_are_read() {
    let text = "prometheus.io/scrape: 'true'\nprometheus.io/port: '8080'\nprometheus.io/path: /m\nprometheus.io/scheme: https\nprometheus.io/param_format: text\nprometheus.io/interval: 30s\nother/key: x\n";
    let file = File::parse(text, &Budget::default());
    let (read, findings) = PrometheusIo::read(Pairs::new(file.documents()[0].root()));
    assert_eq!(findings, []);
    assert_eq!(read.scrape.map(|scrape| scrape.value), Some(true));
    assert_eq!(read.port.map(|port| (port.value, port.span.of(text))), Some((8080, "'8080'")));
    assert_eq!(read.path.map(|path| path.value), Some("/m"));
    assert_eq!(read.scheme.map(|scheme| scheme.value), Some(Scheme::Https));
    assert_eq!(
        read.params.iter().map(|(name, value)| (*name, value.value)).collect::<Vec<_>>(),
        [("format", "text")]
    );
    assert_eq!(
        read.others.iter().map(|(name, value)| (*name, value.value)).collect::<Vec<_>>(),
        [("interval", "30s")]
    );
    assert!(PrometheusIo::read(Pairs::default()).0.is_empty());
}

#[test]
fn values_that_are_no_strings_are_quoted_as_they_are_meant() {
    let rule = NOT_STRING;
    check(
        "prometheus.io/scrape: true",
        &[(
            rule,
            "annotation `prometheus.io/scrape` is the truth value `true`, and must be a string",
            "prometheus.io/scrape: \"true\"",
        )],
    );
    check(
        "prometheus.io/port: 8080",
        &[(
            rule,
            "annotation `prometheus.io/port` is the number `8080`, and must be a string",
            "prometheus.io/port: \"8080\"",
        )],
    );
    check("a: 1.50", &[(rule, "annotation `a` is the number `1.50`, and must be a string", "a: \"1.50\"")]);
    check("a: [b]", &[(rule, "annotation `a` is a list or a mapping, and must be a string", "a: [b]")]);
    check("a: ", &[]);
}

#[test]
fn a_value_that_is_no_string_is_still_read() {
    let file = File::parse("{prometheus.io/scrape: true, prometheus.io/port: 8080}", &Budget::default());
    let (read, _) = PrometheusIo::read(Pairs::new(file.documents()[0].root()));
    assert_eq!(read.scrape.map(|scrape| scrape.value), Some(true));
    assert_eq!(read.port.map(|port| port.value), Some(8080));
}

/// One bad value, its rule and what the fix writes.
#[track_caller]
fn check_value(name: &str, value: &str, must_be: &str, fixed: Option<&str>) {
    let line = format!("prometheus.io/{name}: '{value}'");
    let message = format!("annotation `prometheus.io/{name}` is `{value}`, and must be {must_be}");
    let fixed = fixed.map_or_else(|| line.clone(), |fixed| format!("prometheus.io/{name}: \"{fixed}\""));
    check(&line, &[(BAD_VALUE, &message, &fixed)]);
}

#[test]
fn values_that_no_rule_takes_are_reported() {
    check_value("scrape", "True", "`true` or `false`", Some("true"));
    check_value("scrape", "off", "`true` or `false`", Some("false"));
    check_value("scrape", "", "`true` or `false`", None);
    check_value("port", "0", "one port number, 1 to 65535", None);
    check_value("port", "65536", "one port number, 1 to 65535", None);
    check_value("port", "http", "one port number, 1 to 65535", None);
    check_value("port", "+80", "one port number, 1 to 65535", None);
    check_value("port", "80,90", "one port number, 1 to 65535", None);
    check_value("port", ":8080 ", "one port number, 1 to 65535", Some("8080"));
    check_value("path", "metrics", "a path that begins with `/`", Some("/metrics"));
    check_value("path", "/metrics ", "a path that begins with `/`", Some("/metrics"));
    check_value("path", "", "a path that begins with `/`", None);
    check_value("path", "/metrics?a=b", "a path without a query", None);
    check_value("path", "http://x/metrics", "a path, without scheme and host", None);
    check_value("scheme", "HTTPS", "`http` or `https`", Some("https"));
    check_value("scheme", "tcp", "`http` or `https`", None);
}

#[test]
fn keys_that_are_nearly_known_are_reported() {
    let near = |found: &str, meant: &str| {
        let message = format!("annotation `{found}` is nearly `{meant}`");
        check(&format!("{found}: 'x'"), &[(TYPO, &message, &format!("{meant}: 'x'"))]);
    };
    near("prometheus.io/scrap", "prometheus.io/scrape");
    near("prometheus.io/Port", "prometheus.io/port");
    near("promethues.io/scrape", "prometheus.io/scrape");
    near("prometheus.io.port", "prometheus.io/port");
    for fine in [
        "prometheus.io/host",
        "prometheus.io/team",
        "prometheus.io/scrape-slow",
        "prometheus.io/param-a",
        "a.io/port",
    ] {
        check(&format!("{fine}: 'x'"), &[]);
    }
}

/// At which levels there are annotations, and how many.
#[track_caller]
fn check_levels(text: &str, expect: &[(Level, usize)]) {
    let file = File::parse(text, &Budget::default());
    let object = Object::all(&file).pop().expect("an object");
    let found: Vec<_> = levels(&object).iter().map(|(level, pairs)| (*level, pairs.iter().count())).collect();
    assert_eq!(found, expect);
}

#[test]
fn levels_tell_a_workload_from_its_pods() {
    let annotations = "metadata: {annotations: {a: b}}";
    check_levels(&format!("{{apiVersion: v1, kind: Service, {annotations}}}"), &[(Level::Object, 1)]);
    check_levels(&format!("{{apiVersion: v1, kind: Pod, {annotations}}}"), &[(Level::Pod, 1)]);
    check_levels(
        &format!(
            "{{apiVersion: apps/v1, kind: Deployment, {annotations}, spec: {{template: {{{annotations}}}}}}}"
        ),
        &[(Level::Workload, 1), (Level::Pod, 1)],
    );
    check_levels(
        &format!(
            "{{apiVersion: batch/v1, kind: CronJob, spec: {{jobTemplate: {{{annotations}, spec: {{template: {{{annotations}}}}}}}}}}}"
        ),
        &[(Level::Workload, 1), (Level::Pod, 1)],
    );
    check_levels(
        "{apiVersion: v1, kind: Service, metadata: {name: a, prometheus.io/scrape: 'true'}}",
        &[(Level::Metadata, 2)],
    );
    check_levels("{apiVersion: v1, kind: Service, metadata: {name: a}}", &[]);
}
