//! Scrapes of what speaks for others: their labels are the true ones.

use crate::diagnostic::Severity;
use crate::lint::model::Job;
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::Value;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/honor-labels-missing",
    severity: Severity::Info,
    summary: "a scrape of a Pushgateway or of another Prometheus that renames the labels it brings",
    page: include_str!("../../../../docs/rules/scrape/honor-labels-missing.md"),
    opt_in: true,
    check: Check::Job(check),
};

fn check(job: &Job<'_>, out: &mut Out<'_>) {
    if job.get("honor_labels").and_then(|node| node.value()) == Some(Value::Bool(true)) {
        return;
    }
    let federation = job.get("metrics_path").filter(|node| node.text() == Some("/federate"));
    let gateway = || {
        let name = job.get("job_name").or_else(|| job.get("port"))?;
        name.text().is_some_and(|text| text.to_ascii_lowercase().contains("pushgateway")).then_some(name)
    };
    let Some(node) = federation.or_else(gateway) else { return };
    let field = job.spelling.of("honor_labels");
    out.report(
        RULE.at(node.span(), format!("what is scraped here has labels of its own, and `{field}` is not set"))
            .label("speaks for others")
            .why("`job` and `instance` of the series become `exported_job` and `exported_instance`")
            .help(format!("add `{field}: true`")),
    );
}
