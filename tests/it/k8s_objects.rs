//! Selectors, names and written manifests against the real API server and the real kubectl.
//!
//! The cases are random with a fixed seed; `OBSCTL_K8S_ROUNDS` multiplies them.

use std::collections::BTreeSet;

use obsctl::k8s::{Labels, Manifest, Object, Selector, name, not_strings, stream};
use obsctl::yaml::write::{Map, Value};
use obsctl::yaml::{Budget, File};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;

use crate::support::cluster::{Cluster, Connection};

const NAMESPACE: &str = "k8s-objects";
const OBJECTS: usize = 120;
const SELECTORS: usize = 1500;
const LABEL_SELECTORS: usize = 600;
const NAMES: usize = 80;
const MANIFESTS: usize = 400;

#[test]
fn selectors_choose_what_the_api_server_chooses() {
    let Some(cluster) = Cluster::shared("k8s_objects") else { return };
    let sets = random(&label_sets(), OBJECTS);
    let names: Vec<String> = (0..sets.len()).map(|index| format!("o{index}")).collect();
    let maps = names.iter().zip(&sets).map(|(name, labels)| {
        Manifest::new("v1", "ConfigMap", name).namespace(NAMESPACE).labels(labels.iter().cloned())
    });
    let mut manifests = vec![Manifest::new("v1", "Namespace", NAMESPACE)];
    manifests.extend(maps);
    cluster.kubectl(&["create", "-f", "-"], &stream(&manifests));

    let mut connection = cluster.connect();
    let mut seen = Seen::default();
    for text in random(&selector_texts(), SELECTORS * rounds()) {
        let theirs = chosen(&mut connection, &text);
        let ours = Selector::parse(&text).map(|selector| {
            let matches = |labels: &[(String, String)]| {
                let labels: Labels<'_> =
                    labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                let matched = selector.matches(&labels);
                assert_eq!(
                    matched,
                    selector.misses(&labels).is_empty(),
                    "`{text}`: what is missed explains it"
                );
                matched
            };
            let pairs = names.iter().zip(&sets).filter(|(_, labels)| matches(labels));
            (pairs.map(|(name, _)| name.clone()).collect::<BTreeSet<String>>(), selector.to_string())
        });
        match (&ours, &theirs) {
            (Ok((ours, shown)), Ok(theirs)) => {
                assert_eq!(ours, theirs, "`{text}`");
                let again = chosen(&mut connection, shown).expect("what we show is a selector");
                assert_eq!(&again, theirs, "`{text}` shown as `{shown}`");
            }
            (Err(_), Err(_)) => {}
            _ => panic!("`{text}`: obsctl says {ours:?}, the API server {theirs:?}"),
        }
        seen.count(theirs.as_ref().ok().map(BTreeSet::len));
    }
    seen.say("selectors", &["refused", "chose none", "chose some"]);
}

#[test]
fn label_selectors_are_refused_as_the_api_server_refuses_them() {
    let Some(cluster) = Cluster::shared("k8s_objects") else { return };
    let mut connection = cluster.connect();
    let path = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies?dryRun=All";
    let mut seen = Seen::default();
    for selector in random(&label_selectors(), LABEL_SELECTORS * rounds()) {
        let text = serde_json::to_string(&selector).expect("JSON is text");
        let manifest = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a}}, spec: {{podSelector: {text}}}}}"
        );
        let answer = connection.request("POST", path, "application/yaml", manifest.as_bytes());
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!([201, 400, 422].contains(&answer.status()), "{text}: {body}");

        let file = File::parse(text.as_str(), &Budget::default());
        let reading = Selector::read(file.documents()[0].root().expect("a root"));
        let taken = answer.status() == 201;
        assert_eq!(reading.selector.is_some(), taken, "{text}: {:?}, the API server: {body}", reading.faults);
        seen.count(taken.then_some(1));
    }
    seen.say("label selectors", &["refused", "chose some"]);
}

