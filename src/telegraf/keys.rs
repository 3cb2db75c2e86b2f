//! The annotations of one object: which of them are for Telegraf, whether they stand where they work, and what is
//! wrong with their values.

use super::endpoint::Endpoint;
use super::read::{Held, read};
use super::sink::{Sink, rule, shown};
use super::{Options, limits, pod};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::suggest;
use crate::diagnostic::{Finding, Safety};
use crate::yaml::{Entry, Kind, Node, Style, Value};

/// What carries the annotations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// An Argo CD Application, or a Namespace: where our own annotation works.
    Application,
    /// A Pod, or the template of pods of a workload: where those of influxdata/telegraf-operator work.
    Pod,
    /// Any other object, a workload itself among them: where none works.
    Other,
}

/// What the annotations of an object say.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Checked {
    /// What our own annotation asks for; `None` where it is not there.
    pub endpoints: Option<Vec<Endpoint>>,
    /// Everything that is wrong, in the order of the file.
    pub findings: Vec<Finding>,
}

/// Judges `annotations` (the map under `metadata.annotations`) of an object in the file with this `text`.
#[must_use]
pub fn check(annotations: Node<'_>, text: &str, level: Level, options: &Options) -> Checked {
    let mut checked = Checked::default();
    let has_own = annotations.get(&options.key).is_some();
    for entry in annotations.entries() {
        let Some(key) = entry.key.text() else { continue };
        if key == options.key {
            own(entry, text, level, options, &mut checked);
        } else if is_near(key, &options.key) && !has_own {
            checked.findings.push(typo(entry.key, key, &options.key));
        } else if let Some(name) = key.strip_prefix(pod::PREFIX) {
            other(entry, name, text, level, &mut checked.findings);
        }
    }
    checked.findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
    checked
}

/// Judges how large `annotations` are: past 256 KiB, keys and values of all of them, Kubernetes refuses the object.
#[must_use]
pub fn size(annotations: Node<'_>) -> Option<Finding> {
    let len = |node: Node<'_>| node.text().map_or(0, str::len);
    let total: usize = annotations.entries().map(|entry| len(entry.key) + len(entry.value)).sum();
    let largest = annotations.entries().max_by_key(|entry| len(entry.value))?;
    let message = format!("the annotations are {total} bytes of at most {}", limits::ANNOTATIONS);
    let finding = match total {
        total if total > limits::ANNOTATIONS => {
            Finding::error(rule::SIZE, largest.key.span(), message).why("Kubernetes refuses the object")
        }
        total if total > limits::ANNOTATIONS * 4 / 5 => {
            Finding::warning(rule::SIZE, largest.key.span(), message)
                .why("Kubernetes refuses the object once there is no room left")
        }
        _ => return None,
    };
    Some(finding.label("the largest of them").help("move large values into a ConfigMap"))
}

/// Our own annotation.
fn own(entry: Entry<'_>, text: &str, level: Level, options: &Options, checked: &mut Checked) {
    if level != Level::Application {
        let finding = Finding::warning(rule::LEVEL, entry.key.span(), "the annotation does nothing here");
        let finding = finding.why("only those of Applications and Namespaces are read");
        checked.findings.push(finding.help("move it to the `metadata.annotations` of the Application"));
    }
    let value = entry.value;
    if value.kind() != Kind::Scalar {
        checked.findings.push(needs_block(entry, text));
        return;
    }
    let held = match value.value() {
        Some(Value::Str(held)) => held,
        Some(Value::Null) | None => "",
        _ => return checked.findings.push(not_string(entry, text)),
    };
    let map = value.value_map().unwrap_or_default();
    // Of nothing, the quotes are shown.
    let place = |span| if held.is_empty() { value.span() } else { map.span(span) };
    let held_at = Held { text: held, place: &place, verbatim: &|span| map.verbatim(span) };
    let reading = read(held_at, options);
    checked.endpoints = Some(reading.endpoints);
    match value.style() {
        // Folding puts the lines of a list into one.
        Some(Style::Folded) if reading.findings.iter().any(|finding| finding.rule == rule::SYNTAX) => {
            let at = value.span().start;
            let edit = Edit::replace(Span::new(at, at + 1), "|");
            let finding =
                Finding::error(rule::BLOCK, Span::new(at, at + 1), "`>` folds the list into one line");
            let finding = finding.why("nothing of the annotation can be read").help("write `|`");
            checked.findings.push(finding.fix("write `|`", Safety::Safe, vec![edit]));
        }
        Some(Style::Literal) if held.is_empty() => {
            let finding = Finding::error(rule::SCHEMA, value.span(), "the block of the annotation is empty");
            let finding =
                finding.why("lines belong to a block only where they are indented deeper than its key");
            checked
                .findings
                .push(finding.help("indent the list by two more spaces, or remove the annotation"));
        }
        _ => checked.findings.extend(reading.findings),
    }
}

