//! Which relabel rules of samples drop a metric, whatever its other labels.

use super::case::{Case, Clue, Link};
use super::dropped::reads;
use super::{Question, Step};
use crate::diagnostic::{Finding, Severity};
use crate::lint::model::{Entry, Relabeling, Stage};
use crate::relabel::{Action, Labels, Outcome, Rules};

/// The lists that drop it, a link each.
pub(super) fn links(case: &Case<'_, '_>, question: &Question) -> Vec<Link> {
    let Question::Metric(name) = question else { return Vec::new() };
    let mut links = Vec::new();
    let mut looked = 0;
    for document in &case.model.documents {
        for list in document.relabelings.iter().filter(|it| matches!(it.stage, Stage::Metric | Stage::Write))
        {
            looked += 1;
            if let Some(entry) = dropping(list, name) {
                links.push(Link::broken(
                    Step::MetricRelabeling,
                    clue(document.source, list, entry, name),
                    None,
                ));
            }
        }
    }
    match (links.is_empty(), looked) {
        (true, 0) => {
            vec![Link::unknown(Step::MetricRelabeling, "no relabeling of samples in what was given")]
        }
        (true, _) => vec![Link::holds(Step::MetricRelabeling, "no rule drops it by its name")],
        (false, _) => links,
    }
}

/// The rule of a list that drops every series of this name: until there, nothing but the name counts.
fn dropping<'g, 'w>(list: &'g Relabeling<'w>, name: &str) -> Option<&'g Entry<'w>> {
    let mut labels = Labels::new();
    labels.assign([("__name__", name)]);
    for entry in &list.entries {
        let rule = entry.valid()?;
        let by_name = reads(entry).iter().all(|label| label == "__name__");
        let judged = by_name
            || !matches!(action(entry)?, Action::Keep | Action::Drop | Action::KeepEqual | Action::DropEqual);
        let outcome = Rules::new(vec![rule.clone()]).apply(&mut labels);
        if judged && outcome != Outcome::Kept {
            return Some(entry);
        }
        labels.assign([("__name__", name)]);
    }
    None
}

fn action(entry: &Entry<'_>) -> Option<Action> {
    Action::parse(entry.text("action").unwrap_or("replace")).ok()
}

fn clue(source: usize, list: &Relabeling<'_>, entry: &Entry<'_>, name: &str) -> Clue {
    let job = list.job.and_then(|job| {
        let named = job.get("job_name").and_then(|node| node.text()).map(|name| format!("job `{name}`"));
        let object =
            || job.object.and_then(|object| Some(format!("{} `{}`", object.kind(), object.name()?.value)));
        named.or_else(object)
    });
    let (what, why) = match list.stage {
        Stage::Write => ("remote write", "it is stored here, and never sent there"),
        _ => ("a job", "it is scraped, and dropped before it is stored"),
    };
    let of = job.unwrap_or_else(|| what.to_owned());
    let finding = Finding::new(
        "why/metric-dropped",
        Severity::Error,
        entry.place("regex").span(),
        format!("a rule of {of} drops `{name}`"),
    )
    .label(format!("`{}`", entry.text("action").unwrap_or("replace")))
    .why(why)
    .help("change the rule so that it keeps the name");
    Clue::new(source, finding)
}
