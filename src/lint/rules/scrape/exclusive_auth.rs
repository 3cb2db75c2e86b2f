//! Ways to authenticate, of which a client has one.

use super::needs;
use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;
use crate::yaml::Entry;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/exclusive-auth",
    severity: Severity::Error,
    summary: "a client with more than one way to authenticate",
    page: include_str!("../../../../docs/rules/scrape/exclusive-auth.md"),
    opt_in: false,
    check: Check::Section(check),
};

const CLIENT: [&str; 5] = ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"];

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if !section.knows("basic_auth") || needs::unchecked(section, out.options.prometheus) {
        return;
    }
    let mut found = present(section, &CLIENT);
    found.extend(present(section, others(section, out.options.prometheus)));
    let mut clash = found.len() > 1;
    if section.kind == "discovery/marathon.SDConfig" {
        let tokens = present(section, &["auth_token", "auth_token_file"]);
        // Marathon's own token is a header beside that of OAuth.
        let rivals = found.iter().filter(|entry| entry.key.text() != Some("oauth2")).count();
        clash |= !tokens.is_empty() && rivals > 0;
        found.extend(tokens);
    }
    found.sort_by_key(|entry| entry.key.span());
    let ([first, second, ..], true) = (&found[..], clash) else { return };
    let name = |entry: &Entry<'_>| entry.key.text().unwrap_or_default().to_owned();
    let message = format!("`{}` is a second way to authenticate, beside `{}`", name(second), name(first));
    let finding =
        RULE.at(second.key.span(), message).label("another way").related(first.key.span(), "the first");
    let finding = found[2..].iter().fold(finding, |it, entry| it.related(entry.key.span(), "one more"));
    let names: Vec<String> = found.iter().map(name).collect();
    out.report(finding.why(REFUSED).help(format!("keep one of `{}`", names.join("`, `"))));
}

/// What a section has besides the fields of every client.
fn others(section: &Section<'_>, version: Version) -> &'static [&'static str] {
    match section.kind {
        "config.RemoteWriteConfig" => &["sigv4", "azuread", "google_iam"],
        "config.AlertmanagerConfig" if version >= Version::new(2, 48) => &["sigv4"],
        // A user is basic authentication by another name; beside `basic_auth` itself it is another finding.
        "discovery/consul.SDConfig" if section.get("basic_auth").is_none() => {
            match section.filled("username") {
                Some(_) => &["username"],
                None => &["password"],
            }
        }
        _ => &[],
    }
}

/// The entries of these fields. A structure is there even if it is empty, a text only if it is not.
fn present<'w>(section: &Section<'w>, fields: &[&str]) -> Vec<Entry<'w>> {
    fields.iter().filter_map(|field| section.filled(field)).collect()
}
