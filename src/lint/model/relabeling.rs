//! Lists of relabel rules, wherever they stand.

use super::job::Job;
use super::spelling::Spelling;
use crate::lint::Options;
use crate::relabel::{Dialect, Rule, RuleError, RuleSpec};
use crate::yaml::{Node, Value};

/// A list of relabel rules.
pub(in crate::lint) struct Relabeling<'w> {
    /// The list.
    pub(in crate::lint) node: Node<'w>,
    pub(in crate::lint) stage: Stage,
    spelling: Spelling,
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
    /// Labels of alerts, and of Alertmanagers.
    Alert,
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

    pub(super) fn new(node: Node<'w>, stage: Stage, spelling: Spelling, options: &Options) -> Self {
        Self::in_dialect(node, stage, spelling, Dialect::from(options.prometheus))
    }

    fn in_dialect(node: Node<'w>, stage: Stage, spelling: Spelling, dialect: Dialect) -> Self {
        let entries = node.items().map(|node| Entry::new(node, spelling, dialect)).collect();
        Self { node, stage, spelling, entries }
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
}

/// What is written. `None` where a field has another shape, which is another finding.
fn spec(node: Node<'_>, spelling: Spelling) -> Option<RuleSpec> {
    let text = |name| match node.get(&spelling.of(name)) {
        // Nothing is the empty text to Go's YAML library, not the default; an object in a cluster has no nothing, but
        // its regex is read by code that takes it for empty.
        Some(node) if node.value() == Some(Value::Null) => match spelling {
            Spelling::Object if name != "regex" => Some(None),
            _ => Some(Some(String::new())),
        },
        Some(node) => node.text().map(|text| Some(text.to_owned())),
        None => Some(None),
    };
    let source_labels = match node.get(&spelling.of("source_labels")) {
        // A null is a label without a name, which Prometheus takes; what it does with it is not worth to know.
        Some(list) if list.items().any(|item| item.value() == Some(Value::Null)) => return None,
        Some(list) => Some(list.items().map(|item| item.text().map(str::to_owned)).collect::<Option<_>>()?),
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
pub(super) fn of_job<'w>(job: &Job<'w>, options: &Options) -> impl Iterator<Item = Relabeling<'w>> {
    let dialect = dialect(&[job.get(SCHEME), job.global.and_then(|global| global.get(SCHEME))], options);
    [("relabel_configs", Stage::Target), ("metric_relabel_configs", Stage::Metric)].into_iter().filter_map(
        move |(name, stage)| Some(Relabeling::in_dialect(job.get(name)?, stage, job.spelling, dialect)),
    )
}

/// The lists of a `prometheus.yml` that are not of a scrape job.
pub(super) fn of_file<'w>(root: Node<'w>, options: &Options, found: &mut Vec<Relabeling<'w>>) {
    let dialect = dialect(&[root.get("global").and_then(|global| global.get(SCHEME))], options);
    let mut add = |list: Option<Node<'w>>, stage| {
        found.extend(list.map(|list| Relabeling::in_dialect(list, stage, Spelling::File, dialect)));
    };
    for write in root.get("remote_write").into_iter().flat_map(Node::items) {
        add(write.get("write_relabel_configs"), Stage::Write);
    }
    let Some(alerting) = root.get("alerting") else { return };
    add(alerting.get("alert_relabel_configs"), Stage::Alert);
    for manager in alerting.get("alertmanagers").into_iter().flat_map(Node::items) {
        add(manager.get("relabel_configs"), Stage::Target);
        add(manager.get("alert_relabel_configs"), Stage::Alert);
    }
}
