//! Durations that are read as nanoseconds.

use crate::base::edit::Edit;
use crate::diagnostic::{Safety, Severity};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::lint::schema::Section;
use crate::yaml::{Style, Value};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "statsd/duration-without-unit",
    severity: Severity::Warning,
    summary: "a duration without a unit, which is one of nanoseconds",
    page: include_str!("../../../../docs/rules/statsd/duration-without-unit.md"),
    opt_in: false,
    check: Check::Section(check),
};

fn check(section: &Section<'_>, out: &mut Out<'_>) {
    if !section.kind.starts_with("statsd_exporter/") {
        return;
    }
    for (field, node) in section.of_word("go-duration") {
        let Some(Value::Int(number)) = node.value() else { continue };
        // A second has more nanoseconds than anybody writes by mistake for seconds.
        if !(1..1_000_000).contains(&number) {
            continue;
        }
        let finding = RULE
            .at(node.span(), format!("`{field}` is {number} nanoseconds"))
            .label("no unit")
            .why("a number without a unit is read as nanoseconds")
            .help(format!("add the unit: `{number}s` for seconds"));
        out.report(match node.style() {
            Some(Style::Plain) => finding.fix(
                "say seconds",
                Safety::Unsafe,
                vec![Edit::replace(node.span(), format!("{number}s"))],
            ),
            _ => finding,
        });
    }
}
