use super::*;
use crate::telegraf::Reach;

fn reading(text: &str, options: &Options) -> Reading {
    super::read(Held { text, place: &|span| span, verbatim: &Some }, options)
}

/// Endpoints as `name=url,url {options}`, findings as `rule "what stands there": message`.
#[track_caller]
fn check_with(options: &Options, text: &str, endpoints: &[&str], findings: &[&str]) {
    let reading = reading(text, options);
    let got: Vec<String> = reading
        .findings
        .iter()
        .map(|finding| format!("{} {:?}: {}", finding.rule, finding.span.of(text), finding.message))
        .collect();
    assert_eq!(got, findings, "{text}");
    let got: Vec<String> = reading.endpoints.iter().map(show).collect();
    assert_eq!(got, endpoints, "{text}");
}

fn show(endpoint: &Endpoint) -> String {
    let scrape = &endpoint.scrape;
    let mut text = format!("{}={}", endpoint.name, endpoint.urls.join(","));
    for (name, duration) in [("interval", scrape.interval), ("timeout", scrape.timeout)] {
        text.extend(duration.map(|duration| format!(" {name}={duration:?}")));
    }
    text.extend(scrape.tags.iter().map(|(name, value)| format!(" {name}:{value}")));
    for (sign, list) in [("+", &scrape.fieldinclude), ("-", &scrape.fieldexclude), ("!", &scrape.tagexclude)]
    {
        text.extend(list.iter().map(|pattern| format!(" {sign}{pattern}")));
    }
    text
}

#[track_caller]
fn check(text: &str, endpoints: &[&str], findings: &[&str]) {
    check_with(&Options::default(), text, endpoints, findings);
}

#[test]
fn every_form_names_the_same_endpoints() {
    let expect = ["app=http://app.ns:8080/metrics", "db=http://db.ns:9187/metrics"];
    let (app, db) = ("http://app.ns:8080/metrics", "http://db.ns:9187/metrics");
    for text in [
        format!("- app: {app}\n- db:\n    \"{db}\"\n"),
        format!("app: {app}\ndb: {db}\n"),
        format!("- {app}\n- '{db}'\n"),
        format!("- app: {app}\n  db: {db}\n"),
        format!("- name: app\n  url: {app}\n- db: {{url: '{db}'}}\n"),
        format!("- url: {app}\n- name: db\n  urls: [{db}]\n"),
        format!("[{{app: '{app}'}}, {{db: '{db}'}}]"),
    ] {
        check(&text, &expect, &[]);
    }
}

#[test]
fn options_are_read() {
    check(
        "- app:\n    url: http://a.b:1/m\n    interval: 90s\n    timeout: 1.5s\n    tags: {tier: web, shard: 3}\n    \
         fieldinclude: [go_*, 'up']\n    fieldexclude: go_gc_*\n    tagexclude: ['u*']\n    metric_version: 2\n",
        &["app=http://a.b:1/m interval=90s timeout=1.5s shard:3 tier:web +go_* +up -go_gc_* !u*"],
        &[],
    );
}

#[test]
fn nothing_is_told() {
    let nothing =
        |place: &str| format!("annotation/nested-schema {place:?}: the annotation names no endpoint");
    for (text, place) in
        [("", ""), ("  \n", "  \n"), ("# later\n", "# later\n"), ("[]", "[]"), ("{}", "{}"), ("- {}\n", "{}")]
    {
        check(text, &[], &[&nothing(place)]);
    }
}

#[test]
fn other_shapes_are_told() {
    check(
        "http://app:80/metrics",
        &[],
        &["annotation/nested-schema \"http://app:80/metrics\": the annotation is a text, not a list"],
    );
    check("17", &[], &["annotation/nested-schema \"17\": the annotation is a number, not a list"]);
    check(
        "- [a]\n- 3\n- app: 5\n- b: [x]\n",
        &[],
        &[
            "annotation/nested-schema \"[a]\": an item is `NAME: URL` or a URL, not a list",
            "annotation/nested-schema \"3\": an item is `NAME: URL` or a URL, not a number",
            "annotation/nested-schema \"5\": an endpoint is a URL or a map of options, not a number",
            "annotation/nested-schema \"[x]\": an endpoint is a URL or a map of options, not a list",
        ],
    );
    check(
        "- app: http://a\n  interval: 30s\n",
        &["app=http://a"],
        &[
            "annotation/nested-schema \"interval\": the option `interval` stands beside an endpoint, not in it",
        ],
    );
    check(
        "- name: x\n  interval: 30s\n  url: http://a\n- y: {interval: 30s}\n",
        &["x=http://a interval=30s"],
        &["annotation/nested-schema \"{interval: 30s}\": the endpoint has no `url`"],
    );
}

