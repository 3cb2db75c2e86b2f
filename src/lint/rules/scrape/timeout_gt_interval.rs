//! A scrape that may take longer than the time between two.

use crate::base::duration::render;
use crate::diagnostic::Severity;
use crate::lint::model::{Job, Spelling};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/timeout-gt-interval",
    severity: Severity::Error,
    summary: "a scrape timeout that is longer than the scrape interval",
    page: include_str!("../../../../docs/rules/scrape/timeout-gt-interval.md"),
    opt_in: false,
    check: Check::Job(check),
};

fn check(job: &Job<'_>, out: &mut Out<'_>) {
    // A timeout of `global` is cut down to the interval of the job; only one that the job itself sets is refused.
    let Some(node) = job.get("scrape_timeout") else { return };
    let (Some((_, timeout)), Some((place, interval))) = (job.duration("scrape_timeout"), job.interval())
    else {
        return;
    };
    if timeout <= interval {
        return;
    }
    let why = match job.spelling {
        Spelling::File => "Prometheus refuses to load the whole file",
        Spelling::Object => "the operator leaves the whole object out, and says so in an Event only",
    };
    let message = format!(
        "the scrape timeout, {}, is longer than the scrape interval, {}",
        render(timeout),
        render(interval)
    );
    let finding = RULE.at(node.span(), message).label("the timeout").why(why).help(format!(
        "make it at most {}, or the interval at least {}",
        render(interval),
        render(timeout)
    ));
    out.report(match place {
        Some(place) => finding.related(place.span(), "the interval"),
        None => finding,
    });
}
