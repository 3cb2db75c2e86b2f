//! Passwords of users of Prometheus's own server.

use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::{Section, is_null};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "web/password-hash",
    severity: Severity::Error,
    summary: "a password that is no bcrypt hash",
    page: include_str!("../../../../docs/rules/web/password-hash.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "exporter-toolkit/web.Config" {
        return;
    }
    for entry in section.get("basic_auth_users").into_iter().flat_map(Node::entries) {
        let hash = if is_null(entry.value) { "" } else { entry.value.text().unwrap_or_default() };
        let Some(reason) = fault(hash.as_bytes()) else { continue };
        let user = clip(entry.key.text().unwrap_or_default(), 60);
        out.report(
            RULE.at(entry.value.span(), format!("the password of `{user}` is no bcrypt hash"))
                .label(reason)
                .why("Prometheus does not start, and nobody could log in")
                .help("make one: `htpasswd -nBC 10 \"\"`, and take what stands behind the `:`"),
        );
    }
}

/// What Go's bcrypt has against a hash: `$2`, perhaps a letter, `$`, two digits of cost, and 53 characters.
fn fault(hash: &[u8]) -> Option<&'static str> {
    if hash.len() < 59 {
        return Some("too short for a hash");
    }
    if hash[0] != b'$' {
        return Some("a hash begins with `$2`");
    }
    if hash[1] > b'2' {
        return Some("of a newer bcrypt");
    }
    let at = if hash[2] == b'$' { 3 } else { 4 };
    let cost = hash.get(at..at + 2).and_then(|cost| std::str::from_utf8(cost).ok()?.parse::<u8>().ok());
    match cost {
        Some(4..=31) => None,
        _ => Some("its cost is not 4 to 31"),
    }
}
