//! Endpoints whose port is a number in quotes, or said twice.

use crate::diagnostic::{Safety, Severity};
use crate::k8s::{Kind, ServicePort};
use crate::lint::model::{Item, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "operator/port-kind",
    severity: Severity::Warning,
    summary: "an endpoint whose port is a number where a name is needed, or is said twice",
    page: include_str!("../../../../docs/rules/operator/port-kind.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    let named = |name: &str| {
        let specs = model.graph.of(Kind::Service).filter_map(|service| service.object.spec());
        let mut names = specs.flat_map(ServicePort::of_spec).filter_map(|port| port.name);
        names.any(|found| found.value == name)
    };
    for monitor in model.graph.of(Kind::ServiceMonitor) {
        for endpoint in monitor.endpoints() {
            // A port of a Service may be called `8080`, as nobody does.
            number(monitor, endpoint, &named, out);
            twice(monitor, endpoint, &["targetPort"], out);
        }
    }
    for monitor in model.graph.of(Kind::PodMonitor) {
        for endpoint in monitor.endpoints() {
            number(monitor, endpoint, &|_| false, out);
            twice(monitor, endpoint, &["portNumber", "targetPort"], out);
        }
    }
}

fn number(monitor: &Item<'_>, endpoint: Node<'_>, named: &dyn Fn(&str) -> bool, out: &mut Out<'_>) {
    let Some(entry) = endpoint.entry("port") else { return };
    let digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some(port) = entry.value.as_str().filter(digits).filter(|port| !named(port)) else { return };
    let of_pods = monitor.object.kind() == Kind::PodMonitor;
    let (what, field) = if of_pods { ("container", "portNumber") } else { ("Service", "targetPort") };
    let finding = RULE
        .at(entry.value.span(), format!("`port` is the name of a {what} port, and `{port}` is a number"))
        .label("a name is needed")
        .why("no port is called so: every target is dropped, and nothing reports that")
        .help(format!(
            "write the name of the port, or `{field}: {port}` if the container declares that port"
        ));
    let mut edits = vec![crate::base::edit::Edit::replace(entry.key.span(), field)];
    edits.push(crate::base::edit::Edit::replace(entry.value.span(), port));
    let other = endpoint.entry(field).is_some();
    out.report_in(
        monitor.source,
        if other {
            finding
        } else {
            finding.fix(format!("choose by number: `{field}: {port}`"), Safety::Unsafe, edits)
        },
    );
}

fn twice(monitor: &Item<'_>, endpoint: Node<'_>, others: &[&str], out: &mut Out<'_>) {
    let filled =
        |key: &&str| endpoint.get(key).is_some_and(|node| node.text().is_some_and(|text| !text.is_empty()));
    let all: Vec<&str> = std::iter::once("port").chain(others.iter().copied()).filter(filled).collect();
    let [used, ignored @ ..] = all.as_slice() else { return };
    for key in ignored {
        let (Some(first), Some(entry)) = (endpoint.entry(used), endpoint.entry(key)) else { continue };
        let mut finding = RULE
            .at(entry.key.span(), format!("`{key}` has no effect beside `{used}`"))
            .label("not looked at")
            .related(first.key.span(), "this is what counts")
            .why(format!("the operator chooses by `{used}` alone"))
            .help(format!("remove `{key}`, or `{used}`"));
        if let Some(edit) = endpoint.remove(key) {
            finding = finding.fix(format!("remove `{key}`"), Safety::Safe, vec![edit]);
        }
        out.report_in(monitor.source, finding);
    }
}
