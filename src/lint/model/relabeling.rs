//! Lists of relabel rules, wherever they stand.

use super::job::Job;
use super::spelling::Spelling;
use crate::k8s::{self, Object};
use crate::lint::options::Options;
use crate::relabel::{Dialect, Rule, RuleError, RuleSpec};
use crate::yaml::{Kind as Shape, Node, Value};

/// A list of relabel rules.
pub(in crate::lint) struct Relabeling<'w> {
    pub(in crate::lint) stage: Stage,
    pub(in crate::lint) spelling: Spelling,
    /// The job it is of, where it is of one.
    pub(in crate::lint) job: Option<Job<'w>>,
    pub(in crate::lint) entries: Vec<Entry<'w>>,
}

/// On what the rules of a list work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::lint) enum Stage {
    /// Labels of targets, before the scrape.
    Target,
    /// Labels of samples, after it.
    Metric,
    /// Labels of samples that are sent.
    Write,
    /// Labels of alerts.
    Alert,
    /// Labels of Alertmanagers.
    Alertmanager,
    /// A list by itself: anything.
    Unknown,
}

/// One rule of a list.
pub(in crate::lint) struct Entry<'w> {
    pub(in crate::lint) node: Node<'w>,
    pub(in crate::lint) spelling: Spelling,
    /// The rule; `None` where its fields are not even of the right shape.
    pub(in crate::lint) rule: Option<Result<Rule, RuleError>>,
}

impl<'w> Relabeling<'w> {
    /// What happens because of a rule that is refused.
    pub(in crate::lint) fn refusal(&self) -> &'static str {
        match self.spelling {
            Spelling::File => "Prometheus refuses to load the whole file",
            Spelling::Object => "the operator leaves the whole object out, and says so in an Event only",
        }
    }

    pub(super) fn new(node: Node<'w>, stage: Stage, spelling: Spelling, dialect: Dialect) -> Self {
        let entries = node.items().map(|node| Entry::new(node, spelling, dialect)).collect();
        Self { stage, spelling, job: None, entries }
    }

    /// The rules that Prometheus takes, with their places in the list; `None` where one is refused or not read, so that
    /// what comes after it cannot be told.
    pub(in crate::lint) fn all_valid(&self) -> Option<Vec<&Rule>> {
        self.entries.iter().map(Entry::valid).collect()
    }
}

impl<'w> Entry<'w> {
    fn new(node: Node<'w>, spelling: Spelling, dialect: Dialect) -> Self {
        // What is null is no rule at all, which is another finding.
        let rule = spec(node, spelling).filter(|_| node.value().is_none());
        let rule = rule.map(|spec| Rule::new(spec, dialect));
        Self { node, spelling, rule }
    }

    /// The rule, where Prometheus takes it.
    pub(in crate::lint) fn valid(&self) -> Option<&Rule> {
        self.rule.as_ref()?.as_ref().ok()
    }

