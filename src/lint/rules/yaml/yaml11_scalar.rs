//! Texts without quotes that Kubernetes and Helm read as a truth value or a number, and write as another text.
//!
//! Only where that happens without a word: keys of mappings, and Helm values that become texts. A label's value that is
//! no string is refused, which is `annotation/annotation-not-string`; a string field of Prometheus keeps what is written.

use super::YAML11_SCALAR;
use crate::diagnostic::Safety;
use crate::lint::Kind;
use crate::lint::report::Out;
use crate::lint::rules::walk;
use crate::yaml::{Entry, Node, Reader, Style, Surprise, trap};

/// Every such text of a document.
pub(in crate::lint) fn check(kind: Kind, root: Node<'_>, out: &mut Out<'_>) {
    match kind {
        Kind::Object => {
            walk::entries(root, &mut |entry| key(entry, out));
            let helm = || Some((root.get("spec")?.get("source")?, root.get("kind")?.as_str()?));
            if let Some((source, "Application")) = helm()
                && let Some(values) = source.get("helm").and_then(|helm| helm.get("valuesObject"))
            {
                walk::entries(values, &mut |entry| value(entry, out));
            }
        }
        Kind::HelmValues => walk::entries(root, &mut |entry| {
            key(entry, out);
            value(entry, out);
        }),
        _ => {}
    }
}

/// A key: all keys are texts in the end, and this one is another than what is written.
fn key(entry: Entry<'_>, out: &mut Out<'_>) {
    report(entry.key, "as a key it becomes the text", out);
}

/// A value under a key whose values are texts.
fn value(entry: Entry<'_>, out: &mut Out<'_>) {
    const TEXTS: [&str; 4] = ["tag", "version", "appVersion", "targetRevision"];
    const MAPS: [&str; 6] =
        ["labels", "annotations", "matchLabels", "nodeSelector", "externalLabels", "commonLabels"];
    let name = entry.key.text().unwrap_or_default();
    let is_map = MAPS.contains(&name) || name.ends_with("Labels") || name.ends_with("Annotations");
    if TEXTS.contains(&name) {
        report(entry.value, "a template writes it as", out);
    } else if is_map {
        for entry in entry.value.entries() {
            report(entry.value, "a template writes it as", out);
        }
    }
}

fn report(node: Node<'_>, becomes: &str, out: &mut Out<'_>) {
    if node.style() != Some(Style::Plain) || node.tag().is_some() || node.alias_of().is_some() {
        return;
    }
    let Some(trap) = node.text().and_then(|text| trap(text, Reader::Kubernetes)) else { return };
    // Kubernetes and Helm take both for texts.
    if matches!(trap.surprise, Surprise::BaseSixty | Surprise::Date) {
        return;
    }
    let finding = YAML11_SCALAR
        .at(node.span(), trap.to_string())
        .label("no quotes")
        .why(format!("{becomes} `{}`", trap.becomes))
        .help(format!("put it in quotes: `\"{}\"`", trap.text));
    out.report(match node.quote() {
        Some(edit) => finding.fix("put it in quotes", Safety::Safe, vec![edit]),
        None => finding,
    });
}