#[test]
fn every_fault_is_told_at_once_in_its_place() {
    check(
        "- a b: app:8080/metrics\n- ok: http://ok\n- c: http://u:p@c:0/\n  # note\n- d: {url: 'http://d#x', interval: 30, tsg: 1}\n",
        &["ok=http://ok"],
        &[
            "annotation/annotation-value \"a b\": `a b` cannot be an endpoint's name",
            "annotation/annotation-value \"app:8080/metrics\": the URL has no scheme",
            "security/url-userinfo \"u:p@\": the URL carries a user name or password",
            "annotation/annotation-value \"0\": `0` is not a port",
            "annotation/annotation-value \"#x\": the URL has a fragment",
            "annotation/duration \"30\": `30` has no unit",
            "annotation/nested-schema \"tsg\": `tsg` is not an option of an endpoint",
        ],
    );
}

#[test]
fn the_yaml_of_the_text_is_judged_too() {
    let findings = reading("- a: http://b\n c: [\n", &Options::default()).findings;
    assert!(
        findings.iter().all(|finding| finding.rule == rule::SYNTAX) && !findings.is_empty(),
        "{findings:?}"
    );
    let findings = reading("- a: http://b\n---\n- c: http://d\n", &Options::default()).findings;
    assert_eq!(findings[0].message, "the annotation holds several documents");
}

#[test]
fn doubles_are_told_with_the_first() {
    let text = "- a: http://x\n- b: http://y\n- a: http://z\n- c: http://y\n";
    check(
        text,
        &["a=http://x", "b=http://y", "c=http://y"],
        &[
            "annotation/nested-schema \"a\": the endpoint `a` is named twice",
            "annotation/nested-schema \"c\": a URL is collected twice",
        ],
    );
    let findings = reading(text, &Options::default()).findings;
    assert_eq!(findings[0].related[0].span, Span::new(2, 3));
}

#[test]
fn options_that_reach_further_are_refused_with_a_reason() {
    for option in [
        "bearer_token: /var/run/secrets/token",
        "tls_ca: /etc/passwd",
        "kubernetes_services: [http://x]",
        "monitor_kubernetes_pods: true",
        "consul: {enabled: true}",
        "http_headers: {a: b}",
        "cookie_auth_url: http://x",
        "insecure_skip_verify: true",
        "metric_version: 1",
        "password: hunter2",
    ] {
        let name = option.split(':').next().expect("a name");
        check(
            &format!("- app:\n    url: http://a\n    {option}\n"),
            &[],
            &[&format!("security/annotation-option {name:?}: `{name}` may not be set by an annotation")],
        );
    }
    check(
        "- app: {url: http://a, namepass: [go_*], fielddrop: [x]}\n",
        &[],
        &[
            "annotation/nested-schema \"namepass\": `namepass` is not taken",
            "annotation/nested-schema \"fielddrop\": `fielddrop` is not taken",
        ],
    );
}

#[test]
fn what_telegraf_would_replace_is_refused_everywhere() {
    for (text, place) in [
        ("- app: http://evil/${INFLUX_TOKEN}\n", "${"),
        ("- app: http://$HOST/\n", "$"),
        ("- app: \"http://evil/\\x24{INFLUX_TOKEN}\"\n", "\"http://evil/\\x24{INFLUX_TOKEN}\""),
        ("- ${A}: http://a\n", "${A}"),
        ("- app: {url: http://a, tags: {x: '@{store:key}'}}\n", "'@{store:key}'"),
        ("- app: {url: http://a, tags: {$A: x}}\n", "$A"),
        ("- app: {url: http://a, fieldinclude: ['${A:-x}']}\n", "'${A:-x}'"),
    ] {
        let reading = reading(text, &Options::default());
        let finding = reading.findings.iter().find(|finding| finding.rule == rule::REFERENCE);
        assert_eq!(
            finding.map(|finding| finding.span.of(text)),
            Some(place),
            "{text}: {:?}",
            reading.findings
        );
        assert_eq!(reading.endpoints, [], "{text}");
    }
}

#[test]
fn tags_and_patterns_are_what_influxdb_and_telegraf_take() {
    let value = |place: &str, message: &str| format!("annotation/annotation-value {place:?}: {message}");
    for (option, place, message) in [
        ("tags: {url: x}", "url", "the tag `url` is set by the collector"),
        ("tags: {_field: x}", "_field", "`_field` cannot be a tag's name"),
        ("tags: {a: ''}", "''", "a tag's value is empty: Telegraf drops such a tag"),
        ("tags: {a: 'b\\'}", "'b\\'", "a tag's value ends with a backslash, which Telegraf cuts off"),
        ("tags: {a: \"b\\nc\"}", "\"b\\nc\"", "the tag's value holds `\\n`"),
        ("fieldinclude: ['[a']", "'[a'", "`[a` is not a pattern"),
        ("tagexclude: ['']", "''", "`` is not a pattern"),
    ] {
        check(&format!("- app: {{url: http://a, {option}}}\n"), &[], &[&value(place, message)]);
    }
}

