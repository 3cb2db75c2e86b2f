//! Lists with nothing in one of their entries.

use crate::base::version::Version;
use crate::diagnostic::Severity;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::rules::REFUSED;
use crate::lint::schema::Section;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/empty-section",
    severity: Severity::Error,
    summary: "an entry of a list with nothing in it",
    page: include_str!("../../../../docs/rules/scrape/empty-section.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if !section.item || !section.is_null() || !refused(section, out) {
        return;
    }
    let name = section.field;
    let (message, why) = match name {
        "" => ("a group of targets is empty".to_owned(), "Prometheus takes none of the file's targets"),
        name => (format!("an entry of `{name}` is empty"), REFUSED),
    };
    // An empty place has no width: nothing there to point at but its end.
    out.report(
        RULE.at(section.node.span(), message).label("nothing here").why(why).help("remove it, or fill it in"),
    );
}

/// Structures whose lists Go reads as pointers and then asks for nothing: others are read as if all were default.
fn refused(section: &Section<'_>, out: &Out<'_>) -> bool {
    match section.kind {
        "model/relabel.Config" => {
            section.parent != "config.AlertmanagerConfig"
                || section.field != "alert_relabel_configs"
                || out.options.prometheus >= Version::new(2, 51)
        }
        "config.ScrapeConfig"
        | "config.RemoteWriteConfig"
        | "config.RemoteReadConfig"
        | "config.AlertmanagerConfig" => true,
        "discovery/aws.Filter" => section.parent == "discovery/aws.EC2SDConfig",
        kind => {
            kind.starts_with("discovery/")
                && (section.field.ends_with("_configs") || section.field.is_empty())
        }
    }
}
