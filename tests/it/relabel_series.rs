//! Where `labelmap` maps several labels of a *series* to one name, a real Prometheus keeps the one that is kept here.
//!
//! Of targets it is left to chance (see `relabel.rs`); of series there is an order: labels as they came, the
//! target's among them, by name; then those that rules set, as they were first set. Every job scrapes the same series and
//! has rules of its own; what became of them the API says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use obsctl::base::version::Version;
use obsctl::relabel::{Labels, Outcome, RuleSpec, Rules};

use crate::relabel::collides;
use crate::support::http::{self, Server};
use crate::support::peers::{self, PROMETHEUS};
use crate::support::prometheus::Prometheus;
use crate::support::random::Random;
use crate::support::wait;

const JOBS: usize = 60;
const SERIES: usize = 40;
const NAMES: &[&str] = &["a", "b", "c", "m", "n", "x", "z"];
const REGEXES: &[&str] = &[".", "[a-n]", "(.)", "a|instance", "job|c", "m|z|b", "(a|x|job|instance)"];
const TARGETS: &[&str] = &["m", "x", "z", "a", "to_$1", "k"];

type Set = BTreeMap<String, String>;

#[test]
fn prometheus_3_maps_the_labels_of_series_in_this_order() {
    let Some([binary]) = peers::find("labelmap against prometheus 3", [PROMETHEUS]) else { return };
    let mut random = Random(7);
    let series: Vec<Set> = (0..SERIES).map(|number| one_series(number, &mut random)).collect();
    let text: String = series.iter().map(exposition).collect();
    let server = Server::start(move |_| {
        (200, vec![("Content-Type", "text/plain; version=0.0.4".to_owned())], text.clone().into_bytes())
    });
    let jobs: Vec<Vec<RuleSpec>> = (0..JOBS).map(|_| rules(&mut random)).collect();
    let config: String =
        jobs.iter().enumerate().map(|(number, rules)| job(number, rules, server.address)).collect();
    let prometheus = Prometheus::start(&binary, "", |_| {
        format!("global: {{scrape_interval: 1s}}\nscrape_configs:\n{config}")
    });
    let (mut pairs, mut collided) = (0, 0);
    for (number, specs) in jobs.iter().enumerate() {
        let rules = Rules::read(specs.iter().cloned(), Version::new(3, 5)).expect("rules are sound");
        let seen = seen(prometheus.address, number);
        for labels in &series {
            let mut all = labels.clone();
            all.insert("instance".to_owned(), server.address.to_string());
            all.insert("job".to_owned(), format!("job{number}"));
            let mut expect = Labels::new();
            expect.assign(all.iter().map(|(name, value)| (&**name, &**value)));
            let explanation = rules.explain(&mut expect.clone());
            assert_eq!(rules.apply(&mut expect), Outcome::Kept);
            let ours: Set = expect.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let theirs = seen.get(&labels["case"]);
            assert_eq!(theirs, Some(&ours), "left Prometheus, right obsctl: {labels:?} by {specs:#?}");
            pairs += 1;
            collided += usize::from(explanation.steps.iter().any(|step| collides(&step.effect)));
        }
    }
    eprintln!("{pairs} series, in {collided} of them several values are mapped to one name");
    assert!(collided * 3 > pairs, "{collided} of {pairs}");
}

fn one_series(number: usize, random: &mut Random) -> Set {
    let labels =
        NAMES.iter().filter(|_| !random.one_in(3)).map(|name| ((*name).to_owned(), format!("{name}1")));
    let mut labels: Set = labels.collect();
    labels.insert("__name__".to_owned(), "up_down".to_owned());
    labels.insert("case".to_owned(), number.to_string());
    labels
}

fn exposition(labels: &Set) -> String {
    let others = labels.iter().filter(|(name, _)| *name != "__name__");
    let others: Vec<String> = others.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("{}{{{}}} 1\n", labels["__name__"], others.join(","))
}

/// Labels set, deleted and set anew, then two mappings.
fn rules(random: &mut Random) -> Vec<RuleSpec> {
    let text = |text: &str| Some(text.to_owned());
    let mut rules = Vec::new();
    for _ in 0..random.below(5) {
        let replacement = if random.one_in(4) { "" } else { *random.pick(&["p", "q", "r"]) };
        let (target_label, replacement) = (text(random.pick::<&str>(NAMES)), text(replacement));
        rules.push(RuleSpec { target_label, replacement, ..RuleSpec::default() });
    }
    for _ in 0..2 {
        rules.push(RuleSpec {
            action: text("labelmap"),
            regex: text(random.pick::<&str>(REGEXES)),
            replacement: text(random.pick::<&str>(TARGETS)),
            ..RuleSpec::default()
        });
    }
    rules
}

fn job(number: usize, rules: &[RuleSpec], target: SocketAddr) -> String {
    let rules: Vec<String> = rules
        .iter()
        .map(|rule| {
            let fields = [
                ("action", &rule.action),
                ("regex", &rule.regex),
                ("target_label", &rule.target_label),
                ("replacement", &rule.replacement),
            ];
            let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
            let fields: Vec<String> = fields.map(|(name, value)| format!("{name}: '{value}'")).collect();
            format!("{{{}}}", fields.join(", "))
        })
        .collect();
    format!(
        "- {{job_name: job{number}, static_configs: [{{targets: ['{target}']}}], metric_relabel_configs: [{}]}}\n",
        rules.join(", ")
    )
}

#[derive(serde::Deserialize)]
struct Answer {
    data: Vec<Set>,
}

/// What became of the series of a job, by their case.
fn seen(address: SocketAddr, job: usize) -> BTreeMap<String, Set> {
    let path = format!("/api/v1/series?match%5B%5D=%7Bjob%3D%22job{job}%22%2Ccase%21%3D%22%22%7D");
    let mut found = BTreeMap::new();
    wait::until("all series", Duration::from_secs(60), || {
        let answer = http::get(address, &path).map_err(|err| err.to_string())?;
        let Answer { data } = serde_json::from_slice(&answer.body).map_err(|err| err.to_string())?;
        found = data.into_iter().map(|labels| (labels["case"].clone(), labels)).collect();
        if found.len() == SERIES { Ok(()) } else { Err(format!("{} series", found.len())) }
    });
    found
}
