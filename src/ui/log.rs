//! Logs of a server: a `tracing` subscriber that writes logfmt or JSON lines to stderr.
//!
//! One event, one line, one write: lines of several threads never mix. Spans are not kept: every event says
//! all that it has to say. What could steer a terminal is escaped in logfmt; JSON escapes as JSON does.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::stderr::Stderr;
use super::{Verbosity, printable};
use crate::base::text::is_unsafe;
use crate::base::time::UnixNanos;

/// The value of `--log.format`, as Prometheus has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Format {
    #[default]
    Logfmt,
    Json,
}

/// Sends every event of this process to stderr from now on. A second call changes nothing.
pub(super) fn init(format: Format, verbosity: Verbosity, to: Stderr) {
    let log = Log::new(format, verbosity, to);
    // Only a second call can fail, and the first one's choice stands.
    let _ = tracing::subscriber::set_global_default(log);
}

/// Writes events to `W`. Usable from many threads at once.
pub struct Log<W> {
    format: Format,
    level: LevelFilter,
    to: Mutex<W>,
}

impl<W: Write> Log<W> {
    /// `-q` leaves warnings and errors, `-v` adds debug, `-vv` trace.
    pub fn new(format: Format, verbosity: Verbosity, to: W) -> Self {
        let level = match verbosity {
            Verbosity::Quiet => LevelFilter::WARN,
            Verbosity::Normal => LevelFilter::INFO,
            Verbosity::Verbose => LevelFilter::DEBUG,
            Verbosity::Trace => LevelFilter::TRACE,
        };
        Self { format, level, to: Mutex::new(to) }
    }

    fn write(&self, event: &Event<'_>, now: UnixNanos) {
        let ts = now.millis().to_string();
        let level = level_name(*event.metadata().level());
        let mut line = match self.format {
            Format::Logfmt => {
                let mut fields = Logfmt { msg: String::new(), rest: String::new() };
                event.record(&mut fields);
                format!("ts={ts} level={level} msg={}{}", logfmt_value(&fields.msg), fields.rest)
            }
            Format::Json => {
                let mut fields = Json::default();
                event.record(&mut fields);
                // Written by hand, so that time, level and message stand first.
                let text = |text: &str| serde_json::Value::from(text).to_string();
                let (ts, level, msg) = (text(&ts), text(level), text(&fields.msg));
                let mut object = format!(r#"{{"ts":{ts},"level":{level},"msg":{msg}"#);
                for (name, value) in &fields.rest {
                    let _ = write!(object, ",{}:{value}", text(name));
                }
                object + "}"
            }
        };
        line.push('\n');
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written has nobody to tell.
        let _ = to.write_all(line.as_bytes());
    }
}

impl<W: Write + Send + 'static> Subscriber for Log<W> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.level && metadata.target().starts_with("obsctl")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        self.write(event, UnixNanos::now());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

struct Logfmt {
    msg: String,
    rest: String,
}

impl Visit for Logfmt {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.msg.push_str(value);
        } else {
            let _ = write!(self.rest, " {}={}", field.name(), logfmt_value(value));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// A value as logfmt has it: bare where it can be, else quoted with escapes.
fn logfmt_value(value: &str) -> String {
    let bare = |c: char| !matches!(c, ' ' | '"' | '=' | '\\') && !is_unsafe(c);
    if !value.is_empty() && value.chars().all(bare) {
        return value.to_owned();
    }
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            _ => quoted.push_str(&printable(c.encode_utf8(&mut [0; 4]))),
        }
    }
    quoted.push('"');
    quoted
}

#[derive(Default)]
struct Json {
    msg: String,
    rest: serde_json::Map<String, serde_json::Value>,
}

impl Json {
    fn put(&mut self, field: &Field, value: impl Into<serde_json::Value>) {
        self.rest.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Json {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" { self.msg.push_str(value) } else { self.put(field, value) }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::Shared;

    fn logged(format: Format, verbosity: Verbosity, work: impl FnOnce()) -> String {
        let shared = Shared::default();
        tracing::subscriber::with_default(Log::new(format, verbosity, shared.clone()), work);
        shared.text()
    }

    /// Compares what follows the timestamp of a logfmt line.
    #[track_caller]
    fn check(verbosity: Verbosity, work: impl FnOnce(), expect: &str) {
        let text = logged(Format::Logfmt, verbosity, work);
        let lines: Vec<_> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines.join("\n"), expect);
    }

    #[test]
    fn logfmt_quotes_what_needs_it() {
        check(
            Verbosity::Normal,
            || tracing::info!(address = "127.0.0.1:9201", note = "a \"b\"\n", bytes = 7, "now listening"),
            r#"level=info msg="now listening" address=127.0.0.1:9201 note="a \"b\"\n" bytes=7"#,
        );
    }

    #[test]
    fn quiet_leaves_warnings_and_verbose_adds_debug() {
        let work = || {
            tracing::debug!("one");
            tracing::info!("two");
            tracing::warn!("three");
        };
        check(Verbosity::Quiet, work, "level=warn msg=three");
        check(Verbosity::Verbose, work, "level=debug msg=one\nlevel=info msg=two\nlevel=warn msg=three");
    }

    #[test]
    fn every_line_begins_with_an_rfc_3339_time() {
        let text = logged(Format::Logfmt, Verbosity::Normal, || tracing::info!("x"));
        let ts = text.strip_prefix("ts=").unwrap().split(' ').next().unwrap();
        assert!(ts.len() == "2026-01-02T03:04:05.678Z".len() && ts.ends_with('Z'), "{ts}");
    }

    #[test]
    fn json_keeps_types() {
        let work = || tracing::error!(ok = false, n = 3_u64, ratio = 0.5, who = "a\x1b", "went wrong");
        let text = logged(Format::Json, Verbosity::Normal, work);
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(text.starts_with("{\"ts\":"), "{text}");
        assert!(value["ts"].take().is_string());
        let expect = serde_json::json!({
            "ts": null, "level": "error", "msg": "went wrong", "ok": false, "n": 3, "ratio": 0.5, "who": "a\x1b",
        });
        assert_eq!(value, expect);
    }

    #[test]
    fn lines_of_many_threads_stay_whole() {
        let shared = Shared::default();
        let dispatch = tracing::Dispatch::new(Log::new(Format::Logfmt, Verbosity::Normal, shared.clone()));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    tracing::dispatcher::with_default(&dispatch, || {
                        for n in 0..100 {
                            tracing::info!(n, "a line of some length");
                        }
                    });
                });
            }
        });
        let text = shared.text();
        assert_eq!(text.lines().count(), 400);
        assert!(text.lines().all(|line| line.contains(" level=info msg=\"a line of some length\" n=")));
    }
}
