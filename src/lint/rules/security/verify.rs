//! TLS that takes any certificate.

use super::INSECURE_SKIP_VERIFY;
use crate::lint::report::Out;
use crate::lint::rules::walk;
use crate::yaml::{Node, Value};

/// Every client's TLS under `root`, in either spelling.
pub(super) fn check(root: Node<'_>, out: &mut Out<'_>) {
    walk::entries(root, &mut |entry| {
        let Some(field @ ("insecure_skip_verify" | "insecureSkipVerify")) = entry.key.text() else { return };
        if entry.value.value() != Some(Value::Bool(true)) {
            return;
        }
        let ca = if field == "insecure_skip_verify" { "ca_file" } else { "ca" };
        out.report(
            INSECURE_SKIP_VERIFY
                .at(entry.value.span(), format!("`{field}` takes any certificate"))
                .label("not checked")
                .why("whoever stands between can answer in the target's place, and read what is sent to it")
                .help(format!("remove it, and name the authority that signed the certificate with `{ca}`")),
        );
    });
}
