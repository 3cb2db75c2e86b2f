use super::*;
use crate::wire::Exemplar;

fn parse_labels(text: &str) -> Vec<Label<'_>> {
    let pairs = text.split_whitespace().map(|pair| pair.split_once('=').expect("name=value"));
    pairs.map(|(name, value)| Label { name, value }).collect()
}

/// Builds the input of a case.
#[derive(Default)]
struct Case {
    writer: OpenMetrics,
}

impl Case {
    /// `labels` as `name=value name=value`, samples as (ms, value).
    fn series(self, kind: i32, labels: &str, samples: &[(i64, f64)]) -> Self {
        self.marked(kind, labels, samples, &[])
    }

    fn marked(mut self, kind: i32, labels: &str, samples: &[(i64, f64)], exemplars: &[Exemplar<'_>]) -> Self {
        let samples: Vec<Sample> =
            samples.iter().map(|&(timestamp, value)| Sample { value, timestamp, start: 0 }).collect();
        let metadata = Metadata { kind: MetricType(kind), help: "", unit: "" };
        self.writer.add_series(&parse_labels(labels), Some(&metadata), &samples, exemplars);
        self
    }

    #[track_caller]
    fn check(self, expect: &str) -> LeftOut {
        let mut out = Vec::new();
        let left_out = self.writer.finish(&mut out).expect("a Vec takes everything");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text, format!("{expect}# EOF\n"));
        left_out
    }
}

#[test]
fn families_stand_together_and_in_order() {
    let left_out = Case::default()
        .series(2, "__name__=z a=b", &[(2_000, 2.0), (1_000, 1.0)])
        .series(2, "__name__=a", &[(1_000, -1.5)])
        .series(2, "__name__=z", &[(1_500, f64::NAN)])
        .series(2, "a=b __name__=z", &[(3_000, f64::INFINITY)])
        .check(
            "# TYPE a gauge\na -1.5 1.000\n# TYPE z gauge\nz NaN 1.500\n\
             z{a=\"b\"} 1 1.000\nz{a=\"b\"} 2 2.000\nz{a=\"b\"} +Inf 3.000\n",
        );
    assert_eq!(left_out, LeftOut::default());
}

#[test]
fn counters_need_their_suffix() {
    Case::default()
        .series(1, "__name__=a_total", &[(0, 1.0)])
        .series(1, "__name__=a_created", &[(0, 5.0)])
        .series(1, "__name__=b", &[(0, 1.0)])
        .series(1, "__name__=c_total", &[(0, -1.0)])
        .check(
            "# TYPE a counter\na_total 1 0.000\na_created 5 0.000\n# TYPE b unknown\nb 1 0.000\n\
             # TYPE c_total unknown\nc_total -1 0.000\n",
        );
}

#[test]
fn a_histogram_is_one_family_in_time_order() {
    let both = &[(1_000, 1.0), (2_000, 3.0)];
    Case::default()
        .series(3, "__name__=h_sum x=y", both)
        .series(3, "__name__=h_bucket x=y le=+Inf", both)
        .series(3, "__name__=h_count x=y", both)
        .series(3, "__name__=h_bucket x=y le=10", both)
        .series(3, "__name__=h_bucket x=y le=2.5", both)
        .check(
            "# TYPE h histogram\n\
             h_bucket{le=\"2.5\",x=\"y\"} 1 1.000\nh_bucket{le=\"10\",x=\"y\"} 1 1.000\n\
             h_bucket{le=\"+Inf\",x=\"y\"} 1 1.000\nh_count{x=\"y\"} 1 1.000\nh_sum{x=\"y\"} 1 1.000\n\
             h_bucket{le=\"2.5\",x=\"y\"} 3 2.000\nh_bucket{le=\"10\",x=\"y\"} 3 2.000\n\
             h_bucket{le=\"+Inf\",x=\"y\"} 3 2.000\nh_count{x=\"y\"} 3 2.000\nh_sum{x=\"y\"} 3 2.000\n",
        );
}

#[test]
fn summaries_infos_and_state_sets_keep_their_rules() {
    Case::default()
        .series(5, "__name__=s quantile=0.9", &[(0, 2.0)])
        .series(5, "__name__=s quantile=0.5", &[(0, 1.0)])
        .series(5, "__name__=s_count", &[(0, 3.0)])
        .series(5, "__name__=t", &[(0, 3.0)])
        .series(6, "__name__=build_info v=1", &[(0, 1.0)])
        .series(6, "__name__=wrong_info v=1", &[(0, 2.0)])
        .series(7, "__name__=state state=on", &[(0, 1.0)])
        .series(7, "__name__=broken", &[(0, 1.0)])
        .check(
            "# TYPE broken unknown\nbroken 1 0.000\n\
             # TYPE build info\nbuild_info{v=\"1\"} 1 0.000\n\
             # TYPE s summary\ns{quantile=\"0.5\"} 1 0.000\ns{quantile=\"0.9\"} 2 0.000\ns_count 3 0.000\n\
             # TYPE state stateset\nstate{state=\"on\"} 1 0.000\n\
             # TYPE t unknown\nt 3 0.000\n\
             # TYPE wrong_info unknown\nwrong_info{v=\"1\"} 2 0.000\n",
        );
}

