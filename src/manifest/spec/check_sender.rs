//! What no field of `sender` alone shows: selectors that keep nothing, labels that contradict each other, secrets where
//! everybody reads them.

use super::check::{namespace_is_said, own_labels};
use super::read::{Reader, Section};
use super::selectors::QUOTED_MAX;
use super::sender::{Mode, Sender};
use crate::base::span::Span;
use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::diagnostic::{Finding, Severity, credentials};
use crate::manifest::RULE;
use crate::manifest::kept::{self, Profile, exact_name, known};
use crate::selector::Selector;

/// The longest that is made of the name is `NAME-kube-state-metrics`, of a Service.
const NAME_MAX: usize = 44;

/// Labels that series have of their own: as external labels they would be on some and not on others.
const TARGET_LABELS: [&str; 9] =
    ["job", "instance", "namespace", "pod", "container", "node", "uid", "le", "quantile"];

/// What only an agent has a use for.
const OF_AGENTS: [&str; 2] = ["agent", "kube-state-metrics"];

pub(super) fn sender(section: &Section, namespace: Option<&str>, sender: &Sender, reader: &mut Reader) {
    if sender.name.len() > NAME_MAX {
        let message = format!("`name` has {} characters, more than {NAME_MAX}", sender.name.len());
        reader.fault(
            section.at("name"),
            message,
            "the name of a Service is made of it, which must stay below 64",
        );
    }
    own_labels(section, reader);
    if namespace.is_some() || sender.mode == Mode::Agent {
        namespace_is_said(section, "sender", namespace, reader);
    }
    url(section, sender, reader);
    secret(section, reader);
    mode(section, sender, reader);
    kept_at_all(section, sender, reader);
    external_labels(section, sender, reader);
    rate(section, sender, reader);
}

/// What stands before `@` would be read by whoever may read a ConfigMap.
fn url(section: &Section, sender: &Sender, reader: &mut Reader) {
    if !credentials(&sender.url).is_empty() {
        let help = "leave them out, and name the Secret that holds them: `secret: {name: …, type: basic}`, or `--secret`";
        reader.fault(section.at("url"), "`url` has a user or a password in it, which is never written", help);
    }
    if sender.url.contains('#') {
        reader.fault(
            section.at("url"),
            "`url` has a fragment, which is never sent",
            "leave out `#` and what follows",
        );
    }
}

fn secret(section: &Section, reader: &mut Reader) {
    let Some(secret) = section.map("secret") else { return };
    let (others, word, other) = match secret.text("type").as_deref() {
        Some("basic") => (&["token-key"][..], "basic", "bearer"),
        _ => (&["username-key", "password-key"][..], "bearer", "basic"),
    };
    for field in others.iter().filter(|field| secret.has(field)) {
        let message = format!("`{field}` has no meaning with `type: {word}`");
        reader.fault(secret.at(field), message, format!("leave it out, or write `type: {other}`"));
    }
}

fn mode(section: &Section, sender: &Sender, reader: &mut Reader) {
    match sender.mode {
        Mode::Agent if sender.patch.is_some() => {
            let help = "leave it out, or write `mode: prometheus`";
            reader.fault(section.at("patch"), "an agent is made anew, there is nothing to `patch`", help);
        }
        Mode::Prometheus => {
            for field in OF_AGENTS.iter().filter(|field| section.has(field)) {
                let message = format!("`{field}` has no meaning with `mode: prometheus`");
                reader.fault(section.at(field), message, "leave it out, or write `mode: agent`");
            }
        }
        Mode::Agent => {}
    }
}

/// Every selector is to keep something, and of what an agent scrapes.
fn kept_at_all(section: &Section, sender: &Sender, reader: &mut Reader) {
    let said = section.texts("keep");
    if section.has("keep") && said.is_empty() {
        reader.fault(
            section.at("keep"),
            "an empty `keep` keeps nothing",
            "name what is to be sent, or leave it out",
        );
    }
    if !section.has("keep") && sender.profile.is_none() {
        match sender.mode {
            Mode::Agent => reader.fault(
                section.span,
                "it is not said what the agent sends",
                "write `keep`, such as `keep: [kube_node_info]`, or `profile: cost`",
            ),
            // What could not be read may have said it.
            Mode::Prometheus if !reader.findings.is_empty() => {}
            Mode::Prometheus => reader.findings.push(
                Finding::warning(RULE, section.span, "everything that this Prometheus has is sent")
                    .why("nothing is kept by name, so each new target adds to what is sent and paid for")
                    .help("name what is needed under `keep`, or by `profile: cost`"),
            ),
        }
    }
    for (text, at) in said {
        let Ok(selector) = Selector::parse(text) else { continue };
        if sender.kept.is_dropped(&selector) {
            let message = format!("nothing is left of `{}`: `drop` has it too", clip(text, QUOTED_MAX));
            reader.fault(*at, message, "leave it out of one of the two");
        } else if sender.mode == Mode::Agent {
            is_scraped(&selector, text, *at, reader);
        }
    }
    let has_errors = reader.findings.iter().any(|it| it.severity >= Severity::Error);
    if sender.mode == Mode::Agent && !has_errors && !known::scraped().any(|name| sender.kept.may_keep(name)) {
        let help = "keep a metric of kube-state-metrics or of the kubelet too";
        reader.fault(section.at("keep"), "nothing is left for the agent to scrape", help);
    }
}

/// An agent has kube-state-metrics and the kubelet, and what they have is known.
fn is_scraped(selector: &Selector, text: &str, at: Span, reader: &mut Reader) {
    if known::all().any(|name| kept::may_be(selector, name)) {
        return;
    }
    let message = format!("nothing that the agent scrapes is called `{}`", clip(text, QUOTED_MAX));
    let near = exact_name(selector).and_then(|name| nearest(name, known::all()));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "it has `kube_*` of kube-state-metrics, `container_*` and a few more of the kubelet, and `up`: send the rest \
                 by `mode: prometheus`"
            .to_owned(),
    };
    reader.fault(at, message, help);
}

fn external_labels(section: &Section, sender: &Sender, reader: &mut Reader) {
    let at = section.at("external-labels");
    for (label, _) in &sender.external_labels {
        if TARGET_LABELS.contains(&label.as_str()) {
            let message = format!("`{label}` cannot be an external label: series have one of their own");
            reader.fault(at, message, "it would be on those alone that have none: choose another name");
        }
    }
    let has_cluster = sender.external_labels.iter().any(|(label, _)| label == "cluster");
    if sender.profile == Some(Profile::Cost) && !has_cluster {
        reader.findings.push(
            Finding::warning(RULE, at, "`external-labels` has no `cluster`")
                .why("nodes and pods of several clusters would be taken for those of one")
                .help("write `external-labels: {cluster: NAME}`, or `--external-label cluster=NAME`"),
        );
    }
}

fn rate(section: &Section, sender: &Sender, reader: &mut Reader) {
    if section.has("latency") && !section.has("rate") {
        reader.fault(section.at("latency"), "`latency` without `rate` says nothing", "write `rate` too");
    }
    if section.has("rate") && sender.queue.is_none() {
        let message = "no queue of one Prometheus is large enough for this `rate`";
        let help = "it would take more than 1000 shards: divide what is sent among several, or come nearer to the receiver \
                    and give its `latency`";
        reader.fault(section.at("rate"), message, help);
    }
}
