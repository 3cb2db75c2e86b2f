//! Which metric family a series belongs to in OpenMetrics, where the type decides about the sample names.
//!
//! Traffic does not always keep those rules: counters without `_total`, types that differ between two names of
//! one family, values a counter cannot have. A name that does not fit stands alone, as a family of unknown type.

use std::collections::BTreeMap;

use crate::wire::MetricType;

const UNKNOWN: MetricType = MetricType(0);
const COUNTER: MetricType = MetricType(1);
const HISTOGRAM: MetricType = MetricType(3);
const GAUGE_HISTOGRAM: MetricType = MetricType(4);
const SUMMARY: MetricType = MetricType(5);
const INFO: MetricType = MetricType(6);
const STATE_SET: MetricType = MetricType(7);

/// A family's place: its name, and its type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) family: String,
    pub(super) kind: MetricType,
}

impl Place {
    /// The metric on its own.
    pub(super) fn alone(name: &str) -> Self {
        Self { family: name.to_owned(), kind: UNKNOWN }
    }
}

/// What the values and labels under one metric name allow it to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
    /// No value is negative or NaN.
    pub(super) amounts: bool,
    /// Every value is a whole number from 0 on.
    pub(super) counts: bool,
    /// No value is negative; NaN, the quantile of nothing, may be.
    pub(super) not_negative: bool,
    /// Every value is 1.
    pub(super) ones: bool,
    /// Every value is 0 or 1.
    pub(super) states: bool,
    /// Every series has a number as its `le` label.
    pub(super) bounds: bool,
    /// Every series has a number from 0 to 1 as its `quantile` label.
    pub(super) quantiles: bool,
    /// Every series has a label named as the metric.
    pub(super) state_label: bool,
}

/// The suffixes of sample names in a family of this type, in the order they are written.
pub(super) fn suffixes(kind: MetricType) -> &'static [&'static str] {
    match kind {
        COUNTER => &["_total", "_created"],
        HISTOGRAM => &["_bucket", "_count", "_sum", "_created"],
        GAUGE_HISTOGRAM => &["_bucket", "_gcount", "_gsum"],
        SUMMARY => &["", "_count", "_sum", "_created"],
        INFO => &["_info"],
        _ => &[""],
    }
}

/// The label that tells the samples of one metric apart, for a family of this type.
pub(super) fn inner_label(kind: MetricType, family: &str) -> Option<&str> {
    match kind {
        HISTOGRAM | GAUGE_HISTOGRAM => Some("le"),
        SUMMARY => Some("quantile"),
        STATE_SET => Some(family),
        _ => None,
    }
}

/// Whether samples of this name may carry exemplars.
pub(super) fn takes_exemplars(kind: MetricType, suffix: &str) -> bool {
    matches!((kind, suffix), (COUNTER, "_total") | (HISTOGRAM | GAUGE_HISTOGRAM, "_bucket"))
}

/// Whether a family may have a unit line with `unit`.
pub(super) fn takes_unit(place: &Place, unit: &str) -> bool {
    let suffixed = place.family.strip_suffix(unit).is_some_and(|stem| stem.len() > 1 && stem.ends_with('_'));
    suffixed && crate::base::name::is_label_name(unit) && !matches!(place.kind, INFO | STATE_SET)
}

/// Where a metric of this name and declared type belongs, as far as itself tells.
pub(super) fn place(name: &str, kind: MetricType, traits: Traits) -> Place {
    let fits = |suffix: &&&str| match (kind, **suffix) {
        (COUNTER, "_total") | (_, "_sum" | "_gsum") => traits.amounts,
        (_, "_count" | "_gcount") => traits.counts,
        (_, "_bucket") => traits.counts && traits.bounds,
        (SUMMARY, "") => traits.quantiles && traits.not_negative,
        (INFO, _) => traits.ones,
        (STATE_SET, _) => traits.states && traits.state_label,
        _ => true,
    };
    let found = suffixes(kind).iter().filter(fits).find_map(|suffix| {
        let family = name.strip_suffix(suffix).filter(|family| !family.is_empty())?;
        Some(Place { family: family.to_owned(), kind })
    });
    found.unwrap_or_else(|| Place::alone(name))
}

/// Takes apart families that contradict each other: one name with two types, or a family whose sample names
/// contain the name of another. `places` maps metric names.
pub(super) fn settle(places: &mut BTreeMap<String, Place>) {
    loop {
        let mut kinds: BTreeMap<&str, Vec<MetricType>> = BTreeMap::new();
        for place in places.values() {
            let kinds = kinds.entry(&place.family).or_default();
            if !kinds.contains(&place.kind) {
                kinds.push(place.kind);
            }
        }
        let contradicted = |name: &str, place: &Place| {
            place.kind != UNKNOWN
                && (kinds[place.family.as_str()].len() > 1 && (place.family != name || place.kind == SUMMARY)
                    || suffixes(place.kind).iter().any(|suffix| {
                        !suffix.is_empty() && kinds.contains_key(format!("{}{suffix}", place.family).as_str())
                    }))
        };
        let moved: Vec<String> = places
            .iter()
            .filter(|(name, place)| contradicted(name, place))
            .map(|(name, _)| name.clone())
            .collect();
        if moved.is_empty() {
            return;
        }
        for name in moved {
            let alone = Place::alone(&name);
            places.insert(name, alone);
        }
    }
}
