//! Which namespaces and objects a field selects: the operator's selectors, where absent and empty differ.

use super::kind::Kind;
use super::object::Object;
use super::pairs::{Placed, present};
use super::selector::{Fault, Labels, Selector, known_fields};
use crate::yaml::{Kind as Shape, Node, Value};

/// The label that every namespace has, its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Which namespaces are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Namespaces<'d> {
    /// The one of the object that has the field.
    Own,
    All,
    Named(Vec<&'d str>),
    /// Those with such labels.
    Labelled(Selector),
}

/// A pair of fields by which a Prometheus, Alertmanager or ThanosRuler selects other objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Under `spec`: a label selector; absent it selects nothing, empty everything.
    pub objects: &'static str,
    /// Under `spec`: a label selector of namespaces; absent it is the own namespace, empty all of them.
    pub namespaces: &'static str,
    /// What is selected.
    pub kind: Kind,
}

/// What one object selects by a [`Field`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice<'d> {
    /// `None` selects nothing: the field is absent, or refused.
    pub objects: Option<Selector>,
    /// `None` when the field is refused.
    pub namespaces: Option<Namespaces<'d>>,
    pub faults: Vec<Placed<Fault>>,
}

const SERVICE_MONITORS: Field = Field {
    objects: "serviceMonitorSelector",
    namespaces: "serviceMonitorNamespaceSelector",
    kind: Kind::ServiceMonitor,
};
const POD_MONITORS: Field = Field {
    objects: "podMonitorSelector",
    namespaces: "podMonitorNamespaceSelector",
    kind: Kind::PodMonitor,
};
const PROBES: Field =
    Field { objects: "probeSelector", namespaces: "probeNamespaceSelector", kind: Kind::Probe };
const SCRAPE_CONFIGS: Field = Field {
    objects: "scrapeConfigSelector",
    namespaces: "scrapeConfigNamespaceSelector",
    kind: Kind::ScrapeConfig,
};
const RULES: Field =
    Field { objects: "ruleSelector", namespaces: "ruleNamespaceSelector", kind: Kind::PrometheusRule };
const ALERTMANAGER_CONFIGS: Field = Field {
    objects: "alertmanagerConfigSelector",
    namespaces: "alertmanagerConfigNamespaceSelector",
    kind: Kind::AlertmanagerConfig,
};

impl Field {
    /// The fields by which objects of this kind select others; none of most kinds.
    #[must_use]
    pub fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Prometheus => &[SERVICE_MONITORS, POD_MONITORS, PROBES, SCRAPE_CONFIGS, RULES],
            Kind::PrometheusAgent => &[SERVICE_MONITORS, POD_MONITORS, PROBES, SCRAPE_CONFIGS],
            Kind::ThanosRuler => &[RULES],
            Kind::Alertmanager => &[ALERTMANAGER_CONFIGS],
            _ => &[],
        }
    }

    /// What an object selects by the field.
    #[must_use]
    pub fn read<'d>(&self, object: &Object<'d>) -> Choice<'d> {
        let field = |name| present(object.spec()?, name).map(Selector::read);
        let mut faults = Vec::new();
        let objects = field(self.objects).and_then(|reading| {
            faults.extend(reading.faults);
            reading.selector
        });
        let namespaces = match field(self.namespaces) {
            None => Some(Namespaces::Own),
            Some(reading) => {
                faults.extend(reading.faults);
                reading.selector.map(|selector| match selector.requirements() {
                    [] => Namespaces::All,
                    _ => Namespaces::Labelled(selector),
                })
            }
        };
        Choice { objects, namespaces, faults }
    }
}