    /// The field that Prometheus calls `name`.
    pub(in crate::lint) fn get(&self, name: &'static str) -> Option<Node<'w>> {
        self.node.get(&self.spelling.of(name))
    }

    /// The field, or the key of the action, or the first key: the smallest place that there is.
    pub(in crate::lint) fn place(&self, name: &'static str) -> Node<'w> {
        let first = || self.node.entries().next().map(|entry| entry.key);
        self.get(name).or_else(|| self.get("action")).or_else(first).unwrap_or(self.node)
    }

    /// The text of a field where one is written that counts.
    pub(in crate::lint) fn text(&self, name: &'static str) -> Option<&'w str> {
        self.get(name).filter(|node| node.value() != Some(Value::Null))?.text()
    }

    /// What it writes, variables not expanded.
    pub(in crate::lint) fn replacement(&self) -> &'w str {
        self.text("replacement").unwrap_or("$1")
    }

    /// Where the source label `name` is written.
    pub(in crate::lint) fn source(&self, name: &str) -> Node<'w> {
        let list = self.get("source_labels");
        let named = list.and_then(|list| list.items().find(|item| item.text() == Some(name)));
        named.unwrap_or_else(|| self.place("source_labels"))
    }
}

/// What is written. `None` where a field has another shape, which is another finding.
fn spec(node: Node<'_>, spelling: Spelling) -> Option<RuleSpec> {
    let object = spelling == Spelling::Object;
    let text = |name| match node.get(&spelling.of(name)) {
        // Nothing is the empty text to Go's YAML library, not the default; the operator leaves out what is nothing.
        Some(node) if node.value() == Some(Value::Null) => Some((!object).then(String::new)),
        // It leaves out what is empty too, where it cannot tell it from what is not there.
        Some(node) if object && node.text() == Some("") && matches!(name, "regex" | "action") => Some(None),
        Some(node) => node.text().map(|text| Some(text.to_owned())),
        None => Some(None),
    };
    let source_labels = match node.get(&spelling.of("source_labels")) {
        // A null is a label without a name, which Prometheus takes; what it does with it is not worth to know.
        Some(list) if list.items().any(|item| item.value() == Some(Value::Null)) => return None,
        Some(list) if list.value() == Some(Value::Null) => None,
        Some(list) if list.kind() == Shape::Sequence => {
            let labels: Vec<_> =
                list.items().map(|item| item.text().map(str::to_owned)).collect::<Option<_>>()?;
            (!labels.is_empty() || !object).then_some(labels)
        }
        Some(_) => return None,
        None => None,
    };
    let modulus = match node.get("modulus").and_then(Node::value) {
        Some(Value::Int(number)) => Some(u64::try_from(number).ok()?),
        Some(Value::Null) | None => None,
        Some(_) => return None,
    };
    Some(RuleSpec {
        source_labels,
        separator: text("separator")?,
        regex: text("regex")?,
        modulus,
        target_label: text("target_label")?,
        replacement: text("replacement")?,
        action: text("action")?,
    })
}

const SCHEME: &str = "metric_name_validation_scheme";

/// The dialect where these settings say which names hold, the first that does.
fn dialect(schemes: &[Option<Node<'_>>], options: &Options) -> Dialect {
    let mut set = schemes.iter().filter_map(|node| (*node)?.text()).filter(|text| !text.is_empty());
    Dialect { legacy_names: set.next() == Some("legacy"), ..Dialect::from(options.prometheus) }
}

/// The lists of a job.
pub(super) fn of_job<'w>(job: &Job<'w>, options: &Options) -> Vec<Relabeling<'w>> {
    let dialect = dialect(&[job.get(SCHEME), job.global.and_then(|global| global.get(SCHEME))], options);
    let targets = job.node.get("targets");
    let under = |key| targets?.get(key)?.get("relabelingConfigs");
    let lists = [
        (job.get("relabel_configs"), Stage::Target),
        (under("staticConfig"), Stage::Target), // of a Probe
        (under("ingress"), Stage::Target),
        (job.get("metric_relabel_configs"), Stage::Metric),
    ];
    let found = lists.into_iter().filter_map(|(list, stage)| {
        Some(Relabeling { job: Some(*job), ..Relabeling::new(list?, stage, job.spelling, dialect) })
    });
    found.collect()
}

/// A document that is nothing but a list.
pub(super) fn of_list<'w>(root: Node<'w>, options: &Options) -> Relabeling<'w> {
    Relabeling::new(root, Stage::Unknown, Spelling::File, dialect(&[], options))
}

/// The lists of a `prometheus.yml` that are not of a scrape job.
pub(super) fn of_file<'w>(root: Node<'w>, options: &Options, found: &mut Vec<Relabeling<'w>>) {
    let dialect = dialect(&[root.get("global").and_then(|global| global.get(SCHEME))], options);
    let mut add = |list: Option<Node<'w>>, stage| {
        found.extend(list.map(|list| Relabeling::new(list, stage, Spelling::File, dialect)));
    };
    for write in root.get("remote_write").into_iter().flat_map(Node::items) {
        add(write.get("write_relabel_configs"), Stage::Write);
    }
    let Some(alerting) = root.get("alerting") else { return };
    add(alerting.get("alert_relabel_configs"), Stage::Alert);
    for manager in alerting.get("alertmanagers").into_iter().flat_map(Node::items) {
        add(manager.get("relabel_configs"), Stage::Alertmanager);
        add(manager.get("alert_relabel_configs"), Stage::Alert);
    }
}

/// The lists of a Prometheus, of whatever kind: what it sends, its scrape classes, its Alertmanagers.
pub(super) fn of_object<'w>(object: &Object<'w>, options: &Options, found: &mut Vec<Relabeling<'w>>) {
    use k8s::Kind::{Prometheus, PrometheusAgent, ThanosRuler};
    if !matches!(object.kind(), Prometheus | PrometheusAgent | ThanosRuler) {
        return;
    }
    let Some(spec) = object.spec() else { return };
    let dialect = dialect(&[], options);
    let mut add = |of: Option<Node<'w>>, lists: &[(&str, Stage)]| {
        for node in of.into_iter().flat_map(Node::items) {
            for (name, stage) in lists {
                let list = node.get(name);
                found.extend(list.map(|list| Relabeling::new(list, *stage, Spelling::Object, dialect)));
            }
        }
    };
    add(spec.get("remoteWrite"), &[("writeRelabelConfigs", Stage::Write)]);
    add(spec.get("scrapeClasses"), &[("relabelings", Stage::Target), ("metricRelabelings", Stage::Metric)]);
    add(
        spec.get("alerting").and_then(|alerting| alerting.get("alertmanagers")),
        &[("relabelings", Stage::Alertmanager), ("alertRelabelings", Stage::Alert)],
    );
}
