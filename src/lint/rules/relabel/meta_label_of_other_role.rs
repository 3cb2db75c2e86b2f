//! Labels of another discovery than the job has.

use super::discovery::{Discovery, Role};
use super::effect::may_write;
use crate::diagnostic::Severity;
use crate::lint::model::{Relabeling, Stage};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "relabel/meta-label-of-other-role",
    severity: Severity::Warning,
    summary: "a label that the discovery of the job never sets",
    page: include_str!("../../../../docs/rules/relabel/meta-label-of-other-role.md"),
    opt_in: false,
    check: Check::Relabeling(check),
};

fn check(list: &Relabeling<'_>, out: &mut Out<'_>) {
    if list.stage != Stage::Target {
        return;
    }
    let Some(discovery) = list.job.as_ref().and_then(Discovery::of) else { return };
    for (at, entry) in list.entries.iter().enumerate() {
        let Some(rule) = entry.valid() else { continue };
        let written = |label: &str| {
            list.entries[..at].iter().any(|it| it.valid().is_none_or(|it| may_write(it, label)))
        };
        let Some(label) = rule.source_labels().iter().find(|label| !discovery.sets(label) && !written(label))
        else {
            continue;
        };
        let finding = RULE
            .at(entry.source(label).span(), format!("`{label}` is never set by the discovery of this job"))
            .label(format!("discovery: {}", discovery.name()))
            .why("it is always empty, so the rule does the same for every target");
        out.report(match help(label, &discovery) {
            Some(help) => finding.help(help),
            None => finding,
        });
    }
}

fn help(label: &str, discovery: &Discovery) -> Option<String> {
    /// What is the same of a Service's endpoints, by the kind of object they are found in.
    const SAME: [(&str, &str, &str); 4] = [
        ("service_port_name", "endpoint_port_name", "endpointslice_port_name"),
        ("service_port_protocol", "endpoint_port_protocol", "endpointslice_port_protocol"),
        ("endpoint_node_name", "endpoint_node_name", "endpointslice_endpoint_node_name"),
        ("endpoint_ready", "endpoint_ready", "endpointslice_endpoint_conditions_ready"),
    ];
    let rest = label.strip_prefix("__meta_kubernetes_")?;
    let same = SAME.iter().filter(|(a, b, c)| [a, b, c].contains(&&rest)).flat_map(|(_, b, c)| [b, c]);
    let found = same.map(|rest| format!("__meta_kubernetes_{rest}")).find(|label| discovery.sets(label));
    if let Some(found) = found {
        return Some(format!("here it is `{found}`"));
    }
    let attached = Role::ALL.iter().any(|role| !role.sets(rest, false) && role.sets(rest, true));
    if attached && !discovery.sets(label) && rest.starts_with("node_") {
        return Some(
            "add `attach_metadata: {node: true}` to the discovery, for roles of pods and endpoints"
                .to_owned(),
        );
    }
    let roles: Vec<_> = Role::ALL
        .iter()
        .filter(|role| role.sets(rest, false))
        .map(|role| format!("`{}`", role.name()))
        .collect();
    (!roles.is_empty()).then(|| format!("it is set by role {}", roles.join(", ")))
}
