//! Everything that is scraped is also sent.

use crate::diagnostic::Severity;
use crate::k8s;
use crate::lint::Kind;
use crate::lint::model::Model;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "cost/remote-write-unfiltered",
    severity: Severity::Info,
    summary: "remote write that sends all there is",
    page: include_str!("../../../../docs/rules/cost/remote-write-unfiltered.md"),
    opt_in: true,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in &model.documents {
        let mut lists = Vec::new();
        if document.kind == Kind::Prometheus {
            lists.push((document.root.get("remote_write"), "write_relabel_configs"));
        }
        for object in &document.objects {
            if matches!(object.kind(), k8s::Kind::Prometheus | k8s::Kind::PrometheusAgent) {
                let list = object.spec().and_then(|spec| spec.get("remoteWrite"));
                lists.push((list, "writeRelabelConfigs"));
            }
        }
        for (list, field) in lists {
            for write in list.into_iter().flat_map(Node::items) {
                let filtered = write.get(field).is_some_and(|rules| rules.items().next().is_some());
                let Some(url) = write.get("url").filter(|_| !filtered) else { continue };
                let finding = RULE
                    .at(url.span(), "every series that is scraped is sent here")
                    .label("no filter")
                    .why("storage that is paid by the series is paid for those that nobody asks for too")
                    .help(format!("keep what is queried there, or drop what is not, by `{field}`"));
                out.report_in(document.source, finding);
            }
        }
    }
}
