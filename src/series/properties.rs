//! One series, however it is sent, and counts against a plain model.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::base::testing::config;
use crate::wire::arbitrary::text;
use crate::wire::{Encoder, Entry, Label, Limits, Protocol, Sample, Scratch, decode};

type Pairs = Vec<(String, String)>;

fn labels(pairs: &Pairs) -> Vec<Label<'_>> {
    pairs.iter().map(|(name, value)| Label { name, value }).collect()
}

fn pairs() -> impl Strategy<Value = Pairs> {
    vec((text(), text()), 0..8)
}

/// Few different ones, so that series come again.
fn few_pairs() -> impl Strategy<Value = Pairs> {
    vec(("[a-c]", "[xy]?"), 0..3)
}

/// A label set as Prometheus understands it, written down plainly.
fn plain(pairs: &Pairs) -> Pairs {
    let mut pairs: Pairs = pairs.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
    pairs.sort();
    pairs
}

/// Identity of what was sent by `protocol` and read again.
fn sent(protocol: Protocol, pairs: &Pairs) -> u64 {
    let mut encoder = Encoder::new(protocol);
    encoder.series(labels(pairs), None, None);
    encoder.sample(Sample { value: 1.0, timestamp: 1, start: 0 });
    let mut message = Vec::new();
    encoder.finish(&mut message);
    let (limits, mut scratch) = (Limits::default(), Scratch::default());
    let mut entries = decode(protocol, &message, &limits, &mut scratch).expect("sound");
    match entries.next().expect("sound") {
        Some(Entry::Series(series)) => HashKey::STABLE.series(series.labels),
        other => panic!("not a series: {other:?}"),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn order_and_empty_labels_do_not_matter(
        (a, b) in pairs().prop_flat_map(|pairs| (Just(pairs.clone()), Just(pairs).prop_shuffle())),
        empty in text(),
        at in any::<prop::sample::Index>(),
    ) {
        let mut b = b;
        b.insert(at.index(b.len() + 1), (empty, String::new()));
        for key in [HashKey::STABLE, HashKey::random()] {
            prop_assert_eq!(key.series(&labels(&a)), key.series(&labels(&b)));
        }
    }

    #[test]
    fn the_version_of_the_protocol_does_not_matter(pairs in pairs()) {
        let here = HashKey::STABLE.series(&labels(&pairs));
        prop_assert_eq!([sent(Protocol::V1, &pairs), sent(Protocol::V2, &pairs)], [here, here]);
    }

    #[test]
    fn other_sets_are_told_apart(a in few_pairs(), b in few_pairs()) {
        let equal = HashKey::STABLE.series(&labels(&a)) == HashKey::STABLE.series(&labels(&b));
        prop_assert_eq!(equal, plain(&a) == plain(&b));
    }

    #[test]
    fn a_set_is_a_set(hashes in vec(prop_oneof![0..50_u64, any::<u64>()], 0..1000)) {
        let mut model = BTreeSet::new();
        let mut set = SeriesSet::new(usize::MAX);
        for hash in hashes {
            let expect = if model.insert(hash) { Inserted::New } else { Inserted::Known };
            prop_assert_eq!(set.insert(hash), expect);
        }
        prop_assert_eq!(set.len(), model.len() as u64);
    }

    #[test]
    fn counts_are_those_of_a_plain_model(entries in vec((few_pairs(), 0..5_u64), 0..60)) {
        let mut counter = Counter::new(vec!["a".to_owned()], usize::MAX);
        let mut model: BTreeMap<String, (BTreeSet<Pairs>, u64)> = BTreeMap::new();
        for (pairs, samples) in &entries {
            counter.add(&labels(pairs), *samples, 1);
            let value = pairs.iter().find(|(name, _)| name == "a").map_or("", |(_, value)| value);
            let (series, sum) = model.entry(value.to_owned()).or_default();
            series.insert(plain(pairs));
            *sum += samples;
        }
        // A name that stands twice makes one series of several groups, which is counted where it came first.
        let valid = entries.iter().all(|(pairs, _)| pairs.iter().filter(|(name, _)| name == "a").count() < 2);
        for group in counter.largest(usize::MAX) {
            let (series, samples) = &model[&group.key[0]];
            prop_assert_eq!(group.counts.samples, *samples);
            prop_assert!(!valid || group.counts.series == series.len() as u64);
        }
        let all: BTreeSet<Pairs> = entries.iter().map(|(pairs, _)| plain(pairs)).collect();
        prop_assert_eq!((counter.total().series, counter.groups()), (all.len() as u64, model.len()));
    }
}

#[test]
fn a_million_series_of_two_labels_do_not_collide() {
    let values: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    for key in [HashKey::STABLE, HashKey::random()] {
        let mut set = SeriesSet::new(usize::MAX);
        for a in &values {
            for b in &values {
                let labels = [Label { name: "pod", value: a }, Label { name: "path", value: b }];
                assert_eq!(set.insert(key.series(&labels)), Inserted::New, "{a} {b}");
            }
        }
    }
}
