//! Scalars whose tag says what their text is not: `!!int x`.

use super::BAD_TAG;
use crate::lint::Kind;
use crate::lint::report::Out;
use crate::lint::rules::walk;
use crate::yaml::{Node, Reader};

/// Every such scalar of a document.
pub(in crate::lint) fn check(kind: Kind, root: Node<'_>, out: &mut Out<'_>) {
    let (reader, why) = match kind {
        Kind::Unknown => return,
        Kind::Rules | Kind::RuleTest => {
            (Reader::PrometheusRules, "Prometheus refuses to load the whole file")
        }
        Kind::Object | Kind::HelmValues => (Reader::Kubernetes, "kubectl and Helm refuse the file"),
        _ => (Reader::PrometheusConfig, "Prometheus refuses to load the whole file"),
    };
    // Hardly any document has one.
    if !root.document().has_properties() {
        return;
    }
    walk::nodes(root, &mut |node| {
        let (Some(tag), Some(written)) = (node.tag_span(), node.written()) else { return };
        let Err(err) = written.read(reader) else { return };
        let finding = BAD_TAG.at(tag, format!("the value is not the `{}` that its tag says", err.tag));
        out.report(
            finding
                .label("this tag")
                .related(node.span(), format!("this is a `{}`", err.found))
                .why(why)
                .help("leave out the tag, or write a value that fits it"),
        );
    });
}
