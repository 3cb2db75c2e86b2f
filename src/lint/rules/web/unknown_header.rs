//! Headers that Prometheus's own server adds.

use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::{Section, is_null};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "web/unknown-header",
    severity: Severity::Error,
    summary: "a header that cannot be set, or with a value that means nothing",
    page: include_str!("../../../../docs/rules/web/unknown-header.md"),
    opt_in: false,
    check: Check::Section(check),
};

/// Headers that may be set, with the values that they may have.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
    ("Content-Security-Policy", &[]),
];

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "exporter-toolkit/web.HTTPConfig" {
        return;
    }
    for entry in section.get("headers").into_iter().flat_map(Node::entries) {
        let name = entry.key.text().unwrap_or_default();
        let value = if is_null(entry.value) { "" } else { entry.value.text().unwrap_or_default() };
        let (finding, help) = match HEADERS.iter().find(|(known, _)| *known == name) {
            Some((_, [])) => continue,
            Some((_, values)) if values.contains(&value) => continue,
            Some((_, values)) => {
                let message = format!("`{name}` cannot be `{}`", clip(value, 60));
                (RULE.at(entry.value.span(), message), format!("use one of `{}`", values.join("`, `")))
            }
            None => {
                let message = format!("the header `{}` cannot be set", clip(name, 60));
                let known = || HEADERS.iter().map(|(known, _)| *known);
                let near =
                    known().find(|it| it.eq_ignore_ascii_case(name)).or_else(|| nearest(name, known()));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("these can: `{}`", known().collect::<Vec<_>>().join("`, `")),
                };
                (RULE.at(entry.key.span(), message), help)
            }
        };
        out.report(finding.label("not taken").why("Prometheus does not start").help(help));
    }
}
