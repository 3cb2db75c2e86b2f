//! TLS of Prometheus's own server.

use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::scrape::needs::{self, Part};
use crate::lint::schema::Section;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "web/incomplete-tls",
    severity: Severity::Error,
    summary: "a TLS section that cannot serve",
    page: include_str!("../../../../docs/rules/web/incomplete-tls.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    needs::check(&RULE, Part::Web, section, out);
    if section.kind != "exporter-toolkit/web.TLSConfig" {
        return;
    }
    for (field, file, kind) in
        [("cert", "cert_file", "CERTIFICATE-----"), ("key", "key_file", "PRIVATE KEY-----")]
    {
        if let (Some(node), Some(text), None) =
            (section.get(field), section.text(field), section.filled(file))
            && !(text.contains("-----BEGIN ") && text.contains(kind))
        {
            out.report(
                RULE.at(node.span(), format!("`{field}` holds no PEM of its kind"))
                    .label(format!("no `-----BEGIN … {kind}`"))
                    .why("Prometheus does not start")
                    .help(format!("put the text of the file here, or its path in `{file}`")),
            );
        }
    }
    let authority = section.filled("client_ca").or_else(|| section.filled("client_ca_file"));
    let policy = section.text("client_auth_type");
    if let (Some(entry), None | Some("NoClientCert")) = (authority, policy) {
        let name = entry.key.text().unwrap_or_default();
        out.report(
            RULE.at(
                entry.key.span(),
                format!("`{name}` is for nothing: no client is asked for a certificate"),
            )
            .label("not asked for")
            .why("Prometheus does not start")
            .help("add `client_auth_type: RequireAndVerifyClientCert`"),
        );
    }
}
