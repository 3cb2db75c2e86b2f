//! TLS that takes any certificate.

use super::INSECURE_SKIP_VERIFY;
use crate::lint::report::Out;
use crate::yaml::{Entry, Value};

/// A client's TLS, in either spelling.
pub(super) fn check(entry: Entry<'_>, out: &mut Out<'_>) {
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
}
