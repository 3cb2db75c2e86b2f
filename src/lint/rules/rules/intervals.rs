//! How often the series of a selector are scraped, as far as the scrape jobs of the same world say.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::lint::model::{Model, Spelling};
use crate::promql::{MatchOp, VectorSelector};
use crate::selector::re2;
use crate::yaml::Node;

/// The intervals of all jobs of a world.
pub(super) struct Intervals<'m> {
    /// The shortest of each name.
    jobs: BTreeMap<&'m str, Duration>,
    /// The shortest of all; `None` where there is no job, or one whose interval is not known.
    shortest: Option<Duration>,
}

impl<'m> Intervals<'m> {
    pub(super) fn new(model: &Model<'m>) -> Self {
        let mut jobs = BTreeMap::new();
        let mut all = Vec::new();
        for job in model.documents.iter().flat_map(|document| &document.jobs) {
            let interval =
                job.interval().map(|(_, interval)| interval).filter(|interval| !interval.is_zero());
            all.push(interval);
            let name =
                if job.spelling == Spelling::File { job.get("job_name").and_then(Node::text) } else { None };
            if let (Some(name), Some(interval)) = (name, interval) {
                let shortest = jobs.entry(name).or_insert(interval);
                *shortest = interval.min(*shortest);
            }
        }
        let shortest = all.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().min());
        Self { jobs, shortest }
    }

    /// The shortest that the series of a selector can have; `None` where that is not known.
    pub(super) fn of(&self, selector: &VectorSelector) -> Option<Duration> {
        let name = selector.name.as_ref().map_or("", |name| name.text.as_str());
        if name.contains(':') || name.starts_with("ALERTS") {
            return None; // made by rules, at another interval
        }
        let Some(matcher) = selector.matchers.iter().find(|matcher| matcher.name.text == "job") else {
            return self.shortest;
        };
        let wanted = matcher.value.text.as_str();
        match matcher.op {
            MatchOp::Equal => self.jobs.get(wanted).copied(),
            MatchOp::Matches => {
                let pattern = re2::compile(wanted).ok()?;
                self.jobs.iter().filter(|(job, _)| pattern.is_match(job)).map(|(_, interval)| *interval).min()
            }
            MatchOp::NotEqual | MatchOp::NotMatches => self.shortest,
        }
    }
}
