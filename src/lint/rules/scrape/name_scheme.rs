//! Which names of metrics hold, and how others are escaped.

use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::{Section, is_null};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/name-scheme",
    severity: Severity::Error,
    summary: "names of metrics that one setting lets in and another keeps out",
    page: include_str!("../../../../docs/rules/scrape/name-scheme.md"),
    opt_in: false,
    check: Check::Section(check),
};

const ESCAPING: [&str; 4] = ["allow-utf-8", "underscores", "dots", "values"];
const UTF8: &str = "allow-utf-8";

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "config.Config" || out.options.prometheus < Version::new(3, 0) {
        return;
    }
    let global = |field| section.get("global").and_then(|node| set(node, field));
    let legacy = global("metric_name_validation_scheme").filter(|node| node.text() == Some("legacy"));
    if let Some(legacy) = legacy {
        otlp(section, legacy, out);
    }
    let jobs =
        || section.get("scrape_configs").into_iter().flat_map(Node::items).filter(|job| !is_null(*job));
    if out.options.prometheus < Version::new(3, 4) || jobs().next().is_none() {
        return;
    }
    let global = Scheme { legacy, escaping: global("metric_name_escaping_scheme") };
    if let Some(node) = global.escaping {
        unknown(node, out);
    }
    jobs().for_each(|job| of_job(job, &global, out));
}

/// What is set for the names of metrics.
struct Scheme<'w> {
    /// The setting that keeps to old names.
    legacy: Option<Node<'w>>,
    escaping: Option<Node<'w>>,
}

fn of_job<'w>(job: Node<'w>, global: &Scheme<'w>, out: &mut Out<'_>) {
    let validation = set(job, "metric_name_validation_scheme");
    let escaping = set(job, "metric_name_escaping_scheme");
    if let Some(node) = escaping {
        unknown(node, out);
    }
    // A job that says which names hold takes the escaping that belongs to them, and not that of `global`.
    let legacy = validation.map_or(global.legacy, |node| (node.text() == Some("legacy")).then_some(node));
    let escaping = escaping.or_else(|| global.escaping.filter(|_| validation.is_none()));
    if let (Some(legacy), Some(escaping)) = (legacy, escaping.filter(|node| node.text() == Some(UTF8))) {
        out.report(
            RULE.at(escaping.span(), "names are asked for in UTF-8, and only old ones are let in")
                .label("asks for UTF-8")
                .related(legacy.span(), "lets in letters, digits, `_` and `:` alone")
                .why(REFUSED)
                .help("use `underscores` here, or `utf8` as the validation scheme"),
        );
    }
}

fn unknown(node: Node<'_>, out: &mut Out<'_>) {
    let text = node.text().unwrap_or_default();
    if !ESCAPING.contains(&text) {
        let finding = RULE.at(node.span(), format!("there is no escaping scheme `{}`", clip(text, 60)));
        let help = match nearest(text, ESCAPING.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use one of `{}`", ESCAPING.join("`, `")),
        };
        out.report(finding.label("unknown").why(REFUSED).help(help));
    }
}

fn otlp(section: &Section<'_>, legacy: Node<'_>, out: &mut Out<'_>) {
    let strategy = section.get("otlp").and_then(|otlp| set(otlp, "translation_strategy"));
    let keeps = |node: &Node<'_>| matches!(node.text(), Some("NoUTF8EscapingWithSuffixes" | "NoTranslation"));
    if let Some(node) = strategy.filter(keeps) {
        let text = node.text().unwrap_or_default();
        out.report(
            RULE.at(node.span(), format!("`{text}` keeps names that the validation scheme does not let in"))
                .label("keeps UTF-8")
                .related(legacy.span(), "lets in letters, digits, `_` and `:` alone")
                .why(REFUSED)
                .help("use `UnderscoreEscapingWithSuffixes`, or `utf8` as the validation scheme"),
        );
    }
}

/// The value of a field that is not empty.
fn set<'w>(node: Node<'w>, field: &str) -> Option<Node<'w>> {
    node.get(field).filter(|node| !is_null(*node) && node.text() != Some(""))
}
