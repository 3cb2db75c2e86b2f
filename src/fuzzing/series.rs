//! Series: their order and their empty labels make no difference, and they are counted as a set of them would.

use std::collections::BTreeSet;

use crate::series::{DistinctSeries, HashKey};
use crate::wire::Label;

/// Lines are series, their words labels: `name=value`.
pub(super) fn series(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut distinct = DistinctSeries::default();
    let mut model = BTreeSet::new();
    for line in text.lines().take(1000) {
        let mut labels: Vec<Label<'_>> = line
            .split(' ')
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| Label { name, value })
            .collect();
        let hash = HashKey::STABLE.series(&labels);
        labels.reverse();
        assert_eq!(HashKey::STABLE.series(&labels), hash, "{line:?} the other way round");
        labels.push(Label { name: "empty", value: "" });
        assert_eq!(HashKey::STABLE.series(&labels), hash, "{line:?} with an empty label");
        distinct.add(&labels);
        labels.retain(|label| !label.value.is_empty());
        labels.sort_unstable();
        model.insert(labels);
    }
    assert_eq!(distinct.len(), model.len() as u64, "{text:?}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::base::testing::config;

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn lines_are_counted_as_a_set_of_them(text in "((a|b|c)=(x|y|z)? ){0,4}(\n((a|b|c)=(x|y|z)? ){0,4}){0,30}") {
            super::series(text.as_bytes());
        }
    }
}
