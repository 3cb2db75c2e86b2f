//! Relabeling: explaining does what applying does.

use crate::base::version::Version;
use crate::relabel::{Dialect, Effect, LABELS_MAX, Labels, Outcome, Rule, RuleSpec, Rules};

/// A line for the version and the labels, then one for each rule. Fields are parted by tabs: `3.5`, `a=b`, `c=d`; and
/// of a rule `action`, `source_labels` (parted by commas), `separator`, `regex`, `modulus`, `target_label`,
/// `replacement`, where `-` is a field that is not there.
pub(super) fn relabel(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let mut first = lines.next().unwrap_or_default().split('\t');
    let version = first.next().unwrap_or_default();
    let (version, legacy_names) = match version.strip_suffix('l') {
        Some(version) => (version, true),
        None => (version, false),
    };
    let dialect = Dialect { version: version.parse().unwrap_or(Version::NEWEST), legacy_names };
    let mut labels = Labels::new();
    labels.assign(first.filter_map(|pair| pair.split_once('=')));
    let mut rules = Vec::new();
    for spec in lines.take(20).map(spec) {
        match Rule::new(spec, dialect) {
            Ok(rule) => rules.push(rule),
            Err(error) => {
                assert!(!error.field().is_empty() && !error.why().is_empty() && !error.help().is_empty());
            }
        }
    }
    check(&Rules::new(rules), labels);
}

fn spec(line: &str) -> RuleSpec {
    let mut fields = line.split('\t').map(|field| (field != "-").then(|| field.to_owned()));
    let mut field = || fields.next().flatten();
    RuleSpec {
        action: field(),
        source_labels: field().map(|labels| labels.split(',').map(str::to_owned).collect()),
        separator: field(),
        regex: field(),
        modulus: field().and_then(|modulus| modulus.parse().ok()),
        target_label: field(),
        replacement: field(),
    }
}

fn check(rules: &Rules, labels: Labels) {
    let mut explained = labels.clone();
    let explanation = rules.explain(&mut explained);
    let mut applied = labels.clone();
    let outcome = rules.apply(&mut applied);
    assert_eq!(explanation.outcome, outcome);
    assert_eq!(explained, applied);
    // Buffers that were used before change nothing.
    explained.assign(labels.iter());
    assert_eq!(rules.apply(&mut explained), outcome);
    assert_eq!(explained, applied);

    let bytes: usize = applied.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(bytes <= LABELS_MAX);
    assert!(applied.to_vec().is_sorted_by(|a, b| a.0 < b.0), "sorted, and each name once");
    assert!(applied.iter().all(|(_, value)| !value.is_empty()));

    let ends = match outcome {
        Outcome::Kept => rules.rules().len(),
        Outcome::Dropped { rule } | Outcome::TooLarge { rule } => rule + 1,
    };
    assert_eq!(explanation.steps.len(), ends, "a step for every rule that ran");
    if outcome == Outcome::Kept && explanation.steps.iter().all(|step| step.effect == Effect::Nothing) {
        assert_eq!(applied, labels, "nothing happened");
    }
}