#[test]
fn names_are_taken_as_the_api_server_takes_them() {
    let Some(cluster) = Cluster::shared("k8s_objects") else { return };
    let mut connection = cluster.connect();
    let mut create = |path: &str, manifest: &Manifest| {
        let path = format!("{path}?dryRun=All");
        let answer = connection.request("POST", &path, "application/yaml", manifest.to_yaml().as_bytes());
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!([201, 422].contains(&answer.status()), "{manifest:?}: {body}");
        answer.status() == 201
    };
    let config_maps = "/api/v1/namespaces/default/configmaps";
    let config_map = |name: &str| Manifest::new("v1", "ConfigMap", name);
    for text in random(&names(), NAMES * rounds()) {
        let label = |key: &str, value: &str| config_map("a").labels([(key, value)]);
        assert_eq!(create(config_maps, &label(&text, "")), name::label_key(&text).is_ok(), "key `{text}`");
        assert_eq!(
            create(config_maps, &label("a", &text)),
            name::label_value(&text).is_ok(),
            "value `{text}`"
        );
        assert_eq!(
            create(config_maps, &config_map(&text)),
            name::subdomain(&text).is_ok(),
            "object `{text}`"
        );
        let port = Map::new().with("name", &*text).with("port", 80);
        let service = Manifest::new("v1", "Service", "a").with("spec", Map::new().with("ports", [port]));
        let valid = text.is_empty() || name::dns_label(&text).is_ok(); // one port may go without a name
        assert_eq!(
            create("/api/v1/namespaces/default/services", &service),
            valid,
            "port of a Service `{text}`"
        );
        let port = Map::new().with("name", &*text).with("containerPort", 80);
        let container = Map::new().with("name", "a").with("image", "a").with("ports", [port]);
        let labels = || Map::new().with("a", "b");
        let template = Map::new()
            .with("metadata", Map::new().with("labels", labels()))
            .with("spec", Map::new().with("containers", [container]));
        let spec =
            Map::new().with("selector", Map::new().with("matchLabels", labels())).with("template", template);
        let deployment = Manifest::new("apps/v1", "Deployment", "a").with("spec", spec);
        let valid = text.is_empty() || name::port_name(&text).is_ok();
        let path = "/apis/apps/v1/namespaces/default/deployments";
        assert_eq!(create(path, &deployment), valid, "port of a container `{text}`");
    }
}

#[test]
fn annotations_that_are_no_strings_are_refused_by_the_api_server() {
    let Some(cluster) = Cluster::shared("k8s_objects") else { return };
    let mut connection = cluster.connect();
    for written in [
        "true",
        "True",
        "on",
        "yes",
        "No",
        "y",
        "n",
        "8080",
        "0x1F90",
        "017",
        "0o17",
        "1_000",
        "1.5",
        "1e3",
        ".5",
        ".inf",
        ".nan",
        "12:30",
        "12:30:45",
        "2001-01-01",
        "null",
        "~",
        "",
        "text",
        "'true'",
        "\"8080\"",
        "[a]",
        "{a: b}",
        "!!str 8080",
        "|\n      8080\n",
        "=",
        "+1",
        "-0",
        "1.2.3",
        "tRue",
    ] {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    prometheus.io/x: {written}\n"
        );
        let path = "/api/v1/namespaces/default/configmaps?dryRun=All";
        let answer = connection.request("POST", path, "application/yaml", text.as_bytes());
        let body: Json = serde_json::from_slice(&answer.body).expect("the API server answers JSON");
        let theirs = body["metadata"]["annotations"]["prometheus.io/x"].as_str();
        let file = File::parse(text.as_str(), &Budget::default());
        let object = Object::all(&file).pop().expect("an object");
        let pair = object.annotations().get("prometheus.io/x").expect("it is there");
        assert_eq!(pair.value(), theirs, "`{written}`: {body}");
        assert_eq!(
            not_strings(object.annotations(), "annotation").is_empty(),
            theirs.is_some(),
            "`{written}`"
        );
    }
}

#[test]
fn manifests_are_read_by_kubectl_as_they_are_meant() {
    let Some(cluster) = Cluster::shared("k8s_objects") else { return };
    let bodies = random(&proptest::collection::vec((nasty(), values()), 0..5), MANIFESTS * rounds());
    let manifests: Vec<Manifest> = bodies
        .into_iter()
        .map(|body| {
            Manifest::new("example.org/v1", "Example", "a")
                .annotations([("read", "by-kubectl")])
                .with("body", Map::from_iter(body))
                .comment("a comment: \"with\" 'quotes'\n- and lines")
        })
        .collect();
    let text = stream(&manifests);
    assert_eq!(text, stream(&manifests), "the same bytes each time");
    // Sets what is there already, so that nothing changes; kubectl only reads and prints.
    let arguments = ["annotate", "--local", "--overwrite", "-f", "-", "-o", "json", "read=by-kubectl"];
    let output = cluster.kubectl(&arguments, &text);
    let read: Result<Vec<Json>, _> = serde_json::Deserializer::from_str(&output).into_iter().collect();
    let read = read.expect("kubectl prints JSON");
    assert_eq!(read.len(), manifests.len());
    for (read, manifest) in read.iter().zip(&manifests) {
        assert_eq!(read, &manifest.to_json(), "of\n{}", manifest.to_yaml());
    }
}

