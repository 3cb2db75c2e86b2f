//! Exposition text: read in both formats, and written as OpenMetrics.

use crate::exposition::{Event, Format, OpenMetrics, parse};
use crate::wire::{Label, Sample};

/// In both formats; what was read is written as OpenMetrics, and that reads back.
pub(super) fn exposition(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for format in [Format::Prometheus, Format::OpenMetrics] {
        let mut writer = OpenMetrics::new();
        let mut samples = 0;
        let result = parse(text, format, &mut |event| match event {
            Event::Family(family) => assert!(!family.name.is_empty() || text.contains("\"\"")),
            Event::Sample(sample) => {
                samples += 1;
                assert!(sample.labels.iter().all(|label| !label.name.is_empty()), "{sample:?}");
                let mut labels: Vec<Label<'_>> = sample.labels.to_vec();
                labels.sort_unstable_by_key(|label| label.name);
                let timestamp = sample.timestamp.unwrap_or_default();
                writer.add_series(&labels, None, &[Sample { value: sample.value, timestamp, start: 0 }], &[]);
            }
        });
        if let Err(error) = result {
            let line = text.split('\n').nth(error.line.wrapping_sub(1));
            assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1), "{error}");
        }
        let mut written = Vec::new();
        writer.finish(&mut written).expect("memory takes it");
        let written = String::from_utf8(written).expect("UTF-8");
        let mut again = 0;
        parse(&written, Format::detect(&written), &mut |event| {
            again += usize::from(matches!(event, Event::Sample(_)));
        })
        .unwrap_or_else(|error| panic!("{error} in what we write: {written}"));
        assert!(again <= samples, "{written}");
    }
}
