use super::*;
use crate::telegraf::Scrape;

fn endpoint(name: &str, scrape: Scrape) -> Endpoint {
    Endpoint { name: name.to_owned(), urls: vec![format!("http://{name}.ns:80/metrics")], scrape }
}

fn config(inputs: Vec<Input>) -> Config {
    Config {
        global_tags: BTreeMap::from([("cluster".to_owned(), "c1".to_owned())]),
        agent: Agent::default(),
        internal: false,
        inputs,
        enums: Vec::new(),
        output: Output {
            urls: vec!["http://influx:8086".to_owned()],
            organization: "org".to_owned(),
            bucket: "shop".to_owned(),
            token: Token::environment("INFLUX_TOKEN").expect("a name"),
        },
    }
}

#[track_caller]
fn check(config: &Config, expect: Result<&str, RenderError>) {
    assert_eq!(render(config), expect.map(str::to_owned));
}

#[test]
fn the_text_is_the_same_to_the_byte() {
    let one = Input::new("my-shop", endpoint("cart", Scrape::default()));
    check(
        &config(vec![one]),
        Ok(r#"# Made from the annotations of applications: changes here are lost.
# Check it with: telegraf config check --strict-env-handling --config FILE
[global_tags]
cluster = "c1"

[agent]
interval = "1m"
flush_interval = "1m"
collection_jitter = "10s"
metric_batch_size = 10000
metric_buffer_limit = 100000
omit_hostname = true
always_include_local_tags = true
always_include_global_tags = true
skip_processors_after_aggregators = true

[[inputs.prometheus]]
name_override = "prometheus_cart"
urls = ["http://cart.ns:80/metrics"]
metric_version = 2
url_tag = "url"
content_length_limit = 33554432

[inputs.prometheus.tags]
prometheus_app = "my_shop"

[[outputs.influxdb_v2]]
urls = ["http://influx:8086"]
organization = "org"
bucket = "shop"
token = "${INFLUX_TOKEN}"
"#),
    );
}

#[test]
fn every_option_is_written_and_one_output() {
    let text = |text: &str| text.to_owned();
    let scrape = Scrape {
        interval: Some(Duration::from_secs(90)),
        timeout: Some(Duration::from_millis(1_500)),
        tags: BTreeMap::from([
            (text("tier"), text("a \"b\" \\ 'c' é")),
            (text("prometheus_app"), text("forged")),
        ]),
        fieldinclude: vec![text("go_*")],
        fieldexclude: vec![text("go_gc_?"), text("x")],
        tagexclude: vec![text("*")],
    };
    let inputs = (0..3).map(|n| Input::new("app", endpoint(&format!("e{n}"), scrape.clone()))).collect();
    let mut config = config(inputs);
    config.internal = true;
    config.enums = vec![Enum {
        tags: vec![text("status")],
        dest: text("status_code"),
        values: BTreeMap::from([(text("up"), 1), (text("not ready"), -1)]),
    }];
    let written = render(&config).expect("sound");
    assert_eq!(written.matches("[[outputs.").count(), 1);
    let read: DocumentMut = written.parse().expect("TOML");
    let input = &read["inputs"]["prometheus"][2];
    assert_eq!(input["interval"].as_str(), Some("1m30s"));
    assert_eq!(input["timeout"].as_str(), Some("1s500ms"));
    assert_eq!(input["tags"]["tier"].as_str(), Some("a \"b\" \\ 'c' é"));
    assert_eq!(input["tags"]["prometheus_app"].as_str(), Some("app"), "an endpoint cannot forge it");
    assert_eq!(input["fieldexclude"][1].as_str(), Some("x"));
    assert!(written.contains("tier = \"a \\\"b\\\" \\\\ 'c' é\"\n"), "{written}");
    assert_eq!(read["agent"]["always_include_local_tags"].as_bool(), Some(true));
    let mapping = &read["processors"]["enum"][0]["mapping"][0];
    assert_eq!(mapping["value_mappings"]["not ready"].as_integer(), Some(-1));
    assert_eq!(read["inputs"]["internal"][0]["collect_memstats"].as_bool(), Some(false));
}

/// Puts a text into some place of a config.
type Put = fn(&mut Config, String);

#[test]
fn what_telegraf_would_replace_is_refused_everywhere() {
    let hostile = ["$HOME", "${INFLUX_TOKEN}", "@{s:k}", "a\nb", "&{x}", "::{"];
    let places: [(&'static str, Put); 12] = [
        ("global_tags", |config, text| drop(config.global_tags.insert("a".to_owned(), text))),
        ("global_tags", |config, text| drop(config.global_tags.insert(text, "a".to_owned()))),
        ("name_override", |config, text| config.inputs[0].name_override = text),
        ("urls", |config, text| config.inputs[0].endpoint.urls.push(text)),
        ("tags", |config, text| drop(config.inputs[0].tags.insert("a".to_owned(), text))),
        ("tags", |config, text| drop(config.inputs[0].endpoint.scrape.tags.insert(text, "a".to_owned()))),
        ("fieldinclude", |config, text| config.inputs[0].endpoint.scrape.fieldinclude.push(text)),
        ("organization", |config, text| config.output.organization = text),
        ("bucket", |config, text| config.output.bucket = text),
        ("urls", |config, text| config.output.urls.push(text)),
        ("dest", |config, text| config.enums[0].dest = text),
        ("value_mappings", |config, text| config.enums[0].values = BTreeMap::from([(text, 1)])),
    ];
    for (place, put) in places {
        for text in hostile {
            let mut config = config(vec![Input::new("app", endpoint("e", Scrape::default()))]);
            let tags = vec!["status".to_owned()];
            config.enums = vec![Enum { tags, dest: "code".to_owned(), values: BTreeMap::new() }];
            put(&mut config, text.to_owned());
            check(&config, Err(RenderError::Expands { place }));
        }
    }
}

#[test]
fn what_must_not_be_empty_is_refused() {
    let mut without_urls = endpoint("e", Scrape::default());
    without_urls.urls.clear();
    check(&config(vec![Input::new("app", without_urls)]), Err(RenderError::Empty { place: "urls" }));
}

#[test]
fn a_token_is_only_the_name_of_a_variable() {
    for name in ["", "1A", "a", "A}", "A:-x", "$A", "Ä", &"A".repeat(101)] {
        assert_eq!(Token::environment(name), None, "{name}");
    }
    assert_eq!(Token::environment("_A1").expect("a name").reference(), "${_A1}");
}

#[test]
fn the_last_gate_sees_any_second_reference() {
    assert!(sound("token = \"${A}\"\n", "${A}"));
    for text in [
        "",
        "a = \"${A}\"\nb = \"${A}\"",
        "\"${A}\" # $B",
        "\"${A}\"\n@{a:b}",
        "$$\n\"${A}\"",
        "\"${A}\"\u{7}",
    ] {
        assert!(!sound(text, "${A}"), "{text}");
    }
}