/// The names of the objects that the API server chooses by a selector, or its refusal.
fn chosen(connection: &mut Connection, selector: &str) -> Result<BTreeSet<String>, String> {
    let escaped: String = selector.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let path = format!("/api/v1/namespaces/{NAMESPACE}/configmaps?labelSelector={escaped}");
    let answer = connection.request("GET", &path, "application/json", &[]);
    let body: Json = serde_json::from_slice(&answer.body).expect("the API server answers JSON");
    match answer.status() {
        200 => {
            let items = body["items"].as_array().expect("a list has items");
            Ok(items.iter().filter_map(|item| item["metadata"]["name"].as_str().map(str::to_owned)).collect())
        }
        400 => Err(body["message"].to_string()),
        status => panic!("{status} for `{selector}`: {body}"),
    }
}

/// How the cases fell out: a test whose cases all ended alike would show nothing.
#[derive(Default)]
struct Seen {
    refused: usize,
    none: usize,
    some: usize,
}

impl Seen {
    fn count(&mut self, chosen: Option<usize>) {
        match chosen {
            None => self.refused += 1,
            Some(0) => self.none += 1,
            Some(_) => self.some += 1,
        }
    }

    #[track_caller]
    fn say(&self, what: &str, needed: &[&str]) {
        let Self { refused, none, some } = self;
        eprintln!("{what}: {refused} refused, {none} chose none, {some} chose some");
        let counts = [("refused", refused), ("chose none", none), ("chose some", some)];
        for (name, count) in counts {
            assert!(*count >= 20 || !needed.contains(&name), "only {count} {what} {name}");
        }
    }
}

fn rounds() -> usize {
    std::env::var("OBSCTL_K8S_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number"))
}

/// The same values each time.
fn random<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

const KEYS: [&str; 5] = ["a", "b", "in", "app.kubernetes.io/name", "N_1.x"];
const VALUES: [&str; 8] = ["", "x", "y", "web", "1", "7", "10", "notin"];

fn label_sets() -> impl Strategy<Value = Vec<(String, String)>> {
    let pair = (select(&KEYS[..]), select(&VALUES[..])).prop_map(|(k, v)| (k.to_owned(), v.to_owned()));
    proptest::collection::vec(pair, 0..5)
}

/// Names of every kind, and what nearly is one.
fn names() -> impl Strategy<Value = String> {
    const PARTS: [&str; 14] = ["a", "b", "z", "A", "0", "9", "-", "--", ".", "_", "/", "é", " ", "a.io/"];
    let parts = proptest::collection::vec(select(&PARTS[..]), 0..5).prop_map(|parts| parts.concat());
    let long = (select(vec!["a", "a.", "a/"]), select(vec![14, 15, 16, 62, 63, 64, 252, 253, 254]))
        .prop_map(|(start, len)| format!("{start}{}", "b".repeat(len - start.len())));
    prop_oneof![4 => parts, 1 => long]
}

/// Well-formed selectors; of `<` and `>` some compare no integers.
fn good_selectors() -> impl Strategy<Value = String> {
    let key = || select(&KEYS[..]);
    let value = || select(&VALUES[..]);
    let list = proptest::collection::vec(value(), 0..4).prop_map(|values| values.join(","));
    let blank = || select(vec!["", "", " ", "\t ", "\n"]);
    let compared = (key(), blank(), select(vec!["=", "==", "!=", ">", "<"]), blank(), value())
        .prop_map(|(key, a, op, b, value)| format!("{key}{a}{op}{b}{value}"));
    let listed = (key(), select(vec![" in ", " notin ", " in", " notin"]), list, blank())
        .prop_map(|(key, op, list, blank)| format!("{key}{op}({list}){blank}"));
    let there = (select(vec!["", "!", "! "]), key()).prop_map(|(not, key)| format!("{not}{key}"));
    let requirement = prop_oneof![3 => compared, 2 => listed, 1 => there];
    proptest::collection::vec(requirement, 1..4).prop_map(|all| all.join(","))
}

/// Selectors: most well-formed, many with a part too much, some of parts alone.
fn selector_texts() -> impl Strategy<Value = String> {
    const PARTS: [&str; 25] = [
        "a", "b", "in", "notin", "=", "==", "!=", "!", "(", ")", ",", ",", " ", "<", ">", "1", "x/y", "/",
        "-", "ä", "a_", "(,)", "(a,,b)", "(,,)", "in(x)",
    ];
    let odd = proptest::collection::vec(select(&PARTS[..]), 0..7).prop_map(|parts| parts.concat());
    let place = any::<Index>();
    let changed = (good_selectors(), select(&PARTS[..]), place).prop_map(|(text, part, place)| {
        let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        places.push(text.len());
        let (before, after) = text.split_at(places[place.index(places.len())]);
        format!("{before}{part}{after}")
    });
    prop_oneof![3 => good_selectors(), 2 => changed, 1 => odd]
}

