//! Characters that came by a word processor or a web page: typographic quotes, spaces that are none.

use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Safety, Severity};
use crate::k8s::Kind as Object;
use crate::lint::Kind;
use crate::lint::model::{Document, Model};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Kind as Shape, Node, Style};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "yaml/smart-quotes",
    severity: Severity::Warning,
    summary: "a typographic quote, or a space that is none, in a value that programs read",
    page: include_str!("../../../../docs/rules/yaml/smart-quotes.md"),
    opt_in: false,
    check: Check::World(check),
};

const QUOTES: &[char] = &['‘', '’', '‚', '‛', '“', '”', '„', '‟', '«', '»', '′', '″'];
const SPACES: &[char] = &['\u{a0}', '\u{202f}', '\u{2007}'];
const NOTHING: &[char] = &['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in &model.documents {
        let text = document.root.document().span().of(model.text(document.source));
        if text.is_ascii() {
            continue; // an escape was meant
        }
        let mut open: Vec<(bool, Node<'_>)> = roots(document).into_iter().map(|node| (false, node)).collect();
        while let Some((of_rule, node)) = open.pop() {
            match node.kind() {
                _ if node.alias_of().is_some() => {} // found where it is written
                Shape::Scalar => {
                    if let Some(finding) = value(node, of_rule) {
                        out.report_in(document.source, finding);
                    }
                }
                Shape::Sequence => open.extend(node.items().map(|item| (of_rule, item))),
                Shape::Mapping => {
                    let own = node.entries().filter(|entry| !entry.merged);
                    open.extend(own.map(|entry| (of_rule || is_relabel_field(entry.key), entry.value)));
                }
            }
        }
    }
}

/// What programs read and people do not.
fn roots<'w>(document: &Document<'w>) -> Vec<Node<'w>> {
    use Object::{PodMonitor, Probe, Prometheus, PrometheusAgent, ScrapeConfig, ServiceMonitor};
    match document.kind {
        Kind::Prometheus | Kind::Jobs | Kind::Relabeling | Kind::Targets => vec![document.root],
        Kind::Object => {
            let ours = document.objects.iter().filter(|object| {
                matches!(
                    object.kind(),
                    ServiceMonitor | PodMonitor | Probe | ScrapeConfig | Prometheus | PrometheusAgent
                )
            });
            ours.filter_map(|object| object.spec()).collect()
        }
        _ => Vec::new(),
    }
}

fn is_relabel_field(key: Node<'_>) -> bool {
    matches!(
        key.text(),
        Some("regex" | "source_labels" | "sourceLabels" | "action" | "target_label" | "targetLabel")
    )
}

fn value(node: Node<'_>, of_rule: bool) -> Option<Finding> {
    let text = node.text().filter(|text| !text.is_ascii())?;
    let map = node.value_map()?;
    let mut invisible = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| SPACES.contains(c) || NOTHING.contains(c)) {
        // What is written as an escape was meant.
        let Some(span) = map.verbatim(Span::new(at, at + c.len_utf8())) else { continue };
        let at_end = text[..at].trim().is_empty() || text[at + c.len_utf8()..].trim().is_empty();
        let edit = if at_end || NOTHING.contains(&c) { Edit::delete(span) } else { Edit::replace(span, " ") };
        invisible.push((c, edit));
    }
    if let Some((c, first)) = invisible.first() {
        let finding = RULE
            .at(first.span, format!("the value has a character that cannot be seen, U+{:04X}", u32::from(*c)))
            .label(if SPACES.contains(c) { "a space that does not break" } else { "nothing is seen here" })
            .why("it is part of the value, which is not the one that it looks like")
            .help("type it again");
        let edits = invisible.into_iter().map(|(_, edit)| edit).collect();
        return Some(finding.fix("write what is seen", Safety::Safe, edits));
    }
    let (at, quote) = text.char_indices().find(|(_, c)| QUOTES.contains(c))?;
    let span = map.verbatim(Span::new(at, at + quote.len_utf8()))?;
    // Within a word of other values it may be an apostrophe.
    if !of_rule && at > 0 {
        return None;
    }
    let finding = RULE
        .at(span, format!("`{quote}` is part of the value"))
        .label("a typographic quote")
        .why("YAML and regular expressions know `'` and `\"` alone; this one is text, and must be there to match")
        .help("write `'` or `\"` around the value, or leave the quotes out");
    let inner = text.strip_prefix(QUOTES).and_then(|text| text.strip_suffix(QUOTES));
    let edit = inner
        .filter(|inner| !inner.contains(QUOTES))
        .and_then(|inner| node.rewrite(inner, Style::SingleQuoted));
    Some(match edit {
        Some(edit) => finding.fix("quote it as YAML does", Safety::Safe, vec![edit]),
        None => finding,
    })
}
