//! Which names of metrics hold, and how others are escaped.

use crate::base::suggest::nearest;
use crate::base::text::clip;
use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::rules::yaml::UNKNOWN_VALUE;
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

const VALIDATION: [&str; 2] = ["utf8", "legacy"];
const ESCAPING: [&str; 4] = ["allow-utf-8", "underscores", "dots", "values"];
const UTF8: &str = "allow-utf-8";

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if section.kind != "config.Config" {
        return;
    }
    let global = |field| section.get("global").and_then(|node| set(node, field));
    let global = Scheme {
        validation: global("metric_name_validation_scheme"),
        escaping: global("metric_name_escaping_scheme"),
    };
    if let Some(legacy) = global.validation.filter(|node| is_legacy(*node)) {
        otlp(section, legacy, out);
    }
    let jobs = || section.get("scrape_configs").into_iter().flat_map(Node::items);
    let mut jobs = jobs().filter(|job| !is_null(*job)).peekable();
    if jobs.peek().is_some() {
        known(global.validation, &VALIDATION, Version::new(2, 55), out);
        known(global.escaping, &ESCAPING, Version::new(3, 4), out);
    }
    jobs.for_each(|job| of_job(job, &global, out));
}

/// What is set for the names of metrics.
struct Scheme<'w> {
    validation: Option<Node<'w>>,
    escaping: Option<Node<'w>>,
}

fn is_legacy(node: Node<'_>) -> bool {
    node.text() == Some("legacy")
}

fn of_job<'w>(job: Node<'w>, global: &Scheme<'w>, out: &mut Out<'_>) {
    let own = Scheme {
        validation: set(job, "metric_name_validation_scheme"),
        escaping: set(job, "metric_name_escaping_scheme"),
    };
    known(own.validation, &VALIDATION, Version::new(3, 4), out);
    known(own.escaping, &ESCAPING, Version::new(3, 4), out);
    let version = out.options.prometheus;
    let Some(legacy) = own.validation.or(global.validation).filter(|node| is_legacy(*node)) else { return };
    // From 3.7 on a job that says which names hold takes the escaping that belongs to them, and not that of `global`.
    let inherits = version < Version::new(3, 7) || own.validation.is_none();
    let escaping = own.escaping.or_else(|| global.escaping.filter(|_| inherits));
    let finding = match escaping {
        Some(node) if node.text() == Some(UTF8) => RULE
            .at(node.span(), "names are asked for in UTF-8, and only old ones are let in")
            .label("asks for UTF-8")
            .related(legacy.span(), "lets in letters, digits, `_` and `:` alone")
            .help("use `underscores` here, or `utf8` as the validation scheme"),
        None if inherits && !global.validation.is_some_and(is_legacy) => RULE
            .at(legacy.span(), "only old names are let in, and `global` asks for names in UTF-8")
            .label("not the scheme of `global`")
            .help("add `metric_name_escaping_scheme: underscores`"),
        _ => return,
    };
    if version >= Version::new(3, 4) {
        out.report(finding.why(REFUSED));
    }
}

/// That a word is one of those that are asked for since a version.
fn known(node: Option<Node<'_>>, words: &'static [&'static str], since: Version, out: &mut Out<'_>) {
    let Some(node) = node.filter(|_| out.options.prometheus >= since) else { return };
    let text = node.text().unwrap_or_default();
    // From 3.6 on the file does not even load with another validation scheme, which is said while fields are checked.
    if words.contains(&text) || (words == VALIDATION && out.options.prometheus >= Version::new(3, 6)) {
        return;
    }
    let finding = UNKNOWN_VALUE.at(node.span(), format!("there is no scheme `{}`", clip(text, 60)));
    let help = match nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of `{}`", words.join("`, `")),
    };
    out.report(finding.label("unknown").why(REFUSED).help(help));
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
