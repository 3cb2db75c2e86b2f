//! What every rule saw and did, as data: for `explain`, `simulate` and `why`.

use super::rule::Verdict;
use super::{Action, Labels, Outcome, Rules};

/// The way of one label set through the rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// One for each rule that was reached, in order.
    pub steps: Vec<Step>,
    pub outcome: Outcome,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Counted from 0.
    pub rule: usize,
    pub action: Action,
    /// The values of `source_labels`, joined. Empty where the action reads none.
    pub source: String,
    /// Whether `regex` matched the source. `None` for actions that match label names or nothing at all.
    pub matched: Option<bool>,
    /// The groups of `regex`, from the first, if it matched and has any.
    pub groups: Vec<Group>,
    pub effect: Effect,
}

/// What a group of the expression matched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub name: Option<String>,
    /// `None`: it took no part.
    pub text: Option<String>,
}

/// What a rule did.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Effect {
    /// Nothing: it did not match, or there was nothing to change.
    #[default]
    Nothing,
    /// Nothing, because what `target_label` became is no valid name.
    InvalidTarget { target: String },
    /// Wrote a value, maybe the same as before. `before` is empty where the label was absent.
    Set { label: String, before: String, after: String },
    /// Deleted a label by writing an empty value. `before` is empty where it was absent anyway.
    Deleted { label: String, before: String },
    /// `labelmap` copied labels, in this order: of two to one name, the later one stays.
    Mapped(Vec<Mapping>),
    /// `labeldrop` or `labelkeep` removed these labels (name and value).
    Removed(Vec<(String, String)>),
    /// The label set was dropped here.
    Dropped,
    /// The label set would have become too large here.
    TooLarge,
}

/// A label that `labelmap` copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    pub from: String,
    pub to: String,
    pub value: String,
}

impl Rules {
    /// The same as [`apply`](Self::apply), with every step told.
    pub fn explain(&self, labels: &mut Labels) -> Explanation {
        let mut steps = Vec::new();
        let mut outcome = Outcome::Kept;
        let mut scratch = std::mem::take(&mut labels.scratch);
        for (at, rule) in self.rules().iter().enumerate() {
            let mut step = Step {
                rule: at,
                action: rule.action,
                source: String::new(),
                matched: None,
                groups: Vec::new(),
                effect: Effect::Nothing,
            };
            outcome = match rule.run(labels, &mut scratch, Some(&mut step)) {
                Verdict::Go => Outcome::Kept,
                Verdict::Drop => {
                    step.effect = Effect::Dropped;
                    Outcome::Dropped { rule: at }
                }
                Verdict::TooLarge => {
                    step.effect = Effect::TooLarge;
                    Outcome::TooLarge { rule: at }
                }
            };
            steps.push(step);
            if outcome != Outcome::Kept {
                break;
            }
        }
        labels.scratch = scratch;
        Explanation { steps, outcome }
    }
}
