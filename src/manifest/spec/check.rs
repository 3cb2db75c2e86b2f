//! What no field alone shows: names that meet, labels that contradict each other, times that do not fit.

use super::app::DEFAULT_INTERVAL;
use super::read::{Reader, Section};
use crate::base::duration;
use crate::base::span::Span;
use crate::k8s::name;
use crate::manifest::limits::{self, Holder};
use crate::manifest::names::{OWN_LABELS, RESERVED_NAMES};

/// The name of the application is part of the name of a StatefulSet that the operator makes, which Kubernetes
/// puts, with a hash behind it, into a label of 63 characters.
const APP_NAME_MAX: usize = 40;
/// Names of Services, and of containers.
const NAME_MAX: usize = 63;

pub(super) fn app(section: &Section, namespace: Option<&str>, reader: &mut Reader) {
    let name = section.needed("name");
    if name.len() > APP_NAME_MAX {
        let message = format!("`name` has {} characters, more than {APP_NAME_MAX}", name.len());
        reader.fault(
            section.at("name"),
            message,
            "the operator makes longer names of it that must stay below 64",
        );
    }
    namespace_is_said(section, "app", namespace, reader);
    own_labels(section, reader);
    let has_targets = LISTS.iter().any(|list| !section.list(list).is_empty());
    if !has_targets && reader.findings.is_empty() {
        let message = "there is nothing to be monitored";
        reader.fault(section.span, message, format!("write one of `{}`", LISTS.join("`, `")));
    }
    unique_names(section, &name, reader);
    let interval = section.map("prometheus").and_then(|it| it.text("interval"));
    let interval = interval.as_deref().unwrap_or(DEFAULT_INTERVAL);
    for target in section.list("targets") {
        timeout(target, interval, reader);
        pod_port(target, reader);
    }
    one_exporter_each(section, reader);
    section.list("postgres").iter().for_each(|postgres| queries(postgres, reader));
    section.list("gunicorn").iter().for_each(|gunicorn| deployment(gunicorn, reader));
    let writes = section.map("prometheus").map(|it| it.list("remote-write"));
    writes.into_iter().flatten().for_each(|write| remote_write(write, reader));
    for section in LISTS.iter().flat_map(|list| section.list(list)) {
        if section.labels("selector").is_some_and(<[_]>::is_empty) {
            reader.fault(
                section.at("selector"),
                "an empty `selector` chooses everything",
                "write one label at least",
            );
        }
    }
}

/// The lists of things to be monitored.
const LISTS: [&str; 5] = ["targets", "gunicorn", "postgres", "redis", "nginx"];

fn has_label(section: &Section, label: &str) -> bool {
    section.labels("labels").unwrap_or_default().iter().any(|(key, _)| key == label)
}

/// No label of somebody else may take the place of one of ours.
pub(super) fn own_labels(section: &Section, reader: &mut Reader) {
    for label in OWN_LABELS.iter().filter(|label| has_label(section, label)) {
        let message = format!("the label `{label}` is one that obsctl sets, by which objects are selected");
        reader.fault(section.at("labels"), message, "leave it out, or use another key");
    }
}

/// By the section, which messages call `what`, or by the command line.
pub(super) fn namespace_is_said(section: &Section, what: &str, namespace: Option<&str>, reader: &mut Reader) {
    match namespace {
        Some(namespace) => {
            if let Err(err) = name::dns_label(namespace) {
                let message =
                    format!("the namespace `{}` of `-n` is no name: {err}", namespace.escape_debug());
                reader.fault(section.at("namespace"), message, "give the namespace of one install");
            }
        }
        None if section.text("namespace").is_none() && section.at("namespace") == section.span => {
            let message = format!("`{what}` needs `namespace`");
            reader.fault(section.span, message, "say where this install is, here or by `-n`");
        }
        None => {}
    }
}

