//! What a chain is told from: the objects, what selects what, and what rules found.

use super::{State, Step};
use crate::base::span::Span;
use crate::diagnostic::{Finding, Severity};
use crate::k8s::Kind;
use crate::lint::model::{Item, Model};
use crate::lint::{Choice, Options, World};

/// A world with what rules found in it.
pub(super) struct Known<'w> {
    options: Options,
    model: Model<'w>,
    found: Vec<(usize, Finding)>,
}

/// One question asked of it.
pub(super) struct Case<'g, 'w> {
    pub(super) model: &'g Model<'w>,
    found: &'g [(usize, Finding)],
    pub(super) options: &'g Options,
}

/// A link before its places are those of the texts that people see.
pub(super) struct Link {
    pub(super) step: Step,
    pub(super) state: State,
    pub(super) says: String,
    pub(super) clues: Option<(Clue, Option<Clue>)>,
}

/// A finding of one source.
#[derive(Clone)]
pub(super) struct Clue {
    pub(super) source: usize,
    pub(super) finding: Finding,
}

impl<'w> Known<'w> {
    pub(super) fn of(world: &'w World) -> Self {
        let options = world.options.clone();
        let (model, found) = world.found(&options, &Choice::default());
        Self { options, model, found }
    }
}

impl<'g, 'w> Case<'g, 'w> {
    pub(super) fn new(known: &'g Known<'w>) -> Self {
        Self { model: &known.model, found: &known.found, options: &known.options }
    }

    /// Whether everything of these kinds is in the world.
    pub(super) fn is_complete(&self, kinds: &[Kind]) -> bool {
        self.options.complete && !self.hides(kinds)
    }

    /// Whether some of these kinds are in a cluster and could not be read.
    pub(super) fn hides(&self, kinds: &[Kind]) -> bool {
        self.options.hides(kinds, None)
    }

    /// The state of a link whose other end would be one of these kinds, and is not in the world.
    pub(super) fn absence(&self, kinds: &[Kind]) -> State {
        if self.is_complete(kinds) { State::Broken } else { State::Unknown }
    }

    /// The findings within a stretch of a source that `wanted` leaves.
    pub(super) fn found(
        &self,
        source: usize,
        within: Span,
        wanted: impl Fn(&Finding) -> bool,
    ) -> impl Iterator<Item = &'g Finding> {
        let found = self.found.iter().filter(move |(at, finding)| {
            *at == source && within.contains(finding.span.start) && wanted(finding)
        });
        found.map(|(_, finding)| finding)
    }

    /// The first finding of a rule anywhere that `wanted` leaves, by its source.
    pub(super) fn anywhere(&self, rule: &str, wanted: impl Fn(usize, &Finding) -> bool) -> Option<Clue> {
        let mut all = self.found.iter().filter(|(_, finding)| finding.rule == rule);
        let (source, finding) = all.find(|(source, finding)| wanted(*source, finding))?;
        Some(Clue { source: *source, finding: finding.clone() })
    }

    /// The findings of an object.
    pub(super) fn of(
        &self,
        item: &Item<'w>,
        wanted: impl Fn(&Finding) -> bool,
    ) -> impl Iterator<Item = &'g Finding> {
        self.found(item.source, item.object.node().span(), wanted)
    }
}

impl Clue {
    pub(super) fn new(source: usize, finding: Finding) -> Self {
        Self { source, finding }
    }

    /// Something to look at in another place.
    pub(super) fn side(rule: &'static str, source: usize, span: Span, message: &str) -> Self {
        Self { source, finding: Finding::new(rule, Severity::Info, span, message) }
    }
}

impl Link {
    pub(super) fn holds(step: Step, says: impl Into<String>) -> Self {
        Self { step, state: State::Holds, says: says.into(), clues: None }
    }

    pub(super) fn unknown(step: Step, says: impl Into<String>) -> Self {
        Self { step, state: State::Unknown, says: says.into(), clues: None }
    }

    /// Broken, as the finding says. The other side is shown by itself where it is in another text: in the same one, the
    /// finding points at both.
    pub(super) fn broken(step: Step, mut this: Clue, other: Option<Clue>) -> Self {
        // What cannot be scraped is an error here, however sure a rule is of it.
        this.finding.severity = Severity::Error;
        let says = this.finding.message.clone();
        let (near, far): (Option<Clue>, Option<Clue>) = match other {
            Some(other) if other.source == this.source => (Some(other), None),
            other => (None, other),
        };
        if let Some(near) = near {
            this.finding.fix = this.finding.fix.or(near.finding.fix);
            let (span, known) = (near.finding.span, &this.finding.related);
            if span != this.finding.span && known.iter().all(|related| related.span != span) {
                this.finding = this.finding.related(span, near.finding.message);
            }
        }
        Self { step, state: State::Broken, says, clues: Some((this, far)) }
    }

    /// Holds, and has something to it that is worth a look.
    pub(super) fn with_remark(mut self, clue: Option<Clue>) -> Self {
        self.clues = clue.map(|clue| (clue, None));
        self
    }
}
