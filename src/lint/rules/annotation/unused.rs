//! `prometheus.io/*` where the only Prometheus is one of prometheus-operator, which does not read it.

use crate::diagnostic::Severity;
use crate::k8s::{self, Kind, Level};
use crate::lint;
use crate::lint::live;
use crate::lint::model::Model;
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
            let finding = RULE
                .at(pair.key_node.span(), "no Prometheus here reads `prometheus.io/scrape`")
                .label("not read")
                .why("prometheus-operator scrapes what ServiceMonitors, PodMonitors and ScrapeConfigs say")
                .help("write a PodMonitor or a ServiceMonitor, or add a job that reads annotations as a ScrapeConfig");
            out.report_in(source, finding);
        }
    }
}