fn unique_names(section: &Section, app: &str, reader: &mut Reader) {
    let mut seen: Vec<(String, Span)> = Vec::new();
    for entry in LISTS.iter().flat_map(|list| section.list(list)) {
        let Some(name) = entry.text("name") else { continue };
        let at = entry.at("name");
        if app.len() + 1 + name.len() > NAME_MAX {
            let message = format!("`{app}-{name}` has more than {NAME_MAX} characters");
            reader.fault(at, message, "it becomes the name of a Service: shorten one of both");
        }
        // The Service that the operator makes for every Prometheus of a namespace.
        if (app, name.as_str()) == ("prometheus", "operated") {
            let message = "`prometheus-operated` is what the operator calls an object of its own";
            reader.fault(at, message, "give it another name");
        }
        if RESERVED_NAMES.contains(&name.as_str()) {
            let message = format!("`{app}-{name}` is what obsctl calls an object of its own");
            reader.fault(at, message, "give it another name");
        }
        if seen.iter().any(|(other, _)| *other == name) {
            let message = format!("the name `{name}` is there twice");
            reader.fault(at, message, "names are unique over all lists, for they name objects and jobs");
        }
        seen.push((name, at));
    }
}

/// Two exporters in one pod would have the same ports.
fn one_exporter_each(section: &Section, reader: &mut Reader) {
    let entries = section.list("gunicorn");
    for (at, entry) in entries.iter().enumerate() {
        let deployment = entry.text("deployment");
        if deployment.is_some() && entries[..at].iter().any(|other| other.text("deployment") == deployment) {
            let message = "this Deployment has a statsd_exporter already, by another entry";
            reader.fault(entry.at("deployment"), message, "one serves all containers of a pod");
        }
    }
}

fn timeout(target: &Section, default: &str, reader: &mut Reader) {
    let Some(timeout) = target.text("timeout") else { return };
    let interval = target.text_or("interval", default);
    let parse = |text: &str| duration::parse(text).ok();
    if let (Some(long), Some(every)) = (parse(&timeout), parse(&interval))
        && long > every
    {
        let message = format!("`timeout` {timeout} is longer than the interval {interval}");
        reader.fault(target.at("timeout"), message, "the operator refuses such a monitor: shorten it");
    }
}

/// Ports of containers have names of 15 characters, those of Services of 63.
fn pod_port(target: &Section, reader: &mut Reader) {
    let Some(port) = target.text("port").filter(|_| target.text("kind").as_deref() == Some("pod")) else {
        return;
    };
    if let Err(err) = name::port_name(&port) {
        let message = format!("`{port}` is no name of a container's port: {err}");
        reader.fault(target.at("port"), message, "give the name that the pod's port has");
    }
}

/// Queries go into a ConfigMap of their own.
fn queries(postgres: &Section, reader: &mut Reader) {
    let size = postgres.text("queries").map_or(0, |text| text.len());
    let mend = "leave out queries, or make a second entry for the others";
    reader.findings.extend(limits::check(Holder::ConfigMap, "`queries`", size, postgres.at("queries"), mend));
}

/// The Deployment's name stands for container and label where none is said, and may be longer than both.
fn deployment(gunicorn: &Section, reader: &mut Reader) {
    let Some(deployment) = gunicorn.text("deployment") else { return };
    let at = gunicorn.at("deployment");
    if let (None, Err(err)) = (gunicorn.text("container"), name::dns_label(&deployment)) {
        let message = format!("no container can be called `{deployment}`: {err}");
        reader.fault(at, message, "say `container`, the one that runs Gunicorn");
    }
    if let (None, Err(err)) = (gunicorn.labels("selector"), name::label_value(&deployment)) {
        let message = format!("no label can be `{deployment}`: {err}");
        reader.fault(at, message, "say `selector`, labels of the pods");
    }
}

/// Credentials are keys of a Secret, of one kind or the other.
fn remote_write(write: &Section, reader: &mut Reader) {
    const KEYS: [&str; 3] = ["user-key", "password-key", "token-key"];
    let has = |key: &&str| write.text(key).is_some();
    if let Some(key) = KEYS.iter().find(|key| has(key)).filter(|_| write.at("secret") == write.span) {
        let message = format!("`{key}` is the key of a Secret, and there is none");
        reader.fault(write.at(key), message, "name it by `secret`");
    }
    if let Some(key) = KEYS[..2].iter().find(|key| has(key)).filter(|_| has(&"token-key")) {
        let message = format!("`{key}` and `token-key` say two ways to sign in");
        reader.fault(write.at(key), message, "leave out one of both");
    }
}
