//! Relabeling as Prometheus has it: rules that keep, drop and rewrite label sets.
//!
//! [`Rule::new`] reads one rule and refuses what Prometheus refuses; [`Rules::apply`] does to a label set what
//! Prometheus does; [`Rules::explain`] says step by step what each rule saw and did. No YAML and no I/O here. The
//! meaning is that of Prometheus 3.5; [`Dialect`] lists what others do otherwise. `tests/it/relabel.rs` compares with
//! real ones.
//!
//! What stays different:
//! - Refused, though Prometheus takes it: a `regex` with unbalanced parentheses that only fit into the pair
//!   Prometheus pastes around it (`a)(b`), one whose groups nest more than 250 deep, and one that compiles to more
//!   than 32 MiB.
//! - Labels of one set are bounded at [`LABELS_MAX`] bytes, where Prometheus grows until it is killed:
//!   [`Outcome::TooLarge`].
//! - Classes such as `\pL` and `(?i)` know the characters of Unicode 16, `lowercase` and `uppercase` those of 15.
//!   Prometheus has for all of them what its build of Go has; Go 1.21 to 1.26 have Unicode 15.
//! - Where two labels of a *target* are mapped to one name by `labelmap`, Prometheus lets chance decide, as it takes
//!   the target's labels in no order. Here they go as those of series do, there and here: labels as they were given
//!   come first, by name (to `metric_relabel_configs` the target's are among them), then those that rules added, as
//!   they were first set; the last one wins.

mod apply;
mod case;
mod dialect;
mod explain;
mod labels;
mod md5;
mod rule;
mod template;

pub use dialect::{Dialect, Names};
pub use explain::{Effect, Explanation, Group, Mapping, Step};
pub use labels::Labels;
pub use rule::{Action, Rule, RuleError, RuleSpec};
pub use template::variables;

/// Bytes of names and values that one label set may grow to.
pub const LABELS_MAX: usize = 16 << 20;

/// Rules that are applied one after another.
#[derive(Clone, Default, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// What became of a label set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Outcome {
    /// It went through all rules. It may have no labels left, which Prometheus drops from remote write.
    Kept,
    /// This rule (counted from 0) dropped it. Its labels are as they were before that rule.
    Dropped { rule: usize },
    /// This rule would have made it larger than [`LABELS_MAX`]. Its labels are somewhere in that rule.
    TooLarge { rule: usize },
}

impl Rules {
    /// In this order.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// Reads a list. The error has the index of the rule it is about.
    pub fn read(
        specs: impl IntoIterator<Item = RuleSpec>,
        dialect: impl Into<Dialect>,
    ) -> Result<Self, (usize, RuleError)> {
        let dialect = dialect.into();
        let read = |(at, spec)| Rule::new(spec, dialect).map_err(|error| (at, error));
        Ok(Self { rules: specs.into_iter().enumerate().map(read).collect::<Result<_, _>>()? })
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Changes `labels` as the rules say. What changes nothing allocates nothing, once the buffers of `labels` and
    /// the caches of the expressions have grown; but a rule that matches with groups other than one around everything
    /// allocates their places.
    pub fn apply(&self, labels: &mut Labels) -> Outcome {
        let mut scratch = std::mem::take(&mut labels.scratch);
        let mut outcome = Outcome::Kept;
        for (at, rule) in self.rules.iter().enumerate() {
            match rule.run(labels, &mut scratch, None) {
                rule::Verdict::Go => {}
                rule::Verdict::Drop => outcome = Outcome::Dropped { rule: at },
                rule::Verdict::TooLarge => outcome = Outcome::TooLarge { rule: at },
            }
            if outcome != Outcome::Kept {
                break;
            }
        }
        labels.scratch = scratch;
        outcome
    }
}

#[cfg(test)]
mod tests;
