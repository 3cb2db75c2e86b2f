//! What a chart says of itself to people.

use super::{NAMESPACE, RELEASE};
use crate::manifest::part::Part;
use crate::manifest::plan::Plan;
use crate::manifest::spec::{Alertmanager, App};

/// Texts of a chart.
pub(super) struct About {
    pub(super) description: String,
    /// Above the values in its README.
    pub(super) readme: String,
    /// What Helm prints when it has installed it.
    pub(super) notes: String,
}

pub(super) fn about(part: Part<'_>, plan: &Plan) -> About {
    let name = part.name();
    match part {
        Part::App(app) => About {
            description: format!("Monitoring of {name} in its namespace, by a Prometheus of its own"),
            readme: format!(
                "# {name}: monitoring\n\n@HEADER@\n\nA Prometheus for {name} in the namespace of the release, and in no other: it needs the Prometheus \
                 operator in the cluster, and {}.\n\n    helm install {name}-monitoring . --namespace NAMESPACE\n\n\
                 One release for each namespace; several namespaces see nothing of each other.\n",
                rights(app)
            ),
            notes: notes_of_app(name, plan),
        },
        Part::Sender(sender) => About {
            description: "Sends metrics of the cluster by remote write, by a Prometheus in agent mode"
                .to_owned(),
            readme: format!(
                "# {name}: metrics by remote write\n\n@HEADER@\n\nA Prometheus in agent mode that sends to `{}`. It may list nodes and ask their kubelets for \
                 metrics; what else its accounts may do is in the ClusterRoles.\n\n    helm install {name} . --namespace NAMESPACE\n",
                sender.url
            ),
            notes: format!(
                "Metrics are sent to {} from the namespace {RELEASE}.\n\n  kubectl --namespace {RELEASE} logs deployment/{name}\n\n\
                 says what the receiver does not take.{}\n",
                sender.url,
                sender.secret.as_ref().map_or_else(String::new, |secret| format!(
                    "\n\nThe Secret {} must be in the namespace; nothing is sent without it.",
                    secret.name
                ))
            ),
        },
        Part::Receiver(receiver) => About {
            description: "Receives remote write and keeps every request on volumes of its own".to_owned(),
            readme: format!(
                "# {name}: a receiver of remote write\n\n@HEADER@\n\nKeeps every request, up to {} on each replica. Monitors and rules need the \
                 Prometheus operator in the cluster.\n\n    helm install {name} . --namespace NAMESPACE\n\nVolumes stay when the release or a \
                 replica is removed, with what is on them.\n",
                receiver.retain_size
            ),
            notes: format!(
                "Senders send to http://{name}.{RELEASE}.svc:9201/api/v1/write\n\n  kubectl --namespace {RELEASE} logs statefulset/{name}\n\n\
                 says what they should mend.\n"
            ),
        },
    }
}

pub(super) fn readme(intro: &str, plan: &Plan, values: &[(String, String)], header: &str) -> String {
    let mut out = intro.replace("@HEADER@", header);
    out.push_str("\n## Values\n\n| value | default |\n|---|---|\n");
    for (name, default) in values {
        out.push_str(&format!("| `{name}` | `{default}` |\n"));
    }
    out.push_str("\n## Objects\n\n");
    for manifest in &plan.manifests {
        let id = manifest.id();
        out.push_str(&format!("- {} `{}`\n", id.kind, id.name.replace(NAMESPACE, "NAMESPACE")));
    }
    out
}

/// What its Prometheus may do outside of its namespace.
fn rights(app: &App) -> String {
    match (app.prometheus.cluster_role, &app.prometheus.alertmanager) {
        (true, _) => "lists of Services and pods in every namespace, which a ClusterRole gives it".to_owned(),
        (false, Some(Alertmanager { namespace: Some(there), .. })) => {
            format!("rights in that namespace, and in `{there}` to find Alertmanager")
        }
        (false, _) => "no rights beyond that namespace".to_owned(),
    }
}

fn notes_of_app(name: &str, plan: &Plan) -> String {
    let mut out = format!(
        "{name} is monitored in the namespace {RELEASE}.\n\n  kubectl --namespace {RELEASE} port-forward service/{name}-prometheus 9090\n\n\
         shows its Prometheus at http://127.0.0.1:9090/targets.\n"
    );
    if !plan.patches.is_empty() {
        let names: Vec<&str> = plan.patches.iter().map(|patch| patch.deployment.as_str()).collect();
        out.push_str(&format!(
            "\nThe statsd_exporter beside Gunicorn comes by a patch of {}: `obsctl gen manifests --fragments DIR`\nwrites it.\n",
            names.join(", ")
        ));
    }
    out
}