#[test]
fn contradicting_families_are_taken_apart() {
    Case::default()
        .series(2, "__name__=a", &[(0, 1.0)])
        .series(1, "__name__=a_total", &[(0, 1.0)])
        .series(3, "__name__=h_bucket le=1", &[(0, 1.0)])
        .series(2, "__name__=h_count", &[(0, 1.0)])
        .check(
            "# TYPE a gauge\na 1 0.000\n# TYPE a_total unknown\na_total 1 0.000\n\
             # TYPE h_bucket unknown\nh_bucket{le=\"1\"} 1 0.000\n# TYPE h_count gauge\nh_count 1 0.000\n",
        );
}

#[test]
fn metadata_comes_from_the_series_or_from_the_family() {
    let mut case = Case::default()
        .series(0, "__name__=a_seconds_total", &[(0, 1.0)])
        .series(0, "__name__=b_bytes", &[(0, 1.0)])
        .series(0, "__name__=h_bucket le=1", &[(0, 1.0)]);
    let about = |kind, help, unit| Metadata { kind: MetricType(kind), help, unit };
    case.writer.add_family("a_seconds", &about(1, "say \"a\\b\"\nc", "seconds"));
    case.writer.add_family("b_bytes", &about(2, "", "seconds"));
    case.writer.add_family("h", &about(3, "", ""));
    case.writer.add_family("unused", &about(3, "", ""));
    case.check(
        "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds say \\\"a\\\\b\\\"\\nc\n\
         a_seconds_total 1 0.000\n# TYPE b_bytes gauge\nb_bytes 1 0.000\n\
         # TYPE h histogram\nh_bucket{le=\"1\"} 1 0.000\n",
    );
}

#[test]
fn exemplars_stand_on_counters_and_buckets() {
    let labels = [Label { name: "trace_id", value: "x" }];
    let long = "é".repeat(121);
    let long = [Label { name: "trace_id", value: &long }];
    let mark = |labels, timestamp| Exemplar { labels, value: 0.5, timestamp };
    let left_out = Case::default()
        .marked(
            1,
            "__name__=a_total",
            &[(1_000, 1.0), (2_000, 2.0), (3_000, 3.0)],
            &[mark(&labels, 1_500), mark(&labels[..0], 9_000), mark(&labels, 9_001), mark(&long, 1_000)],
        )
        .marked(2, "__name__=g", &[(1_000, 1.0)], &[mark(&labels, 1_000)])
        .check(
            "# TYPE a counter\na_total 1 1.000\na_total 2 2.000 # {trace_id=\"x\"} 0.5 1.500\n\
             a_total 3 3.000 # {} 0.5 9.000\n# TYPE g gauge\ng 1 1.000\n",
        );
    assert_eq!(left_out, LeftOut { exemplars: 3, ..LeftOut::default() });
}

#[test]
fn counts_what_the_format_cannot_carry() {
    let stale = f64::from_bits(STALE_NAN);
    let left_out = Case::default()
        .series(2, "a=b", &[(0, 1.0)])
        .series(2, "__name__=g a=b a=c", &[(0, 1.0)])
        .series(2, "__name__=g a=", &[(0, 1.0), (0, 1.0), (0, 2.0), (1_000, stale), (i64::MAX, 1.0)])
        .series(2, "__name__=nul a=\0", &[(0, 1.0)])
        .series(2, "__name__=only_stale", &[(1_000, stale)])
        .check("# TYPE g gauge\ng 1 0.000\n");
    let expect = LeftOut {
        unnamed: 1,
        bad_labels: 2,
        stale_markers: 2,
        conflicting: 1,
        times: 1,
        ..LeftOut::default()
    };
    assert_eq!(left_out, expect);
}

#[test]
fn names_of_any_characters_are_quoted() {
    Case::default()
        .series(2, "__name__=my.metric a.b=\"\\", &[(0, 1.0)])
        .series(2, "__name__=a:b", &[(0, 1.0)])
        .check(
            "# TYPE a:b gauge\na:b 1 0.000\n# TYPE \"my.metric\" gauge\n\
             {\"my.metric\",\"a.b\"=\"\\\"\\\\\"} 1 0.000\n",
        );
}
