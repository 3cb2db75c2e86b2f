use super::*;
use crate::base::version::Version;
use crate::promql::Name;

/// `expect` is the items, each as its text and how many values it stands for, or `error: …` with the place.
#[track_caller]
fn check(text: &str, expect: &str) {
    let got = match values(text, &ParseOptions::default()) {
        Ok(items) => {
            let item = |item: &Item| format!("{}={}", item.span.of(text), item.count());
            items.iter().map(item).collect::<Vec<_>>().join(" ")
        }
        Err(error) => format!("error: {}..{} {}", error.span.start, error.span.end, error.message),
    };
    assert_eq!(got, expect, "{text}");
}

#[test]
fn values_have_places_and_counts() {
    check("", "");
    check(" 1  2+1x3 _ _x4 stale\t", "1=1 2+1x3=4 _=1 _x4=4 stale=1");
    check("{{}} {{schema:1 sum:-.5}}", "error: 21..25 unexpected `.5}}` in a series, expected a number");
    check("{{ }} {{count:2}}+{{count:1}}x2", "{{ }}=1 {{count:2}}+{{count:1}}x2=3");
    check("1x18446744073709551615", "1x18446744073709551615=18446744073709551615");
    check("0x3 017", "0x3=4 017=1");
}

#[test]
fn faults_have_places() {
    check(
        "1 stalex2",
        "error: 2..9 unexpected `stalex2` in a series, expected a number, `_`, `stale` or `{{…}}`",
    );
    check("1+2 3", "error: 3..3 unexpected end in a series, expected `x` and how often");
    check("1x1.5", "error: 2..5 unexpected `1.5` in a series, expected how often: a whole number");
    check("1\n2", "error: 1..2 the values of a series stand on one line");
    check("{{sum:1 sum:2}}", "error: 8..13 `sum` stands twice in one histogram");
    check(
        "{{schema:1}}+{{schema:0}}x2",
        "error: 0..27 no histogram of a lower schema can be added to this one or subtracted from it",
    );
}

#[test]
fn numbers_and_histograms_are_what_is_written() {
    let read = |text: &str| values(text, &ParseOptions::default()).unwrap().remove(0).kind;
    assert_eq!(read("1.5-2x3"), ItemKind::Number { value: 1.5, step: Some(-2.0) });
    assert!(matches!(read("stale"), ItemKind::Number { value, .. } if value.to_bits() == STALE_NAN));
    let described = Described {
        schema: -1,
        sum: 5.0,
        count: f64::INFINITY,
        buckets: vec![1.0, -2.0],
        negative_offset: -3,
        reset_hint: Some(ResetHint::NotReset),
        ..Described::default()
    };
    let text = "{{schema:-1 SUM:5 count:inf buckets:[1 -2] n_offset:-3 counter_reset_hint:not_reset}}";
    assert_eq!(read(text), ItemKind::Histogram { value: Box::new(described), step: None });
}

#[test]
fn custom_bounds_may_differ_since_3_8() {
    let text = "{{schema:-53 custom_values:[1]}}+{{schema:-53 custom_values:[2]}}x1";
    let read = |minor| values(text, &ParseOptions { version: Version::new(3, minor), ..Default::default() });
    assert!(read(7).is_err() && read(8).is_ok());
}

#[test]
fn series_and_samples_differ_in_their_spaces() {
    let options = ParseOptions::default();
    let names = |metric: Metric| -> Vec<String> {
        let label = |(name, value): (Name, Name)| format!("{}={}", name.text, value.text);
        metric.name.map(|name| name.text).into_iter().chain(metric.labels.into_iter().map(label)).collect()
    };
    for (text, expect) in [
        ("up{job=\"a\", 'b.c'=`d`,}", Some(vec!["up", "job=a", "b.c=d"])),
        ("{\"größe\", by='x'}", Some(vec!["__name__=größe", "by=x"])),
        ("{}", Some(vec![])),
        ("on", None),
        ("up{a=~\"b\"}", None),
        ("up{a=\"b\",a=\"c\"}", None),
        ("up 1", None),
    ] {
        for read in [series, sample_labels] {
            let got = read(text, &options).map(names).ok();
            assert_eq!(
                got,
                expect.clone().map(|names| names.into_iter().map(str::to_owned).collect()),
                "{text}"
            );
        }
    }
    assert!(series("up {a=\"b\"}", &options).is_err() && sample_labels("up {a=\"b\"}", &options).is_ok());
    assert!(series("", &options).is_err() && sample_labels("", &options).is_ok());
}
