//! Each rule, from text to verdict: [`prototext::parse`], the decoder, [`check`].

use super::*;
use crate::base::testing::config;
use crate::wire::arbitrary::{mutations, v1_request, v2_request};
use crate::wire::buckets::{buckets, is_stale};
use crate::wire::{Count, Entry, Limits, Scratch, decode, prototext};
use proptest::prelude::*;
use prost::Message as _;

/// Calls `look` with the first series of the request that `text` is.
#[track_caller]
fn with_series<T>(protocol: Protocol, text: &str, look: impl FnOnce(&Series<'_>) -> T) -> T {
    let message = prototext::parse(protocol, text, 1_700_000_000_000).unwrap_or_else(|err| panic!("{err}"));
    let mut scratch = Scratch::default();
    let mut entries = decode(protocol, &message, &Limits::default(), &mut scratch).expect("a request");
    match entries.next().expect("an entry") {
        Some(Entry::Series(series)) => look(&series),
        other => panic!("not a series: {other:?}"),
    }
}

/// The rule that a request breaks, or the notes it gives, in one line.
#[track_caller]
fn check_request(protocol: Protocol, text: &str, expect: &str) {
    let got = with_series(protocol, text, |series| match super::check(series) {
        Err(violation) => format!("refused: {}", violation.rule()),
        Ok(notes) => notes.iter().map(Note::rule).collect::<Vec<_>>().join(" "),
    });
    assert_eq!(got, expect);
}

/// A 2.0 series of labels (name, value, …) and further fields.
#[track_caller]
fn v2(labels: &[&str], fields: &str, expect: &str) {
    let symbols: Vec<String> = labels.iter().map(|label| format!("'{label}'")).collect();
    let refs: Vec<String> = (1..=labels.len()).map(|at| at.to_string()).collect();
    let (symbols, refs) = (symbols.join(", "), refs.join(", "));
    let text = format!("symbols: \"\" symbols: [{symbols}] timeseries {{ labels_refs: [{refs}] {fields} }}");
    check_request(Protocol::V2, &text, expect);
}

/// A 1.0 series of labels (name, value, …) and further fields.
#[track_caller]
fn v1(labels: &[&str], fields: &str, expect: &str) {
    let label = |pair: &[&str]| format!("labels {{ name: '{}' value: '{}' }}", pair[0], pair[1]);
    let labels = labels.chunks(2).map(label).collect::<String>();
    check_request(Protocol::V1, &format!("timeseries {{ {labels} {fields} }}"), expect);
}

/// A 2.0 series with one histogram.
#[track_caller]
fn histogram(fields: &str, expect: &str) {
    v2(&["__name__", "h"], &format!("histograms {{ {fields} timestamp: now }}"), expect);
}

const UP: &[&str] = &["__name__", "up"];
const SAMPLE: &str = "samples { value: 1 timestamp: now }";

#[test]
fn broken_references_and_text_are_refused() {
    let request =
        |fields: &str| format!("symbols: ['', '__name__', 'up', '\\xff'] timeseries {{ {fields} {SAMPLE} }}");
    for (fields, expect) in [
        ("labels_refs: [1, 9]", "label-reference"),
        ("labels_refs: [1, 2, 1]", "odd-label-references"),
        ("labels_refs: [1, 2] metadata { help_ref: 9 }", "metadata-reference"),
        ("labels_refs: [1, 2] metadata { unit_ref: 9 }", "metadata-reference"),
        ("labels_refs: [1, 2] exemplars { labels_refs: [1, 9] }", "exemplar-reference"),
        ("labels_refs: [1, 2] exemplars { labels_refs: [1] }", "exemplar-reference"),
        ("labels_refs: [1, 3]", "label-not-utf8"),
        ("labels_refs: [1, 2] exemplars { labels_refs: [3, 1] }", "exemplar-label-not-utf8"),
        ("labels_refs: [1, 2] metadata { help_ref: 3 }", "metadata-not-utf8"),
    ] {
        check_request(Protocol::V2, &request(fields), &format!("refused: {expect}"));
    }
    v1(&["__name__", "up", "a", "\\xff"], SAMPLE, "refused: label-not-utf8");
}

#[test]
fn a_series_needs_a_name_and_named_labels() {
    v2(UP, SAMPLE, "");
    v1(UP, SAMPLE, "");
    v2(&["job", "a"], SAMPLE, "refused: missing-metric-name");
    v1(&["job", "a"], SAMPLE, "refused: missing-metric-name");
    v2(&[], SAMPLE, "refused: missing-metric-name");
    v2(&["__name__", ""], SAMPLE, "refused: missing-metric-name");
    v2(&["__name__", "up", "", "x"], SAMPLE, "refused: empty-label-name");
    v1(&["__name__", "up", "", "x"], SAMPLE, "refused: empty-label-name");
}

#[test]
fn repeated_labels_are_found_in_any_order() {
    v2(&["__name__", "up", "a", "1", "a", "1"], SAMPLE, "refused: duplicate-label");
    v1(&["a", "1", "__name__", "up", "a", "2"], SAMPLE, "refused: duplicate-label");
    v1(&["__name__", "up", "__name__", "up"], SAMPLE, "refused: duplicate-label");
    let names: Vec<String> = (0..100).map(|n| format!("l{}", (n * 37) % 100)).collect();
    let mut labels = vec!["__name__", "up"];
    labels.extend(names.iter().flat_map(|name| [name.as_str(), "x"]));
    v2(&labels, SAMPLE, "unsorted-labels");
    labels.extend(["l50", "y"]);
    v2(&labels, SAMPLE, "refused: duplicate-label");
}

#[test]
fn the_repeated_label_is_the_later_one() {
    for between in [0, 40] {
        let mut labels = vec![Label { name: "z", value: "" }, Label { name: "a", value: "" }];
        let names: Vec<String> = (0..between).map(|n| format!("n{n}")).collect();
        labels.extend(names.iter().map(|name| Label { name, value: "" }));
        assert_eq!(repeated(&labels), None);
        labels.push(Label { name: "z", value: "" });
        assert_eq!(repeated(&labels), Some(labels.len() - 1));
    }
}

#[test]
fn the_contents_of_2_0_series_are_of_one_kind() {
    v2(UP, "", "refused: empty-series");
    v2(UP, "metadata { type: GAUGE }", "refused: empty-series");
    v1(UP, "", "empty-series");
    v2(UP, "exemplars { value: 1 timestamp: now }", "");
    let both = "samples { timestamp: 1 } histograms { timestamp: 1 }";
    v2(UP, both, "refused: samples-and-histograms");
    v1(UP, both, "");
}

#[test]
fn labels_that_are_accepted_are_noted() {
    v2(&["job", "a", "__name__", "up"], SAMPLE, "unsorted-labels");
    v2(&["__name__", "up", "a", ""], SAMPLE, "empty-label-value");
    v1(&["__name__", "my.metric"], SAMPLE, "metric-name-not-legacy");
    v1(&["__name__", "up", "my.label", "x"], SAMPLE, "label-name-not-legacy");
    v1(&["__name__", "a:b", "c:d", "x"], SAMPLE, "label-name-not-legacy");
    v1(&["__name__", "0a", "b0", "x"], SAMPLE, "metric-name-not-legacy");
    v2(&["__name__", "my.metric", "my.label", "x"], SAMPLE, "");
}

#[test]
fn samples_metadata_and_exemplars_that_are_accepted_are_noted() {
    v2(UP, "samples { timestamp: 2 } samples { timestamp: 1 }", "samples-out-of-order");
    v2(UP, "samples { timestamp: 2 } samples { timestamp: 2 }", "duplicate-timestamp");
    v2(
        UP,
        "histograms { timestamp: 2 } histograms { timestamp: 2 } histograms { timestamp: 1 }",
        "samples-out-of-order duplicate-timestamp",
    );
    v2(UP, &format!("metadata {{ type: 8 }} {SAMPLE}"), "unknown-metric-type");
    v2(UP, &format!("metadata {{ type: -1 }} {SAMPLE}"), "unknown-metric-type");
    v2(UP, &format!("metadata {{ type: STATESET }} {SAMPLE}"), "");
    v2(UP, &format!("exemplars {{ value: 1 }} {SAMPLE}"), "exemplar-without-timestamp");
    let exemplar = |length: usize| {
        let value = "é".repeat(length - 1);
        format!("{SAMPLE} exemplars {{ timestamp: 1 labels {{ name: 'n' value: '{value}' }} }}")
    };
    v1(UP, &exemplar(128), "");
    v1(UP, &exemplar(129), "exemplar-labels-too-long");
}

const TWO: &str = "count_int: 3 sum: 1 positive_spans { offset: -2 length: 2 } positive_deltas: [1, 1]";

#[test]
fn whole_histograms_add_up() {
    histogram(TWO, "");
    histogram("", "");
    histogram(&TWO.replace("count_int: 3", "count_int: 5 zero_count_int: 2"), "");
    histogram(&TWO.replace("count_int: 3", "count_int: 4"), "refused: histogram-count-mismatch");
    histogram(&TWO.replace("count_int: 3", "count_int: 2"), "refused: histogram-count-mismatch");
    histogram(&TWO.replace("count_int: 3", ""), "refused: histogram-count-mismatch");
    histogram(&TWO.replace("count_int: 3 sum: 1", "count_int: 4 sum: nan"), "");
    histogram(
        &TWO.replace("count_int: 3 sum: 1", "count_int: 2 sum: nan"),
        "refused: histogram-count-mismatch",
    );
    histogram(&TWO.replace("[1, 1]", "[1, -2]"), "refused: histogram-negative-bucket");
    histogram(&TWO.replace("[1, 1]", "[0x7fffffffffffffff, 1]"), "refused: histogram-negative-bucket");
}

const FLOATS: &str =
    "count_float: 9 sum: 1 positive_spans { offset: -2 length: 2 } positive_counts: [1, 0.5]";

#[test]
fn float_histograms_have_no_negative_counts_and_need_not_add_up() {
    histogram(FLOATS, "");
    histogram(&FLOATS.replace("9", "-9"), "refused: histogram-negative-count");
    histogram(&FLOATS.replace("0.5", "-0.5"), "refused: histogram-negative-bucket");
    histogram(&format!("{FLOATS} zero_count_float: -1"), "refused: histogram-negative-bucket");
    histogram(
        &FLOATS.replace("positive", "negative").replace("0.5", "-0.5"),
        "refused: histogram-negative-bucket",
    );
}

#[test]
fn spans_and_buckets_agree() {
    histogram(&TWO.replace("length: 2", "length: 3"), "refused: histogram-buckets-mismatch");
    histogram(&TWO.replace("length: 2", "length: 1"), "refused: histogram-buckets-mismatch");
    histogram(&format!("{TWO} negative_deltas: 1"), "refused: histogram-buckets-mismatch");
    histogram(&format!("{TWO} negative_spans {{ length: 1 }}"), "refused: histogram-buckets-mismatch");
    histogram(&format!("{TWO} positive_counts: [1, 2]"), "refused: histogram-buckets-mismatch");
    histogram(&format!("{FLOATS} positive_deltas: [1, 2]"), "refused: histogram-buckets-mismatch");
    histogram(&TWO.replace("count_int", "count_float"), "refused: histogram-buckets-mismatch");
    histogram(&FLOATS.replace("count_float", "count_int"), "refused: histogram-buckets-mismatch");
    histogram(&format!("{FLOATS} zero_count_int: 1"), "refused: histogram-buckets-mismatch");
    histogram(&format!("{FLOATS} zero_count_int: 0"), "");
    let spans = "count_int: 2 positive_spans { length: 1 } positive_spans { offset: X length: 1 } positive_deltas: [1, 0]";
    histogram(&spans.replace('X', "0"), "");
    histogram(&spans.replace('X', "-1"), "refused: histogram-span-negative-offset");
}

#[test]
fn only_known_schemas_are_accepted() {
    for (schema, expect) in [
        ("-4", ""),
        ("8", ""),
        ("9", "histogram-schema-above-8"),
        ("52", "histogram-schema-above-8"),
        ("53", "refused: histogram-schema"),
        ("-5", "refused: histogram-schema"),
        ("-52", "refused: histogram-schema"),
        ("-53", ""),
        ("-54", "refused: histogram-schema"),
    ] {
        histogram(&format!("schema: {schema}"), expect);
    }
    histogram("zero_threshold: -1", "refused: histogram-zero-threshold");
    histogram("zero_threshold: nan", "refused: histogram-zero-threshold");
    histogram("schema: 1 custom_values: 1", "refused: histogram-custom-values-without-custom-schema");
}

const CUSTOM: &str = "count_int: 3 sum: 1 schema: -53 custom_values: [1, 2]
    positive_spans { offset: 0 length: 2 } positive_spans { length: 1 } positive_deltas: [1, 0, 0]";

#[test]
fn custom_buckets_have_sound_bounds_and_one_side() {
    histogram(CUSTOM, "");
    for bounds in ["2, 1", "1, 1", "1, nan", "1, inf", "-inf, 1", "1"] {
        histogram(&CUSTOM.replace("1, 2", bounds), "refused: histogram-custom-bounds");
    }
    histogram(&CUSTOM.replace("{ length: 1", "{ offset: 1 length: 1"), "refused: histogram-custom-bounds");
    histogram(&CUSTOM.replace("offset: 0", "offset: -1"), "refused: histogram-span-negative-offset");
    histogram(
        &CUSTOM.replace("count_int: 3", "count_int: 4 zero_count_int: 1"),
        "refused: histogram-custom-zero",
    );
    histogram(&format!("{CUSTOM} zero_threshold: 0.1"), "refused: histogram-custom-zero");
    histogram(
        &format!("{CUSTOM} negative_spans {{ length: 1 }} negative_deltas: 0"),
        "refused: histogram-custom-zero",
    );
}

#[test]
fn a_stale_histogram_is_not_looked_into() {
    histogram("sum: stale count_int: 7 schema: 99 positive_deltas: -1", "");
    histogram("sum: nan count_int: 7 positive_deltas: -1", "refused: histogram-buckets-mismatch");
}

#[test]
fn every_sentence_says_what_and_how_to_mend() {
    let refused = |text: &str| {
        with_series(Protocol::V2, text, |series| super::check(series).expect_err("broken").to_string())
    };
    assert_eq!(
        refused(&format!(
            "symbols: ['', '__name__', 'h'] timeseries {{ labels_refs: [1, 2] histograms {{ {} }} }}",
            TWO.replace("count_int: 3", "count_int: 5")
        )),
        "histogram 0 counts 5 observations, its buckets 3: make them agree",
    );
    assert_eq!(
        refused("symbols: '' timeseries { labels_refs: [0] }"),
        "odd number of label references (1): write references and text as the specification has them",
    );
}

#[test]
fn notes_have_names_of_their_own() {
    let mut all = Notes::default();
    assert!(all.is_empty());
    for (at, note) in Note::ALL.into_iter().enumerate() {
        assert!(!all.contains(note));
        all.insert(note);
        assert_eq!(all.iter().count(), at + 1);
    }
    let mut rules: Vec<_> = all.iter().map(Note::rule).collect();
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(rules.len(), Note::ALL.len());
}

#[track_caller]
fn check_text(labels: &[&str], max: usize, expect: &str) {
    let label = |pair: &[&str]| format!("labels {{ name: '{}' value: '{}' }}", pair[0], pair[1]);
    let text = format!("timeseries {{ {} }}", labels.chunks(2).map(label).collect::<String>());
    let got = with_series(Protocol::V1, &text, |series| series_text(series, max));
    assert_eq!(got, expect);
    assert!(got.len() <= max.max(3));
}

#[test]
fn a_series_is_written_as_promql_does() {
    check_text(&["__name__", "up"], 99, "up");
    check_text(&["a", "1", "__name__", "up", "b", "x\\\"\\n\\u202e"], 99, r#"up{a="1",b="x\"\n\u202e"}"#);
    check_text(&["__name__", "my.metric", "a", "b"], 99, r#"{"my.metric",a="b"}"#);
    check_text(&["__name__", "my.metric"], 99, r#"{"my.metric"}"#);
    check_text(&["my.label", "b"], 99, r#"{"my.label"="b"}"#);
    check_text(&["__name__", "up", "__name__", "down"], 99, r#"up{__name__="down"}"#);
    check_text(&[], 99, "{}");
    check_text(&["__name__", "", "a", "b"], 99, r#"{__name__="",a="b"}"#);
}

#[test]
fn a_long_series_is_cut_between_characters() {
    check_text(&["__name__", "up", "a", "ééééé"], 14, "up{a=\"éé…");
    check_text(&["__name__", &"x".repeat(1000), "a", "b"], 10, "xxxxxxx…");
    check_text(&["__name__", "up", "a", &"é".repeat(1000), "b", "c"], 12, "up{a=\"é…");
}

/// Looks at every series: nothing panics, texts keep to their length, and accepted whole counts add up.
fn look_at_all(protocol: Protocol, message: &[u8]) {
    let mut scratch = Scratch::default();
    let Ok(mut entries) = decode(protocol, message, &Limits::default(), &mut scratch) else { return };
    while let Ok(Some(entry)) = entries.next() {
        let Entry::Series(series) = entry else { continue };
        assert!(series_text(&series, 40).len() <= 40);
        let accepted = super::check(&series).is_ok();
        for histogram in series.histograms() {
            let found: f64 = buckets(&histogram).map(|bucket| bucket.count).sum();
            let float = histogram.positive_counts.len() + histogram.negative_counts.len() > 0;
            if accepted && !float && !is_stale(&histogram) && !histogram.sum.is_nan() && found < 1e15 {
                let adds_up = match histogram.count {
                    Some(Count::Float(_)) => true, // need not, as in Prometheus
                    Some(Count::Int(count)) => found == count as f64,
                    None => found == 0.0,
                };
                assert!(adds_up, "{found} in {histogram:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_request_is_judged(one in v1_request(), two in v2_request(), mutations in mutations()) {
        for (protocol, mut message) in [(Protocol::V1, one.encode_to_vec()), (Protocol::V2, two.encode_to_vec())] {
            look_at_all(protocol, &message);
            mutations.iter().for_each(|mutation| mutation.apply(&mut message));
            look_at_all(protocol, &message);
        }
    }
}
