//! Selectors of a monitor or Service that choose nothing of what the world has.

use super::far::{name_span, severity, with_other};
use super::label;
use crate::base::suggest;
use crate::diagnostic::{Finding, Severity};
use crate::k8s::{Kind, Miss, Namespaces};
use crate::lint::model::{Item, Link, Model, nearest};
use crate::lint::options::Options;
use crate::lint::registry::Rule;
use crate::lint::report::Out;

/// Namespaces where a cluster has Services and pods of its own, which nobody writes down.
const OF_CLUSTER: [&str; 2] = ["kube-system", "default"];

/// The link that is nearest, where no link holds and there is something to say: with all labels right only the namespace
/// is wrong, which is another rule's.
pub(super) fn broken<'l, 'g, 'w>(links: &'l [Link<'g, 'w>], options: &Options) -> Option<&'l Link<'g, 'w>> {
    let near = nearest(links)?;
    let of_cluster = match near.outside {
        Some(Namespaces::Named(names)) => names.iter().any(|name| OF_CLUSTER.contains(name)),
        _ => near.from.namespace().is_some_and(|name| OF_CLUSTER.contains(&name)),
    };
    (!near.holds() && (!of_cluster || options.live.is_some())).then_some(near)
}

/// Whether the labels are so near that they were meant: one of several is wrong, or the only one is misspelt.
pub(super) fn nearly(link: &Link<'_, '_>) -> bool {
    let [miss] = link.misses.as_slice() else { return false };
    link.outside.is_none() && (link.asked > 1 || misspelt(miss))
}

fn misspelt(miss: &Miss<'_, '_>) -> bool {
    let Some(found) = miss.found else { return false };
    let alike = |value: &String| {
        suggest::nearest(value, std::iter::once(found)).is_some()
            || value.starts_with(found)
            || found.starts_with(value.as_str())
    };
    miss.requirement.values().iter().any(alike)
}

/// What a finding of these rules says beside the labels themselves.
pub(super) struct Words {
    /// What is chosen: `Service`, `pod`.
    pub(super) what: &'static str,
    /// The kinds that are chosen among.
    pub(super) kinds: &'static [Kind],
    pub(super) why: &'static str,
}

/// Reports `from` if the labels of nothing in `links` fit its selector. `near` may know better than the labels whether
/// something was meant.
pub(super) fn check<'w>(
    rule: &Rule,
    words: &Words,
    model: &Model<'w>,
    from: &Item<'w>,
    links: &[Link<'_, 'w>],
    meant: Option<(&Link<'_, 'w>, String)>,
    out: &mut Out<'_>,
) {
    if out.options.hides(words.kinds, from.looks_into().as_deref()) {
        return;
    }
    let Some(link) = broken(links, out.options) else { return };
    if links.iter().any(|link| link.misses.is_empty()) {
        return;
    }
    let near = meant.is_some() || nearly(link);
    let Some(severity) = severity(out.options, near) else { return };
    let meant = meant.unwrap_or_else(|| by_labels(link));
    out.report_in(from.source, finding(rule, words, model, from, meant, severity));
}

/// What is said of the link that is nearest by its labels.
pub(super) fn by_labels<'l, 'g, 'w>(link: &'l Link<'g, 'w>) -> (&'l Link<'g, 'w>, String) {
    (link, format!("nearest is {}: {}", link.to.title(), label::reason(link)))
}

/// The finding that `from` selects nothing; the link comes nearest, for the reason that is said.
pub(super) fn finding<'w>(
    rule: &Rule,
    words: &Words,
    model: &Model<'w>,
    from: &Item<'w>,
    (link, hint): (&Link<'_, 'w>, String),
    severity: Severity,
) -> Finding {
    let selector = from.object.spec().and_then(|spec| spec.get("selector"));
    let missed = link.misses.first().map(|miss| miss.requirement.span());
    let span = missed.or(selector.map(|node| node.span())).unwrap_or(name_span(from));
    let mut finding: Finding = rule
        .at(span, format!("{} selects no {}: {hint}", from.title(), words.what))
        .label(format!("no {} has it", words.what))
        .why(words.why)
        .help("make the labels of the one and the selector of the other the same");
    finding.severity = severity;
    let other = name_span(link.to);
    with_other(finding, model, from.source, link.to, other, "the nearest")
}