impl<'d> Namespaces<'d> {
    /// The `namespaceSelector` of a monitor (`any`, `matchNames`), `None` where it has none. Labels are not known to
    /// it: `matchLabels` in it is dropped, and reported.
    #[must_use]
    pub fn of_monitor(node: Option<Node<'d>>) -> (Self, Vec<Placed<Fault>>) {
        let mut faults = Vec::new();
        let Some(node) = node.filter(|node| node.value() != Some(Value::Null)) else {
            return (Self::Own, faults);
        };
        let mut wrong = |node: Node<'_>, what, needed| {
            faults.push(Placed::new(Fault::Type { what, needed }, node.span()));
        };
        if node.kind() != Shape::Mapping {
            wrong(node, "a namespace selector", "a mapping with `any` or `matchNames`");
        }
        let any = present(node, "any");
        if let Some(other) = any.filter(|any| !matches!(any.value(), Some(Value::Bool(_)))) {
            wrong(other, "`any`", "`true` or `false`");
        }
        let list = present(node, "matchNames");
        if let Some(other) = list.filter(|list| list.kind() != Shape::Sequence) {
            wrong(other, "`matchNames`", "a list of namespaces");
        }
        let mut names = Vec::new();
        for item in list.into_iter().flat_map(Node::items) {
            match item.as_str() {
                Some(name) => names.push(name),
                None => wrong(item, "each of `matchNames`", "a string"),
            }
        }
        known_fields(node, "a monitor's namespace selector", &["any", "matchNames"], &mut faults);
        let namespaces = match any.and_then(Node::value) {
            Some(Value::Bool(true)) => Self::All,
            _ if names.is_empty() => Self::Own,
            _ => Self::Named(names),
        };
        (namespaces, faults)
    }

    /// Whether the namespace `target` is meant. `own` is the one of the object that has the field, `labels` those of
    /// the target, where they are known. `None` when that cannot be said: a namespace is unknown, or its labels are.
    #[must_use]
    pub fn cover(
        &self,
        own: Option<&str>,
        target: Option<&str>,
        labels: Option<&Labels<'_>>,
    ) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Own => Some(own? == target?),
            Self::Named(names) => Some(names.contains(&target?)),
            Self::Labelled(selector) => {
                let by_name = |key: &str| target.filter(|_| key == NAME_LABEL);
                let verdicts = selector.requirements().iter().map(|requirement| {
                    let key = requirement.key();
                    match (by_name(key), labels) {
                        (Some(name), _) => Some(requirement.matches(Some(name))),
                        (None, Some(labels)) if key != NAME_LABEL => {
                            Some(requirement.matches(labels.get(key).copied()))
                        }
                        _ => None,
                    }
                });
                // One that does not hold is enough for no; all must be known for yes.
                let verdicts: Vec<Option<bool>> = verdicts.collect();
                if verdicts.contains(&Some(false)) {
                    return Some(false);
                }
                (!verdicts.contains(&None)).then_some(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Budget, File};

    /// A Prometheus with this `spec`: which labels its ServiceMonitors need, and in which namespaces.
    #[track_caller]
    fn check(spec: &str, objects: Option<&str>, namespaces: Option<&Namespaces<'_>>, faults: usize) {
        let text = format!("{{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {spec}}}");
        let file = File::parse(text, &Budget::default());
        let object = Object::all(&file).pop().expect("an object");
        let field = Field::of(object.kind()).first().expect("it selects ServiceMonitors");
        let choice = field.read(&object);
        assert_eq!(choice.objects.map(|selector| selector.to_string()).as_deref(), objects);
        assert_eq!(choice.namespaces.as_ref(), namespaces);
        assert_eq!(choice.faults.len(), faults);
    }

    #[test]
    fn an_absent_selector_selects_nothing_and_an_empty_one_everything() {
        check("{}", None, Some(&Namespaces::Own), 0);
        check("{serviceMonitorSelector: }", None, Some(&Namespaces::Own), 0);
        check("{serviceMonitorSelector: {}}", Some(""), Some(&Namespaces::Own), 0);
        check("{serviceMonitorNamespaceSelector: {}}", None, Some(&Namespaces::All), 0);
        check("{serviceMonitorNamespaceSelector: {matchLabels: }}", None, Some(&Namespaces::All), 0);
        let labels = "{serviceMonitorSelector: {matchLabels: {release: k}}}";
        check(labels, Some("release=k"), Some(&Namespaces::Own), 0);
    }

    #[test]
    fn fields_that_are_pruned_or_refused_are_reported() {
        check("{serviceMonitorNamespaceSelector: {any: true}}", None, Some(&Namespaces::All), 1);
        check("{serviceMonitorNamespaceSelector: {matchNames: [a]}}", None, Some(&Namespaces::All), 1);
        check("{serviceMonitorNamespaceSelector: [a]}", None, None, 1);
        check("{serviceMonitorSelector: {matchExpressions: [{}]}}", None, Some(&Namespaces::Own), 1);
    }

    #[test]
    fn only_some_kinds_select() {
        let count = |kind| Field::of(kind).len();
        assert_eq!(
            [Kind::Prometheus, Kind::PrometheusAgent, Kind::ThanosRuler, Kind::Alertmanager, Kind::Pod]
                .map(count),
            [5, 4, 1, 1, 0]
        );
    }

    #[track_caller]
    fn check_monitor(text: &str, expect: &Namespaces<'_>, faults: usize) {
        let file = File::parse(text, &Budget::default());
        let (namespaces, found) = Namespaces::of_monitor(file.documents()[0].root());
        assert_eq!((&namespaces, found.len()), (expect, faults), "{found:?}");
    }

    #[test]
    fn a_monitor_names_namespaces() {
        check_monitor("{}", &Namespaces::Own, 0);
        check_monitor("null", &Namespaces::Own, 0);
        check_monitor("{any: false, matchNames: []}", &Namespaces::Own, 0);
        check_monitor("{any: true, matchNames: [a]}", &Namespaces::All, 0);
        check_monitor("{matchNames: [a, b]}", &Namespaces::Named(vec!["a", "b"]), 0);
        check_monitor("{matchLabels: {a: b}}", &Namespaces::Own, 1);
        check_monitor("{any: 'true', matchNames: a}", &Namespaces::Own, 2);
        check_monitor("[a]", &Namespaces::Own, 1);
    }

    #[test]
    fn what_is_not_known_is_not_decided() {
        let labelled = |text: &str| Namespaces::Labelled(Selector::parse(text).expect("a selector"));
        let team = Labels::from([("team", "a")]);
        for (namespaces, own, target, labels, expect) in [
            (Namespaces::All, None, None, None, Some(true)),
            (Namespaces::Own, Some("a"), Some("a"), None, Some(true)),
            (Namespaces::Own, Some("a"), Some("b"), None, Some(false)),
            (Namespaces::Own, None, Some("b"), None, None),
            (Namespaces::Named(vec!["a"]), None, Some("b"), None, Some(false)),
            (Namespaces::Named(vec!["a"]), None, None, None, None),
            (labelled("team=a"), None, Some("n"), Some(&team), Some(true)),
            (labelled("team=b"), None, None, Some(&team), Some(false)),
            (labelled("team=a"), None, Some("n"), None, None),
            (labelled("kubernetes.io/metadata.name=n"), None, Some("n"), None, Some(true)),
            (labelled("kubernetes.io/metadata.name in (x,y),team=a"), None, Some("n"), None, Some(false)),
            (labelled("kubernetes.io/metadata.name=n,team=a"), None, Some("n"), None, None),
            (labelled("kubernetes.io/metadata.name=n,team=a"), None, Some("n"), Some(&team), Some(true)),
            (labelled("kubernetes.io/metadata.name=n"), None, None, Some(&team), None),
        ] {
            assert_eq!(namespaces.cover(own, target, labels), expect, "{namespaces:?} {own:?} {target:?}");
        }
    }
}
