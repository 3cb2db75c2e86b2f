//! Fields of one section that exclude each other, but for ways to authenticate.

use super::needs::{self, Part};
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/exclusive-fields",
    severity: Severity::Error,
    summary: "fields that cannot stand in the same section",
    page: include_str!("../../../../docs/rules/scrape/exclusive-fields.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    needs::check(&RULE, Part::Exclusive, section, out);
    if needs::unchecked(section, out.options.prometheus) {
        return;
    }
    if section.knows("proxy_from_environment") {
        proxy(section, out);
    }
    if section.kind == "common/config.OAuth2" {
        secrets(section, out);
    }
}

/// A proxy is named here or in the environment.
fn proxy(section: &Section<'_>, out: &mut Out<'_>) {
    let url = section.filled("proxy_url");
    let environment = section.filled("proxy_from_environment");
    if let Some(environment) = environment {
        for other in [url, section.filled("no_proxy")].into_iter().flatten() {
            let name = other.key.text().unwrap_or_default();
            let message = format!("`{name}` cannot stand beside `proxy_from_environment`");
            out.report(
                RULE.at(other.key.span(), message)
                    .label("is in the environment already")
                    .related(environment.key.span(), "the proxy comes from the environment")
                    .why(REFUSED)
                    .help("remove one of the two"),
            );
        }
        return;
    }
    // An empty URL is one for `no_proxy`, and none for headers.
    let alone = match (section.filled("no_proxy"), section.filled("proxy_connect_header")) {
        (Some(entry), _) if section.get("proxy_url").is_none() => Some(entry),
        (_, Some(entry)) if url.is_none() => Some(entry),
        _ => None,
    };
    if let Some(entry) = alone {
        let name = entry.key.text().unwrap_or_default();
        out.report(
            RULE.at(entry.key.span(), format!("`{name}` needs `proxy_url` with it"))
                .label("there is no proxy")
                .why(REFUSED)
                .help(format!("add `proxy_url`, or remove `{name}`")),
        );
    }
}

/// A client of OAuth 2.0 has one secret, or one key where it signs its own token.
fn secrets(section: &Section<'_>, out: &mut Out<'_>) {
    const SIGNED: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let fields: &[&str] = match section.text("grant_type") == Some(SIGNED) {
        true => &["client_certificate_key", "client_certificate_key_file", "client_certificate_key_ref"],
        false => &["client_secret", "client_secret_file", "client_secret_ref"],
    };
    let found: Vec<_> = fields.iter().filter_map(|field| section.filled(field)).collect();
    if let [first, second, ..] = found[..] {
        let name = second.key.text().unwrap_or_default();
        let message = format!("`{name}` cannot stand beside `{}`", first.key.text().unwrap_or_default());
        out.report(
            RULE.at(second.key.span(), message)
                .label("excludes the other")
                .related(first.key.span(), "the other is here")
                .why(REFUSED)
                .help("keep one of them"),
        );
    }
}