#[test]
fn budgets_hold() {
    let many: String = (0..limits::ENDPOINTS + 1).map(|n| format!("- e{n}: http://e{n}\n")).collect();
    let reading_of = |text: &str| reading(text, &Options::default());
    let read = reading_of(&many);
    assert_eq!((read.endpoints.len(), read.findings.len()), (limits::ENDPOINTS, 1));
    assert_eq!(read.findings[0].span.of(&many), "e300");
    let wide = "- [x]\n".repeat(limits::NODES);
    assert!(
        reading_of(&wide).findings.iter().any(|finding| [rule::SIZE, rule::SYNTAX].contains(&finding.rule))
    );
    let deep = format!("{}x{}", "[".repeat(500), "]".repeat(500));
    assert!(!reading_of(&deep).findings.is_empty());
    let long = "x".repeat(limits::ANNOTATIONS + 1);
    assert_eq!(reading_of(&long).findings[0].rule, rule::SIZE);
}

#[test]
fn a_reach_of_one_namespace_is_kept() {
    let options = Options { reach: Reach::Namespace("shop".to_owned()), ..Options::default() };
    check_with(
        &options,
        "- a: http://cart.shop:80\n- b: http://vault.bank:80\n",
        &["a=http://cart.shop:80"],
        &["security/annotation-host \"vault.bank\": `vault.bank` is not in namespace `shop`"],
    );
}

#[test]
fn toml_is_refused_unless_allowed() {
    check(
        "# mine\n[[inputs.exec]]\n  commands = [\"id\"]\n",
        &[],
        &["annotation/nested-toml \"# mine\": TOML is not taken here"],
    );
}

#[track_caller]
fn check_toml(text: &str, endpoints: &[&str], findings: &[&str]) {
    check_with(&Options { raw_toml: true, ..Options::default() }, text, endpoints, findings);
}

#[test]
fn prometheus_inputs_in_toml_are_endpoints() {
    check_toml(
        "[[inputs.prometheus]]\n  urls = [\"http://a.b:1/m\", \"http://c\"]\n  name_override = \"x\"\n  interval = \"30s\"\n\
         metric_version = 2\n  [inputs.prometheus.tags]\n    tier = \"web\"\n[[inputs.prometheus]]\nurls = ['http://db.ns']\n",
        &["x=http://a.b:1/m,http://c interval=30s tier:web", "db=http://db.ns"],
        &[],
    );
}

#[test]
fn everything_else_in_toml_is_refused_in_its_place() {
    check_toml(
        "[[inputs.exec]]\ncommands = [\"id\"]\n[agent]\ninterval = \"1s\"\n[[outputs.file]]\nfiles = [\"/x\"]\n\
         [[inputs.prometheus]]\nurls = [\"http://a/$TOKEN\"]\nbearer_token = \"/x\"\n",
        &[],
        &[
            "security/annotation-option \"exec\": `inputs.exec` may not be set by an annotation",
            "security/annotation-option \"agent\": `agent` may not be set by an annotation",
            "security/annotation-option \"outputs\": `outputs` may not be set by an annotation",
            "security/annotation-reference \"$\": the URL holds what Telegraf puts something else in place of",
            "security/annotation-option \"bearer_token\": `bearer_token` may not be set by an annotation",
        ],
    );
    check_toml(
        "[[inputs.prometheus]]\nurls = [\"http://a/\\u0024{TOKEN}\"]\n",
        &[],
        &["security/annotation-reference \"\\\"http://a/\\\\u0024{TOKEN}\\\"\": \
             the URL holds what Telegraf puts something else in place of"],
    );
    check_toml(
        "[inputs.prometheus]\nurls = ['http://a']\n",
        &[],
        &["annotation/nested-toml \"prometheus\": `inputs.prometheus` is not a list of tables"],
    );
    check_toml(
        "[[inputs.prometheus]]\nurls = 'http://a'\n",
        &[],
        &["annotation/nested-toml \"'http://a'\": `urls` is a list of strings, not a string"],
    );
    let findings =
        reading("[[inputs.prometheus]]\nurls = [\n", &Options { raw_toml: true, ..Options::default() })
            .findings;
    assert_eq!(findings[0].rule, rule::TOML);
}
