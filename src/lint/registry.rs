//! What a rule is.

use super::model::{Group, Job, Model, PromRule, Relabeling};
use super::report::Out;
use super::schema::Section;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Severity};
use crate::k8s::Object;

/// One rule: what it finds, how bad that is, and the text behind `obsctl explain`.
#[derive(Debug)]
pub struct Rule {
    /// `family/name`, named for the fault.
    pub name: &'static str,
    /// Of most of its findings; one may say otherwise.
    pub severity: Severity,
    /// What it finds, in one clause.
    pub summary: &'static str,
    /// Its page: what it does, why that is bad, a bad and a good example, how safe its fix is, references.
    pub page: &'static str,
    /// Whether it is only on when it is asked for by name or family.
    pub opt_in: bool,
    pub(super) check: Check,
}

/// On what a rule is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    /// By none of these: a library finds it while reading.
    Reading,
    /// Each structure of Prometheus's own files, also where nothing but a null stands for it.
    Section(fn(&Section<'_>, &mut Out<'_>)),
    /// Each scrape job: of a `prometheus.yml`, an endpoint of a monitor, a ScrapeConfig.
    Job(fn(&Job<'_>, &mut Out<'_>)),
    /// Each list of relabel rules, wherever it stands.
    Relabeling(fn(&Relabeling<'_>, &mut Out<'_>)),
    /// Each alerting or recording rule, of a rule file or a PrometheusRule.
    PromRule(fn(&PromRule<'_>, &mut Out<'_>)),
    /// Each group of them.
    Group(fn(&Group<'_>, &mut Out<'_>)),
    /// Each Kubernetes object.
    Object(fn(&Object<'_>, &mut Out<'_>)),
    /// Everything of one world together.
    World(fn(&Model<'_>, &mut Out<'_>)),
}

impl Rule {
    /// A finding of this rule.
    pub(super) fn at(&self, span: Span, message: impl Into<String>) -> Finding {
        Finding::new(self.name, self.severity, span, message)
    }

    /// Its family: what stands before the `/`.
    #[must_use]
    pub fn family(&self) -> &'static str {
        family_of(self.name)
    }
}

/// The family of a rule's name.
#[must_use]
pub(super) fn family_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(family, _)| family)
}
