//! Exposition text and YAML.

use crate::exposition::{Event, Format, OpenMetrics, parse};
use crate::wire::{Label, Sample};
use crate::yaml::{Budget, File, Node, Value};

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

/// Nodes that are looked at: aliases may stand for far more than there are.
const NODES_MAX: usize = 10_000;

/// Every node lies within the text.
pub(super) fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = File::parse(text, &Budget::default());
    assert_eq!(file.text(), text);
    let within = |start: usize, end: usize| text.get(start..end).is_some();
    for fault in file.faults() {
        assert!(within(fault.span.start, fault.span.end), "{fault:?}");
        let _ = file.position(fault.span.start);
    }
    for comment in file.comments() {
        assert!(within(comment.span.start, comment.span.end), "{comment:?}");
        assert!(text[comment.span.start..].starts_with('#'), "{comment:?}");
    }
    for document in file.documents() {
        assert!(within(document.span().start, document.span().end));
        let mut seen = 0;
        let mut stack: Vec<Node<'_>> = document.root().into_iter().collect();
        while let Some(node) = stack.pop() {
            seen += 1;
            if seen > NODES_MAX {
                break;
            }
            assert!(within(node.span().start, node.span().end), "{node:?}");
            let _ = file.position(node.span().start);
            match node.value() {
                Some(Value::Str(value)) => assert_eq!(node.as_str(), Some(value)),
                _ => assert_eq!(node.as_str(), None),
            }
            stack.extend(node.items());
            for entry in node.entries() {
                if let Some(key) = entry.key.text() {
                    assert!(node.get(key).is_some(), "{key:?}");
                }
                stack.extend([entry.key, entry.value]);
            }
        }
    }
}
