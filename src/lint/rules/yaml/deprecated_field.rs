//! Fields of Prometheus's own files that have been replaced. Those of objects are told by their schema.

use super::DEPRECATED_FIELD;
use crate::base::edit::Edit;
use crate::diagnostic::Safety;
use crate::lint::Kind;
use crate::lint::report::Out;
use crate::lint::rules::walk;
use crate::yaml::{Entry, Node, Style};

/// What came in the place of `bearer_token` and `bearer_token_file`, with Prometheus 2.26.
const FIELDS: [(&str, &str); 2] =
    [("bearer_token", "credentials"), ("bearer_token_file", "credentials_file")];

/// Every such field of a document.
pub(in crate::lint) fn check(kind: Kind, root: Node<'_>, out: &mut Out<'_>) {
    if !matches!(kind, Kind::Prometheus | Kind::Jobs) {
        return;
    }
    walk::mappings(root, &mut |node| {
        for (old, new) in FIELDS {
            let Some(entry) = node.entry(old).filter(|entry| !entry.merged && is_set(entry.value)) else {
                continue;
            };
            let finding = DEPRECATED_FIELD
                .at(entry.key.span(), format!("`{old}` is deprecated"))
                .label("deprecated")
                .why("it still works, and may go away; it cannot stand beside `authorization`")
                .help(format!("write `authorization: {{{new}: …}}`"));
            // Beside another one it is refused, and a person has to say which is meant.
            let others = ["authorization", "basic_auth", "oauth2", "bearer_token", "bearer_token_file"];
            let alone = others.iter().filter(|name| **name != old).all(|name| node.entry(name).is_none());
            out.report(match edits(entry, new).filter(|_| alone) {
                Some(edits) => finding.fix(format!("write `authorization.{new}`"), Safety::Safe, edits),
                None => finding,
            });
        }
    });
}

fn is_set(node: Node<'_>) -> bool {
    node.text().is_some_and(|text| !text.is_empty())
}

/// Puts braces around the field: where the value is one that they do not change.
fn edits(entry: Entry<'_>, new: &str) -> Option<Vec<Edit>> {
    let value = entry.value;
    let quoted = matches!(value.style()?, Style::SingleQuoted | Style::DoubleQuoted);
    let plain = value.style() == Some(Style::Plain)
        && value.text().is_some_and(|text| !text.contains([',', '[', ']', '{', '}', '\n', ':']));
    let simple = value.alias_of().is_none() && value.full_span() == value.span();
    (simple && (quoted || plain)).then(|| {
        vec![
            Edit::replace(entry.key.span(), format!("authorization: {{{new}")),
            Edit::insert(value.span().end, "}"),
        ]
    })
}