/// Label selectors as JSON: most well-formed, many with a key, a value, an operator or a type that is not.
fn label_selectors() -> impl Strategy<Value = Json> {
    let text = |good: &'static [&'static str], odd: Vec<Json>| prop_oneof![9 => select(good).prop_map(Json::from), 1 => select(odd)];
    let keys = || select(vec!["a", "b.c/d", "E_1", "a", "b", "x y", "", "-a"]);
    let value = move || text(&VALUES, vec![Json::Null, 1.into(), true.into(), "a b".into(), "_".into()]);
    let labels = proptest::collection::vec((keys(), value()), 0..3)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Json>());
    let operator = text(
        &["In", "NotIn", "Exists", "DoesNotExist"],
        vec!["in".into(), "Gt".into(), "".into(), Json::Null, 1.into()],
    );
    let values = prop_oneof![
        6 => proptest::collection::vec(value(), 0..3).prop_map(Json::from),
        1 => select(vec![Json::Null, "a".into()]),
    ];
    let field =
        |name: &'static str, value: BoxedStrategy<Json>| (Just(name), proptest::option::weighted(0.9, value));
    let key = prop_oneof![9 => keys().prop_map(Json::from), 1 => Just(Json::Null)];
    let expression = (
        field("key", key.boxed()),
        field("operator", operator.boxed()),
        (Just("values"), proptest::option::of(values.boxed())),
    )
        .prop_map(|(key, operator, values)| object([key, operator, values]));
    let expression = prop_oneof![12 => expression, 1 => select(vec![Json::Null, 1.into()])];
    let expressions = proptest::collection::vec(expression, 0..3).prop_map(Json::from);
    let odd = || select(vec![Json::Null, "a".into(), Json::Array(Vec::new())]);
    let labels = prop_oneof![9 => labels, 1 => odd()];
    let expressions = prop_oneof![9 => expressions, 1 => odd()];
    let unknown = proptest::option::weighted(0.1, Just(Json::Bool(true)));
    (proptest::option::of(labels), proptest::option::of(expressions), unknown).prop_map(
        |(labels, expressions, any)| {
            object([("matchLabels", labels), ("matchExpressions", expressions), ("any", any)])
        },
    )
}

fn object<const N: usize>(fields: [(&str, Option<Json>); N]) -> Json {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Strings that YAML might read as something else.
fn nasty() -> impl Strategy<Value = String> {
    const WHOLE: [&str; 40] = [
        "",
        "~",
        "null",
        "true",
        "on",
        "No",
        "y",
        "1",
        "-1",
        "017",
        "0o17",
        "0x1F",
        "1_000",
        "1e3",
        ".5",
        ".inf",
        ".NaN",
        "12:30:45",
        "2001-01-01",
        "2001-01-01T00:00:00Z",
        "=",
        "<<",
        "- x",
        "-",
        "a: b",
        "a:",
        "a #b",
        "{{ x }}",
        "@",
        "`",
        "!a",
        "&a",
        "*a",
        "|",
        "%a",
        "? a",
        "---",
        "...",
        "+1",
        "1.2.3",
    ];
    const PARTS: [&str; 37] = [
        "a", "b", "ö", " ", "  ", "\n", "\n\n", "\t", "\r", "#", " #", ": ", ":", "- ", "---\n", "'", "\"",
        "\\", "{{", "[", "]", ",", "1", "0", "true", "~", "%", "😀", "\u{85}", "\u{a0}", "\u{2028}",
        "\u{feff}", "\u{7}", "\u{0}", "\u{7f}", "\u{ffff}", "\u{202e}",
    ];
    let parts = proptest::collection::vec(select(&PARTS[..]), 0..9).prop_map(|parts| parts.concat());
    let long =
        (parts.clone(), 100..1500_usize).prop_map(|(text, times)| text.repeat(times / (text.len() + 1)));
    prop_oneof![2 => select(&WHOLE[..]).prop_map(str::to_owned), 4 => parts, 1 => long, 1 => any::<String>()]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        5 => nasty().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        let pairs = proptest::collection::vec((nasty(), inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            pairs.prop_map(|pairs| Value::Map(Map::from_iter(pairs))),
        ]
    })
}
