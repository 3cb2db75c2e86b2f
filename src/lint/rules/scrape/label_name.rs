//! Labels that configuration adds: to targets, and to all that is sent.

use crate::base::name::is_label_name;
use crate::base::text::clip;
use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::{Section, binary, is_null};
use crate::yaml::Node;
use std::borrow::Cow;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/label-name",
    severity: Severity::Error,
    summary: "a label that no series can have",
    page: include_str!("../../../../docs/rules/scrape/label-name.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    match section.kind {
        "config.GlobalConfig" => labels(section, "external_labels", out),
        "config.RemoteReadConfig" => labels(section, "required_matchers", out),
        "discovery/targetgroup.Group" => labels(section, "labels", out),
        _ => {}
    }
}

fn labels(section: &Section<'_>, field: &str, out: &mut Out<'_>) {
    let legacy_scheme = section.text("metric_name_validation_scheme") == Some("legacy");
    let legacy = out.options.prometheus < Version::new(3, 0) || (field == "external_labels" && legacy_scheme);
    let why = match section.parent {
        "" => "Prometheus takes none of the file's targets",
        _ => REFUSED,
    };
    for entry in section.get(field).into_iter().flat_map(Node::entries) {
        let Some(name) = text_of(entry.key) else {
            out.report(
                RULE.at(entry.key.span(), "a label's name is not UTF-8").label("other bytes").why(why),
            );
            continue;
        };
        if name.is_empty() || (legacy && !is_label_name(&name)) {
            let message = match name.is_empty() {
                true => "a label has no name".to_owned(),
                false => format!("`{}` is no label name", clip(&name, 60)),
            };
            let finding = RULE.at(entry.key.span(), message).label("not a label's name").why(why);
            out.report(finding.help("a label name has letters, digits and `_`, and no digit first"));
        }
        // Labels of targets are looked at when they are scraped, which is too late to refuse the file.
        if field == "external_labels" && text_of(entry.value).is_none() {
            out.report(
                RULE.at(entry.value.span(), "a label's value is not UTF-8").label("other bytes").why(why),
            );
        }
    }
}

/// What Go makes of a scalar; `None` where `!!binary` holds other bytes than UTF-8.
fn text_of(node: Node<'_>) -> Option<Cow<'_, str>> {
    let text = if is_null(node) { "" } else { node.text().unwrap_or_default() };
    match node.tag() {
        Some("!!binary") => String::from_utf8(binary(text)?).ok().map(Cow::Owned),
        _ => Some(Cow::Borrowed(text)),
    }
}
