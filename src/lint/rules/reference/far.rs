//! How the other side of a reference is told, and how loud a missing one is.

use crate::base::span::Span;
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Item, Model};
use crate::lint::options::Options;

/// How bad it is that nothing in the world is what an object asks for. Only a whole world can say that it is not there;
/// of a part, what nearly fits is worth a word, and the rest is normal.
pub(in crate::lint::rules) fn severity(options: &Options, near: bool) -> Option<Severity> {
    match (options.complete, near) {
        (true, _) => Some(Severity::Warning),
        (false, true) => Some(Severity::Info),
        (false, false) => None,
    }
}

/// Adds the other side: a place in the same file, or else its file and line in the help.
pub(in crate::lint::rules) fn with_other(
    mut finding: Finding,
    model: &Model<'_>,
    own: usize,
    other: &Item<'_>,
    span: Span,
    label: &str,
) -> Finding {
    if own == other.source {
        return finding.related(span, label.to_owned());
    }
    let place = format!("{label}: {}", model.place(other.source, span));
    finding.help = Some(match finding.help.take() {
        Some(help) => format!("{help} ({place})"),
        None => place,
    });
    finding
}

/// Where an object is named; its kind where it has no name.
pub(in crate::lint) fn name_span(item: &Item<'_>) -> Span {
    item.object.name().map_or(item.object.kind_name().span, |name| name.span)
}