/// A key of influxdata/telegraf-operator.
fn other(entry: Entry<'_>, name: &str, text: &str, level: Level, findings: &mut Vec<Finding>) {
    let shown = shown(name);
    let at = entry.key.span();
    if !pod::is_known(name) {
        let finding =
            Finding::warning(rule::TYPO, at, format!("no collector knows the annotation `{shown}`"));
        let finding = match level {
            Level::Pod => finding.why("telegraf-operator adds a sidecar for any key under this prefix"),
            _ => finding.why("it does nothing"),
        };
        findings.push(match suggest::nearest(name, pod::names()) {
            Some(near) => {
                let map = entry.key.value_map().unwrap_or_default();
                let name = Span::new(pod::PREFIX.len(), map.value_len());
                let edit = map.verbatim(name).map(|at| Edit::replace(at, near));
                let finding = finding.help(format!("did you mean `{}{near}`?", pod::PREFIX));
                match edit {
                    Some(edit) => finding.fix(format!("write `{near}`"), Safety::Unsafe, vec![edit]),
                    None => finding,
                }
            }
            None => finding.help("remove it"),
        });
        return;
    }
    if level != Level::Pod {
        let finding = Finding::warning(rule::LEVEL, at, "the annotation does nothing here");
        let finding = finding.why("telegraf-operator reads those of pods, when they are made");
        findings.push(finding.help("move it to `spec.template.metadata.annotations` of the workload"));
    }
    match entry.value.value() {
        Some(Value::Str(held)) => {
            let map = entry.value.value_map().unwrap_or_default();
            let mut sink = Sink::default();
            pod::check(name, held, &mut sink);
            findings.extend(sink.placed(&|span| map.span(span), &|span| map.verbatim(span)));
        }
        Some(_) => findings.push(not_string(entry, text)),
        None => findings.push(needs_block(entry, text)),
    }
}

/// Whether `key` is so near to ours that it was meant: the same name under another prefix, or two letters away.
fn is_near(key: &str, own: &str) -> bool {
    let name = |key: &str| key.rsplit_once('/').map(|(_, name)| name.to_owned());
    key != own
        && (suggest::nearest(key, std::iter::once(own)).is_some()
            || name(key).is_some() && name(key) == name(own)
            || key.starts_with(pod::PREFIX)
                && name(key).zip(name(own)).is_some_and(|(key, own)| {
                    suggest::nearest(&key, std::iter::once(own.as_str())).is_some()
                }))
}

fn typo(key: Node<'_>, found: &str, own: &str) -> Finding {
    let shown = shown(found);
    let finding = Finding::warning(rule::TYPO, key.span(), format!("`{shown}` is nearly `{own}`"));
    let finding = finding.why("an annotation with another key is passed over").help(format!("write `{own}`"));
    let map = key.value_map().unwrap_or_default();
    match map.verbatim(Span::new(0, map.value_len())) {
        Some(at) => finding.fix(format!("write `{own}`"), Safety::Unsafe, vec![Edit::replace(at, own)]),
        None => finding,
    }
}

fn not_string(entry: Entry<'_>, text: &str) -> Finding {
    let span = entry.value.span();
    let written = span.of(text);
    let finding = Finding::error(rule::NOT_STRING, span, "the annotation's value is not a string");
    let finding = finding.why("Kubernetes refuses the whole object").help("put it in quotes");
    match written.is_empty() || written.contains(['"', '\\', '\n', '*', '&', '!']) {
        true => finding,
        false => {
            finding.fix("quote the value", Safety::Safe, vec![Edit::replace(span, format!("\"{written}\""))])
        }
    }
}

fn needs_block(entry: Entry<'_>, text: &str) -> Finding {
    let what = if entry.value.kind() == Kind::Sequence { "a list" } else { "a map" };
    let message = format!("the annotation is {what}, not a string that holds one");
    let finding = Finding::error(rule::BLOCK, entry.value.span(), message);
    let finding = finding.why("Kubernetes refuses the whole object: values of annotations are strings");
    let finding = finding.help("write `|` after the key's colon, and what follows indented");
    match block_edits(entry, text) {
        Some(edits) => finding.fix("make it a string", Safety::Safe, edits),
        None => finding,
    }
}

/// What makes a string of the list or map that stands there.
fn block_edits(entry: Entry<'_>, text: &str) -> Option<Vec<Edit>> {
    let value = entry.value.span();
    let written = value.of(text).trim_end();
    if written.starts_with(['[', '{']) {
        let quotable = !written.contains(['\'', '\n']);
        let end = value.start + written.len();
        return quotable.then(|| vec![Edit::insert(value.start, "'"), Edit::insert(end, "'")]);
    }
    let key_end = entry.key.span().end;
    let between = text.get(key_end..value.start)?;
    let colon = key_end + between.find(':')? + 1;
    let column = |at: usize| at - text[..at].rfind('\n').map_or(0, |line| line + 1);
    // An anchor or a tag before the value, or a value on the key's own line, is left to a person.
    if !between.contains('\n') || between.contains(['&', '!']) {
        return None;
    }
    let mut edits = vec![Edit::insert(colon, " |")];
    if column(value.start) <= column(entry.key.span().start) {
        let first = value.start - column(value.start);
        let starts =
            text[first..value.start + written.len()].match_indices('\n').map(|(at, _)| first + at + 1);
        edits.extend(std::iter::once(first).chain(starts).map(|at| Edit::insert(at, "  ")));
    }
    Some(edits)
}

#[cfg(test)]
mod tests;
