//! Writes series as OpenMetrics 1.0 text.
//!
//! The format wants a family's samples in one place, and a metric's in time order, so everything is collected
//! before the first byte is written: memory is proportional to the data (a sample takes 16 bytes, a label set its
//! text). `promtool tsdb create-blocks-from openmetrics` makes blocks of the result (leaving out times before
//! 1970, as it always does). What strict readers demand of names, types, order and single values holds too;
//! whether the buckets of a histogram are complete and add up is the traffic's business. What the format has no
//! room for is counted.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::NAME;
use super::family::{self, Place, Traits};
use super::number::{parse_value, render_seconds, render_value};
use crate::base::name::{is_label_name, is_metric_name};
use crate::wire::{Entry, Label, Metadata, MetricType, STALE_NAN, Sample, Series};

/// Characters OpenMetrics allows in names and values of an exemplar's labels.
const EXEMPLAR_CHARS: usize = 128;

/// What was not written, and why.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct LeftOut {
    /// Series without a metric name.
    pub unnamed: u64,
    /// Series with a label name twice or empty, or with a NUL, which Prometheus takes for the end of the text.
    pub bad_labels: u64,
    /// Entries that could not be decoded whole.
    pub faulty: u64,
    /// Stale markers: the format cannot tell them from NaN.
    pub stale_markers: u64,
    /// Samples of a series at a time it already has another value for; the one added first is written.
    pub conflicting: u64,
    /// Samples at times that seconds do not carry to the millisecond; such begin 285,000 years from 1970.
    pub times: u64,
    /// Exemplars on other series than counters and buckets, over 128 characters or with a NUL, or more than
    /// samples.
    pub exemplars: u64,
    /// Start and created times; the format would have them as series of their own.
    pub start_times: u64,
    /// Native histograms.
    pub histograms: u64,
}

/// Series on their way to OpenMetrics text.
#[derive(Default, Debug)]
pub struct OpenMetrics {
    /// By metric name, then by the other labels, sorted.
    metrics: BTreeMap<String, Metric>,
    /// Metadata given for families rather than series.
    families: BTreeMap<String, About>,
    left_out: LeftOut,
}

type Pair = (Box<str>, Box<str>);
type LabelSet = Vec<Pair>;

/// All series of one metric name.
#[derive(Default, Debug)]
struct Metric {
    about: About,
    series: BTreeMap<LabelSet, Data>,
}

/// Type, help and unit: of each the first that says something.
#[derive(Clone, Default, Debug)]
struct About {
    kind: MetricType,
    help: String,
    unit: String,
}

#[derive(Default, Debug)]
struct Data {
    /// Milliseconds and value.
    samples: Vec<(i64, f64)>,
    exemplars: Vec<Mark>,
}

/// An exemplar.
#[derive(Debug)]
struct Mark {
    labels: LabelSet,
    value: f64,
    timestamp: i64,
}

impl About {
    fn add(&mut self, metadata: &Metadata<'_>) {
        if self.kind.as_str() == "unknown" {
            self.kind = metadata.kind;
        }
        if self.help.is_empty() {
            metadata.help.clone_into(&mut self.help);
        }
        if self.unit.is_empty() {
            metadata.unit.clone_into(&mut self.unit);
        }
    }
}

