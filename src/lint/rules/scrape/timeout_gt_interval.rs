//! A scrape that may take longer than the time between two.

use crate::base::duration::render;
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Job, Model, Spelling};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;

pub(in crate::lint) const RULE: Rule = Rule {
    name: "scrape/timeout-gt-interval",
    severity: Severity::Error,
    summary: "a scrape timeout that is longer than the scrape interval",
    page: include_str!("../../../../docs/rules/scrape/timeout-gt-interval.md"),
    opt_in: false,
    check: Check::World(check),
};

fn check(model: &Model<'_>, out: &mut Out<'_>) {
    for document in &model.documents {
        let jobs = document.jobs.iter().copied();
        for job in jobs.chain(Job::of_global(document.kind, document.root)) {
            out.found.extend(fault(&job).map(|finding| (document.source, finding)));
        }
    }
}

fn fault(job: &Job<'_>) -> Option<Finding> {
    // A timeout of `global` is cut down to the interval of the job; only one that the job itself sets is refused.
    let node = job.get("scrape_timeout")?;
    let (_, timeout) = job.duration("scrape_timeout").filter(|(place, _)| place.span() == node.span())?;
    let (place, interval) = job.interval()?;
    if timeout <= interval {
        return None;
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
    Some(match place {
        Some(place) => finding.related(place.span(), "the interval"),
        None => finding,
    })
}
