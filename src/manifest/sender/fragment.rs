//! For a Prometheus that is there: its own file, values of the chart that made it, or a patch of its object.

use super::super::kept::Spelling;
use super::super::plan::Fragment;
use super::super::spec::Sender;
use super::remote_write::{external_labels, list};
use super::states::labels_allowlist;
use crate::yaml::write::{Map, Value};

pub(super) fn all(sender: &Sender) -> Vec<Fragment> {
    let mut all = vec![plain(sender), values(sender)];
    all.extend(sender.patch.iter().map(|name| patch(sender, name)));
    all
}

fn plain(sender: &Sender) -> Fragment {
    let global = external_labels(sender).map(|labels| Map::new().with("external_labels", labels));
    let body = Map::new().with_opt("global", global).with("remote_write", list(sender, Spelling::Plain));
    Fragment {
        name: "remote-write.yaml".into(),
        comment: "a part of prometheus.yml: its lists and mappings join those that are there".into(),
        body,
    }
}

/// The chart hands lists of `prometheusSpec` on as they are.
fn values(sender: &Sender) -> Fragment {
    let spec = Map::new()
        .with_opt("externalLabels", external_labels(sender))
        .with("remoteWrite", list(sender, Spelling::Operator));
    let states =
        labels_allowlist(sender).map(|lists| Map::new().with("metricLabelsAllowlist", Value::from(lists)));
    let body = Map::new()
        .with("prometheus", Map::new().with("prometheusSpec", spec))
        .with_opt("kube-state-metrics", states);
    Fragment {
        name: "remote-write-values.yaml".into(),
        comment: "values of the chart kube-prometheus-stack: `helm upgrade … --reuse-values -f` this file;\n\
                  they take the place of the lists that are there"
            .into(),
        body,
    }
}

/// A merge patch replaces lists whole, and the strategic one is not for custom resources.
fn patch(sender: &Sender, name: &str) -> Fragment {
    let file = format!("patch-prometheus-{name}.yaml");
    let in_namespace = match sender.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    let metadata = Map::new()
        .with("name", name)
        .with_opt("namespace", Some(&*sender.namespace).filter(|namespace| !namespace.is_empty()));
    let spec = Map::new()
        .with_opt("externalLabels", external_labels(sender))
        .with("remoteWrite", list(sender, Spelling::Operator));
    let body = Map::new()
        .with("apiVersion", "monitoring.coreos.com/v1")
        .with("kind", "Prometheus")
        .with("metadata", metadata)
        .with("spec", spec);
    Fragment {
        comment: format!(
            "applied by `kubectl patch prometheus {name}{in_namespace} --type merge --patch-file {file}`, or as a patch of a \
             kustomization;\nwhat the object has under `remoteWrite` already is replaced whole: add it here if it is to stay"
        ),
        name: file,
        body,
    }
}
