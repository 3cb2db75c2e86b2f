//! What the format can carry, it carries: writing and reading is the identity.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Event, Format, OpenMetrics, parse};
use crate::wire::{self, Label, Metadata, MetricType};

type Labels = BTreeMap<String, String>;
/// Value bits by label set and time, every NaN as one.
type Samples = BTreeMap<(Labels, i64), u64>;

fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

/// Names that belong together, names that contradict each other, and names of any characters.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        ("[ab]", "(_total|_bucket|_count|_sum|_created|_info|_gcount|_gsum|_seconds)?")
            .prop_map(|(stem, suffix)| stem + &suffix),
        "[a-z:_]{1,4}",
        "\\PC{1,4}",
        "[^\\x00]{1,4}",
    ]
}

fn labels() -> impl Strategy<Value = Labels> {
    let name = prop_oneof!["[a-b]", "le|quantile", "[^\\x00]{1,3}"];
    let value = prop_oneof!["[01]\\.?[05]|\\+Inf", "[^\\x00]{1,6}"];
    prop::collection::btree_map(name, value, 0..3)
}

fn values() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let value = prop_oneof![Just(1.0), Just(0.0), 0.0..1e6, any::<f64>()];
    prop::collection::vec((-4_000_000_000_000..4_000_000_000_000_i64, value), 1..4)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        series in prop::collection::vec((name(), labels(), values(), 0..9_i32, "\\PC{0,5}", "(seconds|total)?"), 0..12),
    ) {
        let mut writer = OpenMetrics::new();
        let mut expect = Samples::new();
        for (name, mut labels, values, kind, help, unit) in series {
            labels.insert("__name__".to_owned(), name);
            let samples: Vec<wire::Sample> = values
                .iter()
                .map(|&(timestamp, value)| wire::Sample { value, timestamp, start: 0 })
                .collect();
            let borrowed: Vec<Label<'_>> =
                labels.iter().map(|(name, value)| Label { name, value }).collect();
            let metadata = Metadata { kind: MetricType(kind), help: &help, unit: &unit };
            writer.add_series(&borrowed, Some(&metadata), &samples, &[]);
            for (time, value) in values {
                expect.entry((labels.clone(), time)).or_insert(bits(value));
            }
        }
        let mut text = Vec::new();
        let left_out = writer.finish(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        prop_assert_eq!((left_out.unnamed, left_out.bad_labels, left_out.times), (0, 0, 0));

        let mut got = Samples::new();
        let mut families: Vec<(String, MetricType)> = Vec::new();
        let mut repeated = false;
        parse(&text, Format::detect(&text), &mut |event| match event {
            Event::Family(family) => {
                repeated |= families.iter().any(|(name, _)| name == family.name);
                families.push((family.name.to_owned(), family.kind));
            }
            Event::Sample(sample) => {
                let labels = sample.labels.iter().map(|label| (label.name.into(), label.value.into())).collect();
                let time = sample.timestamp.expect("every sample has a time");
                repeated |= got.insert((labels, time), bits(sample.value)).is_some();
                let (family, kind) = families.last().expect("a family first");
                let suffix = sample.name().strip_prefix(family.as_str()).expect("samples stand in their family");
                repeated |= !super::family::suffixes(*kind).contains(&suffix);
            }
        })
        .unwrap();
        prop_assert_eq!(got, expect, "{}", text);
        prop_assert!(!repeated, "a family, sample or suffix out of place: {}", text);
    }
}
