//! Why something is not scraped: the chain from a Prometheus to a pod, link by link, and what breaks it.
//!
//! A chain is told from the objects of one world, and from what rules find in them. What is not in the world is unknown,
//! not broken, unless everything there is was said to be in it ([`super::Options::complete`]).

mod case;
mod dropped;
mod job;
mod metric;
mod monitor;
mod operator;
mod pods;
mod port;
mod question;
mod render;
mod rights;
mod selected;
mod service;
mod target;
#[cfg(test)]
mod tests;
mod workload;

pub use question::{Question, Refused, Unanswered};
pub use render::json;

use self::case::{Case, Known};
use super::World;
use crate::diagnostic::{Finding, Fix};
use crate::k8s::Kind;

/// The links from a Prometheus to what was asked about, from the top down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// What was asked about: ``ServiceMonitor `web/api` ``.
    pub subject: String,
    pub links: Vec<Link>,
}

/// One thing that must hold for a scrape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    pub step: Step,
    pub state: State,
    /// What is so, in one clause.
    pub says: String,
    /// What shows it: always there for what is broken; of what holds, something that will hurt.
    pub evidence: Option<Evidence>,
}

/// Which link it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// Captured traffic has the metric.
    Capture,
    /// A monitor, or a job that reads annotations, is meant for it.
    Monitor,
    /// A Prometheus selects the object.
    Prometheus,
    /// That Prometheus runs, and the operator can make its configuration.
    Configuration,
    /// The API server and the operator take the object.
    Object,
    /// A monitor selects Services.
    Service,
    /// They have the port.
    Port,
    /// There are pods.
    Pods,
    /// A container has the port.
    ContainerPort,
    /// Prometheus may list all that.
    Rights,
    /// Relabeling keeps a target.
    Relabeling,
    /// Relabeling of samples keeps the metric.
    MetricRelabeling,
}

/// How it is with a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Holds,
    Broken,
    /// The world does not say.
    Unknown,
}

/// Both sides of a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    pub this: Shown,
    /// What stands in another text.
    pub other: Option<Shown>,
}

/// A finding of one text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Which text of the world, see [`World::source`].
    pub text: usize,
    pub finding: Finding,
}

impl Chain {
    /// The first link that is broken.
    #[must_use]
    pub fn broken(&self) -> Option<&Link> {
        self.links.iter().find(|link| link.state == State::Broken)
    }
}

impl Evidence {
    /// What mends it, and in which text.
    #[must_use]
    pub fn fix(&self) -> Option<(usize, &Fix)> {
        let of = |shown: &Shown| shown.finding.fix.is_some();
        let shown = [Some(&self.this), self.other.as_ref()].into_iter().flatten().find(|shown| of(shown))?;
        Some((shown.text, shown.finding.fix.as_ref()?))
    }
}

impl Step {
    /// Its name: one word, the same for people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Monitor => "monitor",
            Self::Prometheus => "prometheus",
            Self::Configuration => "configuration",
            Self::Object => "object",
            Self::Service => "service",
            Self::Port => "port",
            Self::Pods => "pods",
            Self::ContainerPort => "container-port",
            Self::Rights => "rights",
            Self::Relabeling => "relabeling",
            Self::MetricRelabeling => "metric-relabeling",
        }
    }
}

impl State {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "ok",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }
}

impl World {
    /// Follows what is asked about through the world.
    ///
    /// # Errors
    ///
    /// There is no such object, or there are several.
    pub fn why(&self, question: &Question) -> Result<Chain, Unanswered> {
        let known = Known::of(self);
        let case = Case::new(&known);
        let Question::Object { .. } = question else {
            return Ok(self.chain(question.to_string(), metric::links(&case, question)));
        };
        let item = question.find(&case)?;
        let links = match item.object.kind() {
            Kind::ServiceMonitor => monitor::of_services(&case, item, None),
            Kind::PodMonitor => monitor::of_pods(&case, item, None),
            Kind::Probe | Kind::ScrapeConfig | Kind::PrometheusRule => monitor::alone(&case, item),
            Kind::Service => workload::service(&case, item),
            _ => workload::pods(&case, item),
        };
        Ok(self.chain(item.title(), links))
    }

    /// With the places where people find them: what is held in another text is shown there.
    fn chain(&self, subject: String, links: Vec<case::Link>) -> Chain {
        let shown = |clue: case::Clue| {
            let (text, finding) = self.outward(clue.source, clue.finding);
            Shown { text, finding }
        };
        let links = links.into_iter().map(|link| {
            let evidence = link.clues.map(|(this, other)| {
                let (this, other) = (shown(this), other.map(shown));
                Evidence { this, other }
            });
            // What a finding quotes of a Secret is not to be read beside it.
            let says = match &evidence {
                Some(evidence) => self.source(evidence.this.text).scrub(&link.says).into_owned(),
                None => link.says,
            };
            Link { step: link.step, state: link.state, says, evidence }
        });
        Chain { subject, links: links.collect() }
    }
}