impl OpenMetrics {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry of a request: a series with all it has, or the metadata of a family.
    pub fn add(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::Series(series) if series.fault.is_some() => self.left_out.faulty += 1,
            Entry::Series(series) => self.add_entry(series),
            Entry::Metadata(family) if family.fault.is_some() => self.left_out.faulty += 1,
            Entry::Metadata(family) => {
                let metadata = Metadata { kind: family.kind, help: family.help, unit: family.unit };
                self.add_family(family.family, &metadata);
            }
        }
    }

    fn add_entry(&mut self, series: &Series<'_>) {
        let starts = series.samples.iter().filter(|sample| sample.start != 0).count();
        self.left_out.start_times += starts as u64 + u64::from(series.created.is_some());
        self.left_out.histograms += series.histograms().len() as u64;
        let exemplars = series.exemplars().map(|exemplar| Mark {
            labels: own(exemplar.labels),
            value: exemplar.value,
            timestamp: exemplar.timestamp,
        });
        self.add_data(series.labels, series.metadata.as_ref(), series.samples, exemplars.collect());
    }

    /// Adds samples of the series with these labels, `__name__` among them, in any order; more may follow.
    pub fn add_series(
        &mut self,
        labels: &[Label<'_>],
        metadata: Option<&Metadata<'_>>,
        samples: &[Sample],
        exemplars: &[crate::wire::Exemplar<'_>],
    ) {
        let exemplars = exemplars.iter().map(|exemplar| Mark {
            labels: own(exemplar.labels),
            value: exemplar.value,
            timestamp: exemplar.timestamp,
        });
        self.add_data(labels, metadata, samples, exemplars.collect());
    }

    /// Adds what is known of a family by name, for series that bring no metadata of their own.
    pub fn add_family(&mut self, name: &str, metadata: &Metadata<'_>) {
        self.families.entry(name.to_owned()).or_default().add(metadata);
    }

    fn add_data(
        &mut self,
        labels: &[Label<'_>],
        metadata: Option<&Metadata<'_>>,
        samples: &[Sample],
        exemplars: Vec<Mark>,
    ) {
        // A label without a value is a label that is not there.
        let mut rest = own(labels);
        rest.retain(|(_, value)| !value.is_empty());
        let repeated = rest.windows(2).any(|pair| pair[0].0 == pair[1].0);
        if repeated || rest.iter().any(|(name, _)| name.is_empty()) || has_nul(&rest) {
            self.left_out.bad_labels += 1;
            return;
        }
        let Some(at) = rest.iter().position(|(name, _)| &**name == NAME) else {
            self.left_out.unnamed += 1;
            return;
        };
        let (_, name) = rest.remove(at);
        let metric = self.metrics.entry(name.into()).or_default();
        if let Some(metadata) = metadata {
            metric.about.add(metadata);
        }
        let data = metric.series.entry(rest).or_default();
        let before = data.samples.len();
        let alive = samples.iter().filter(|sample| sample.value.to_bits() != STALE_NAN);
        data.samples.extend(alive.map(|sample| (sample.timestamp, sample.value)));
        self.left_out.stale_markers += (samples.len() - (data.samples.len() - before)) as u64;
        data.exemplars.extend(exemplars);
    }

    /// Writes everything, `# EOF` last, and says what was left out.
    pub fn finish(mut self, out: &mut dyn Write) -> io::Result<LeftOut> {
        let mut places = BTreeMap::new();
        for metric in self.metrics.values_mut() {
            for data in metric.series.values_mut() {
                data.settle(&mut self.left_out);
            }
        }
        let mut metrics = std::mem::take(&mut self.metrics);
        metrics.retain(|_, metric| {
            metric.series.retain(|_, data| !data.samples.is_empty());
            !metric.series.is_empty()
        });
        for (name, metric) in &mut metrics {
            self.look_up(name, &mut metric.about);
            places.insert(name.clone(), family::place(name, metric.about.kind, metric.traits(name)));
        }
        family::settle(&mut places);

        let mut families: BTreeMap<&str, Vec<(&str, &Place)>> = BTreeMap::new();
        for (name, place) in &places {
            families.entry(&place.family).or_default().push((name, place));
        }
        let mut writer = Writer { out, left_out: self.left_out };
        for members in families.values() {
            let Some((_, place)) = members.first() else { continue };
            let members: Vec<(&str, &Metric)> =
                members.iter().filter_map(|(name, _)| Some((*name, metrics.get(*name)?))).collect();
            writer.family(place, &members)?;
        }
        writer.out.write_all(b"# EOF\n")?;
        Ok(writer.left_out)
    }

    /// Completes `about` from the family's metadata, the metric's own name first.
    fn look_up(&self, name: &str, about: &mut About) {
        let suffixed = (1..=7).map(MetricType).flat_map(|kind| {
            let stems = family::suffixes(kind).iter().filter_map(|suffix| name.strip_suffix(suffix));
            stems.filter_map(|stem| self.families.get(stem)).find(|found| found.kind == kind)
        });
        for found in self.families.get(name).into_iter().chain(suffixed) {
            about.add(&Metadata { kind: found.kind, help: &found.help, unit: &found.unit });
        }
    }
}

/// Owned and sorted by name.
fn own(labels: &[Label<'_>]) -> LabelSet {
    let mut own: LabelSet = labels.iter().map(|label| (label.name.into(), label.value.into())).collect();
    own.sort_unstable();
    own
}

fn has_nul(labels: &LabelSet) -> bool {
    labels.iter().any(|(name, value)| name.contains('\0') || value.contains('\0'))
}

impl Data {
    /// Sorts by time, drops repetitions and what cannot be written, and counts the latter.
    fn settle(&mut self, left_out: &mut LeftOut) {
        self.samples.sort_by_key(|(time, _)| *time);
        self.samples.dedup_by(|later, first| {
            let same_time = later.0 == first.0;
            let same_value = later.1 == first.1 || (later.1.is_nan() && first.1.is_nan());
            left_out.conflicting += u64::from(same_time && !same_value);
            same_time
        });
        let before = self.samples.len();
        self.samples.retain(|(time, _)| render_seconds(*time).is_some());
        left_out.times += (before - self.samples.len()) as u64;

        let before = self.exemplars.len();
        self.exemplars.retain(|exemplar| {
            let texts = exemplar.labels.iter().flat_map(|(name, value)| [name, value]);
            let chars: usize = texts.map(|text| text.chars().count()).sum();
            chars <= EXEMPLAR_CHARS
                && !has_nul(&exemplar.labels)
                && render_seconds(exemplar.timestamp).is_some()
        });
        left_out.exemplars += (before - self.exemplars.len()) as u64;
        self.exemplars.sort_by_key(|exemplar| exemplar.timestamp);
        if self.samples.is_empty() {
            left_out.exemplars += self.exemplars.len() as u64;
        }
    }
}

impl Metric {
    fn traits(&self, name: &str) -> Traits {
        let values = |fits: fn(f64) -> bool| {
            self.series.values().flat_map(|data| &data.samples).all(|(_, value)| fits(*value))
        };
        let labelled = |name: &str, fits: fn(&str) -> bool| {
            self.series
                .keys()
                .all(|labels| labels.iter().any(|(label, value)| **label == *name && fits(value)))
        };
        Traits {
            amounts: values(|value| value >= 0.0),
            counts: values(|value| value >= 0.0 && value.fract() == 0.0),
            not_negative: values(|value| value >= 0.0 || value.is_nan()),
            ones: values(|value| value == 1.0),
            states: values(|value| value == 0.0 || value == 1.0),
            bounds: labelled("le", |text| parse_value(text).is_some_and(|bound| !bound.is_nan())),
            quantiles: labelled("quantile", |text| {
                parse_value(text).is_some_and(|quantile| (0.0..=1.0).contains(&quantile))
            }),
            state_label: labelled(name, |_| true),
        }
    }
}

struct Writer<'o> {
    out: &'o mut dyn Write,
    left_out: LeftOut,
}

/// A series within its metric.
struct Member<'m> {
    name: &'m str,
    labels: &'m LabelSet,
    data: &'m Data,
    exemplars_allowed: bool,
    /// Order among the samples of one time: by suffix, then by bound or quantile.
    rank: (usize, f64),
}

impl Writer<'_> {
    fn family(&mut self, place: &Place, metrics: &[(&str, &Metric)]) -> io::Result<()> {
        let name = metric_name(&place.family);
        let about = |text: fn(&About) -> &str| {
            metrics.iter().map(|(_, metric)| text(&metric.about)).find(|text| !text.is_empty())
        };
        writeln!(self.out, "# TYPE {name} {}", place.kind.as_str())?;
        if let Some(unit) = about(|about| &about.unit).filter(|unit| family::takes_unit(place, unit)) {
            writeln!(self.out, "# UNIT {name} {unit}")?;
        }
        if let Some(help) = about(|about| &about.help) {
            writeln!(self.out, "# HELP {name} {}", escape(&help.replace('\0', "")))?;
        }
        let inner = family::inner_label(place.kind, &place.family);
        let mut groups: BTreeMap<Vec<&Pair>, Vec<Member<'_>>> = BTreeMap::new();
        for (name, metric) in metrics {
            let suffix = &name[place.family.len()..];
            let suffixes = family::suffixes(place.kind);
            let order = suffixes.iter().position(|known| *known == suffix).unwrap_or(suffixes.len());
            for (labels, data) in &metric.series {
                let is_inner = |label: &Pair| inner.is_some_and(|inner| *label.0 == *inner);
                let bound = labels.iter().find(|label| is_inner(label));
                let bound = bound.and_then(|(_, value)| parse_value(value)).unwrap_or(0.0);
                groups.entry(labels.iter().filter(|label| !is_inner(label)).collect()).or_default().push(
                    Member {
                        name,
                        labels,
                        data,
                        exemplars_allowed: family::takes_exemplars(place.kind, suffix),
                        rank: (order, bound),
                    },
                );
            }
        }
        for members in groups.values_mut() {
            members.sort_by(|a, b| a.rank.0.cmp(&b.rank.0).then(a.rank.1.total_cmp(&b.rank.1)));
            self.metric(members)?;
        }
        Ok(())
    }

    /// All samples of one metric, in time order.
    fn metric(&mut self, members: &[Member<'_>]) -> io::Result<()> {
        let mut times: Vec<(i64, usize, usize)> = Vec::new();
        let mut prefixes = Vec::new();
        let mut marks = Vec::new();
        for (at, member) in members.iter().enumerate() {
            times.extend(
                member.data.samples.iter().enumerate().map(|(sample, (time, _))| (*time, at, sample)),
            );
            prefixes.push(prefix(member.name, member.labels));
            marks.push(self.assign(member));
        }
        times.sort_unstable();
        for (time, at, sample) in times {
            let value = render_value(members[at].data.samples[sample].1);
            write!(self.out, "{} {value} {}", prefixes[at], render_seconds(time).unwrap_or_default())?;
            if let Some(mark) = marks[at].get(&sample) {
                let (labels, value) = (label_set(&mark.labels), render_value(mark.value));
                let time = render_seconds(mark.timestamp).unwrap_or_default();
                write!(self.out, " # {{{labels}}} {value} {time}")?;
            }
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Which sample carries which exemplar: the first at or after its time that is free, or the last.
    fn assign<'m>(&mut self, member: &Member<'m>) -> BTreeMap<usize, &'m Mark> {
        let samples = &member.data.samples;
        let mut assigned = BTreeMap::new();
        let mut free = 0;
        for exemplar in &member.data.exemplars {
            let due = samples.partition_point(|(time, _)| *time < exemplar.timestamp);
            let at = due.min(samples.len().saturating_sub(1)).max(free);
            if member.exemplars_allowed && at < samples.len() {
                assigned.insert(at, exemplar);
                free = at + 1;
            } else {
                self.left_out.exemplars += 1;
            }
        }
        assigned
    }
}

/// Name and labels of a sample line.
fn prefix(name: &str, labels: &LabelSet) -> String {
    let labels = label_set(labels);
    match (is_metric_name(name), labels.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{name}{{{labels}}}"),
        (false, true) => format!("{{{}}}", metric_name(name)),
        (false, false) => format!("{{{},{labels}}}", metric_name(name)),
    }
}

fn label_set(labels: &LabelSet) -> String {
    let pairs = labels.iter().map(|(name, value)| match is_label_name(name) {
        true => format!("{name}=\"{}\"", escape(value)),
        false => format!("\"{}\"=\"{}\"", escape(name), escape(value)),
    });
    pairs.collect::<Vec<_>>().join(",")
}

fn metric_name(name: &str) -> String {
    if is_metric_name(name) { name.to_owned() } else { format!("\"{}\"", escape(name)) }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

#[cfg(test)]
mod tests;
