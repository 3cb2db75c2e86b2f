//! Monitors that name a scrape class which their Prometheus does not have.

use crate::base::suggest;
use crate::diagnostic::Severity;
use crate::k8s::{Kind, Placed};
use crate::lint::model::{Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/scrape-class",
    severity: Severity::Error,
    summary: "a monitor with a scrape class that its Prometheus does not have",
    page: include_str!("../../../../docs/rules/operator/scrape-class.md"),
    opt_in: false,
    check: Check::World(check),
};

const KINDS: [Kind; 4] = [Kind::ServiceMonitor, Kind::PodMonitor, Kind::Probe, Kind::ScrapeConfig];

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for monitor in KINDS.iter().flat_map(|kind| model.graph.of(*kind)) {
        let class = monitor.object.spec().and_then(|spec| Placed::of(spec, "scrapeClass"));
        let Some(class) = class.filter(|class| !class.value.is_empty()) else { continue };
        let links = model.graph.selected_by(monitor);
        for link in links.iter().filter(|link| Link::holds(link)) {
            let classes = link.from.object.spec().and_then(|spec| spec.get("scrapeClasses"));
            let names: Vec<&str> = classes
                .into_iter()
                .flat_map(Node::items)
                .filter_map(|class| class.get("name").and_then(Node::as_str))
                .collect();
            if names.contains(&class.value) {
                continue;
            }
            let help = match suggest::nearest(class.value, names.iter().copied()) {
                Some(near) => format!("write `{near}`"),
                None if names.is_empty() => {
                    "add it to the `scrapeClasses` of the Prometheus, or remove it here".to_owned()
                }
                None => format!("it has `{}`", names.join("`, `")),
            };
            let message = format!("{} has no scrape class `{}`", link.from.title(), class.value);
            let finding = RULE
                .at(class.span, message)
                .label("no such class")
                .why("the operator leaves the whole object out, and says so in an Event only")
                .help(help);
            out.report_in(monitor.source, finding);
        }
    }
}
