//! A series as PromQL writes it, for messages.

use crate::base::name::{is_label_name, is_metric_name};
use crate::base::text::{clip, quote};
use crate::wire::Series;

/// `metric{a="b"}`, labels in the order in which they came, in at most `max` bytes; a cut is shown by `…`.
///
/// Names outside the legacy character set are quoted, as Prometheus 3 has it: `{"my.metric",a="b"}`. Control and
/// bidirectional characters are escaped.
#[must_use]
pub fn series_text(series: &Series<'_>, max: usize) -> String {
    let name_at = series.labels.iter().position(|label| label.name == "__name__");
    let name = name_at.map_or("", |at| series.labels[at].value);
    let legacy = is_metric_name(name);
    let mut out = String::new();
    if legacy {
        out.push_str(head(name, max));
    }
    let mut parts = 0;
    let mut part = |text: &str, out: &mut String| {
        out.push_str(if parts == 0 { "{" } else { "," });
        out.push_str(text);
        parts += 1;
    };
    if !legacy && !name.is_empty() {
        part(&quote(head(name, max)), &mut out);
    }
    for (at, label) in series.labels.iter().enumerate() {
        if out.len() > max {
            break;
        }
        if Some(at) == name_at && !name.is_empty() {
            continue;
        }
        let value = quote(head(label.value, max));
        if is_label_name(label.name) {
            part(&format!("{}={value}", head(label.name, max)), &mut out);
        } else {
            part(&format!("{}={value}", quote(head(label.name, max))), &mut out);
        }
    }
    match parts {
        0 if legacy => {}
        0 => out.push_str("{}"),
        _ => out.push('}'),
    }
    clip(&out, max).into_owned()
}

/// As much of `text` as can matter to something that is cut at `max` bytes.
fn head(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max.saturating_add(1))]
}
