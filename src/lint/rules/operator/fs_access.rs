//! Files of the Prometheus container in a ServiceMonitor, where its Prometheus denies them.

use crate::diagnostic::Severity;
use crate::k8s::Kind;
use crate::lint::model::{Link, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Node, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/fs-access",
    severity: Severity::Error,
    summary: "a ServiceMonitor that reads files, which its Prometheus denies",
    page: include_str!("../../../../docs/rules/operator/fs-access.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for monitor in model.graph.of(Kind::ServiceMonitor) {
        let links = model.graph.selected_by(monitor);
        let denies = |link: &&Link<'_, '_>| {
            let access = link.from.object.spec().and_then(|spec| spec.get("arbitraryFSAccessThroughSMs"));
            link.holds()
                && access.and_then(|it| it.get("deny")).and_then(Node::value) == Some(Value::Bool(true))
        };
        let Some(link) = links.iter().find(denies) else { continue };
        for entry in monitor.endpoints().flat_map(files) {
            let message = format!(
                "`{}` reads a file of the Prometheus container, which {} denies",
                entry.key.text().unwrap_or_default(),
                link.from.title()
            );
            let help =
                "put the credential into a Secret in the namespace of the ServiceMonitor, and refer to that";
            let finding = RULE
                .at(entry.key.span(), message)
                .label("not allowed")
                .why("the operator leaves the whole ServiceMonitor out, and says so in an Event only")
                .help(help);
            out.report_in(monitor.source, finding);
        }
    }
}

fn files(endpoint: Node<'_>) -> Vec<crate::yaml::Entry<'_>> {
    let filled = |node: Node<'_>| node.as_str().is_some_and(|text| !text.is_empty());
    let token = endpoint.entry("bearerTokenFile");
    let tls = endpoint.get("tlsConfig");
    let tls = tls.into_iter().flat_map(|tls| ["caFile", "certFile", "keyFile"].map(|key| tls.entry(key)));
    token.into_iter().chain(tls.flatten()).filter(|entry| filled(entry.value)).collect()
}
