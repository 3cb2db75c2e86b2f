//! `prometheus.io/*` where the only Prometheus is one of prometheus-operator, which does not read it.

use crate::diagnostic::Severity;
use crate::k8s::{self, Kind, Level};
use crate::lint;
use crate::lint::live;
use crate::lint::model::{Item, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "annotation/annotation-unused",
    severity: Severity::Info,
    summary: "`prometheus.io/scrape` where no Prometheus reads it",
    page: include_str!("../../../../docs/rules/annotation/annotation-unused.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    if out.options.hides(live::CONFIGURES, None) {
        return;
    }
    let objects =
        || model.documents.iter().flat_map(|it| it.objects.iter().map(move |object| (it.source, object)));
    let mut operated = objects()
        .filter(|(_, object)| matches!(object.kind(), Kind::Prometheus | Kind::PrometheusAgent))
        .peekable();
    let by_file = model.documents.iter().any(|document| document.kind == lint::Kind::Prometheus);
    let by_object = objects().any(|(_, object)| object.kind() == Kind::ScrapeConfig);
    let adds = |object: &k8s::Object<'_>| {
        object.spec().is_some_and(|spec| spec.entry("additionalScrapeConfigs").is_some())
    };
    if operated.peek().is_none() || by_file || by_object || operated.any(|(_, object)| adds(object)) {
        return;
    }
    for (source, object) in objects() {
        let levels = k8s::levels(object);
        let read = levels.iter().filter(|(level, _)| matches!(level, Level::Pod | Level::Object));
        for pair in read.filter_map(|(_, pairs)| pairs.get("prometheus.io/scrape")) {
            let mut finding = RULE
                .at(pair.key_node.span(), "no Prometheus here reads `prometheus.io/scrape`")
                .label("not read")
                .why("prometheus-operator scrapes what ServiceMonitors, PodMonitors and ScrapeConfigs say")
                .help("write a PodMonitor or a ServiceMonitor, or add a job that reads annotations as a ScrapeConfig");
            // There is no other Prometheus that might, and no monitor that scrapes it all the same.
            if out.options.complete && !is_selected(model, source, object) {
                finding.severity = Severity::Warning;
            }
            out.report_in(source, finding);
        }
    }
}

/// Whether a monitor selects the Service, or the pods that the object makes or is.
fn is_selected(model: &Model<'_>, source: usize, object: &k8s::Object<'_>) -> bool {
    let graph = &model.graph;
    let is_it = |item: &Item<'_>| item.source == source && item.object.node().span() == object.node().span();
    let services = graph.of(Kind::ServiceMonitor).flat_map(|monitor| graph.services_of(monitor));
    let pods = graph.of(Kind::PodMonitor).flat_map(|monitor| graph.pods_of(monitor));
    services.chain(pods).any(|link| link.holds() && is_it(link.to))
}
