//! One endpoint: its name, its URLs, and the few options that are safe to take from an annotation.

use std::collections::BTreeMap;
use std::time::Duration;

use super::expand::{self, What};
use super::sink::{Sink, rule, shown};
use super::value::{Data, Key, Value};
use super::{Options, duration, limits, url};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::suggest;
use crate::base::text::escape;
use crate::diagnostic::{Finding, Safety};

/// An endpoint, and the place to point at when it is one too many.
pub(super) type Placed = (Endpoint, Span);

/// What is to be scraped under one name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// ASCII letters, digits, `_`, `-` and `.`; the first is no `-` or `.`.
    pub name: String,
    /// One and more `http` or `https` URLs, without credentials.
    pub urls: Vec<String>,
    pub scrape: Scrape,
}

/// How it is to be scraped; what is not set is the collector's default.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Scrape {
    pub interval: Option<Duration>,
    /// How long one scrape may take.
    pub timeout: Option<Duration>,
    /// Tags that every sample gets.
    pub tags: BTreeMap<String, String>,
    /// Patterns (`*`, `?`) of the metrics that are kept; all where empty.
    pub fieldinclude: Vec<String>,
    /// Patterns of the metrics that are dropped.
    pub fieldexclude: Vec<String>,
    /// Patterns of the tags that are dropped.
    pub tagexclude: Vec<String>,
}

/// Options that an endpoint takes, in the order in which they are told.
const TAKEN: [&str; 8] =
    ["url", "urls", "interval", "timeout", "tags", "fieldinclude", "fieldexclude", "tagexclude"];
/// The other name that the endpoint may have inside of its own options.
const NAMES: [&str; 2] = ["name", "name_override"];

/// Shortest and longest interval that an annotation may ask for.
const INTERVALS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(86_400));
const TIMEOUTS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(300));

/// Whether `key` is an option of endpoints, so that it is hardly the name of one.
pub(super) fn is_option(key: &str) -> bool {
    TAKEN.contains(&key)
}

/// Whether these are the options of one endpoint, rather than names with what belongs to each.
pub(super) fn has_url(entries: &[(Key, Value)]) -> bool {
    entries.iter().any(|(key, _)| key.text == "url" || key.text == "urls")
}

/// A name as an endpoint may have it; gives what is wrong with it.
pub(super) fn check_name(name: &str, span: Span, sink: &mut Sink) -> bool {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    let all = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if first && all && name.len() <= limits::NAME {
        return true;
    }
    let fault = if name.is_empty() {
        "the endpoint's name is empty".to_owned()
    } else if name.len() > limits::NAME {
        format!("the endpoint's name is longer than {} bytes", limits::NAME)
    } else {
        format!("`{}` cannot be an endpoint's name", shown(name))
    };
    let finding = Finding::error(rule::VALUE, span, fault);
    let finding = match expand::find(name).map(|found| found.what) {
        Some(What::Reference) => url::reference(Finding { rule: rule::REFERENCE, ..finding }, "name"),
        _ => finding.why("it becomes the measurement's name in Telegraf and InfluxDB"),
    };
    sink.push(finding.help("write letters, digits, `_`, `-` and `.`, beginning with a letter or digit"));
    false
}

/// Reads one endpoint. `name` is what stands before it; without one, a `name` of its own, or the host, names it.
/// `None` when it cannot be used, which the findings then say.
pub(super) fn read(
    name: Option<&Key>,
    value: &Value,
    options: &Options,
    sink: &mut Sink,
) -> Option<Endpoint> {
    let mut reader = Reader { options, sink, sound: true };
    let endpoint = match &value.data {
        Data::Text(_) => reader.short(value),
        Data::Map(entries) => reader.long(value, entries),
        _ => {
            let finding = Finding::error(
                rule::SCHEMA,
                value.span,
                format!("an endpoint is a URL or a map of options, not {}", value.noun()),
            );
            reader.fault(finding.help("write `- NAME: http://HOST:PORT/metrics`"));
            (None, Vec::new(), Scrape::default())
        }
    };
    let (inner, urls, scrape) = endpoint;
    let name = match (name, inner) {
        (Some(outer), Some(inner)) if outer.text != inner.0 => {
            let finding = Finding::error(rule::SCHEMA, inner.1, "the endpoint has two names");
            reader.fault(finding.related(outer.span, "the other name").help("remove one of them"));
            None
        }
        (Some(outer), _) => Some((outer.text.clone(), outer.span)),
        (None, Some(inner)) => Some(inner),
        (None, None) => urls.first().map(|url| (of_host(url), value.span)),
    };
    let (name, span) = name?;
    let named = check_name(&name, span, reader.sink);
    (named && reader.sound).then_some(Endpoint { name, urls, scrape })
}

/// The name of an endpoint that has none: the first part of its host's name, or its address.
fn of_host(url: &str) -> String {
    let host = url::host(url);
    let address = host.parse::<std::net::IpAddr>().is_ok();
    let part = if address { host } else { host.split('.').next().unwrap_or(host) };
    part.trim_matches(':').replace(':', "_")
}

struct Reader<'o, 's> {
    options: &'o Options,
    sink: &'s mut Sink,
    sound: bool,
}

type Parts = (Option<(String, Span)>, Vec<String>, Scrape);

impl Reader<'_, '_> {
    fn fault(&mut self, finding: Finding) {
        self.sound = false;
        self.sink.push(finding);
    }

    fn short(&mut self, value: &Value) -> Parts {
        (None, self.urls(std::slice::from_ref(value)), Scrape::default())
    }

    fn long(&mut self, value: &Value, entries: &[(Key, Value)]) -> Parts {
        let mut name = None;
        let mut urls = Vec::new();
        let mut scrape = Scrape::default();
        for (key, value) in entries {
            match key.text.as_str() {
                "name" | "name_override" => name = self.text(key, value).map(|text| (text, value.span)),
                "url" => urls.extend(self.urls(std::slice::from_ref(value))),
                "urls" => urls.extend(match &value.data {
                    Data::List(items) => self.urls(items),
                    _ => self.urls(std::slice::from_ref(value)),
                }),
                "interval" => scrape.interval = self.duration(value, INTERVALS),
                "timeout" => scrape.timeout = self.duration(value, TIMEOUTS),
                "tags" => scrape.tags = self.tags(value),
                "fieldinclude" => scrape.fieldinclude = self.patterns(key, value),
                "fieldexclude" => scrape.fieldexclude = self.patterns(key, value),
                "tagexclude" => scrape.tagexclude = self.patterns(key, value),
                "metric_version" if matches!(value.data, Data::Int(2)) => {} // what is always written
                _ => self.other(key),
            }
        }
        if urls.is_empty() && self.sound {
            let finding = Finding::error(rule::SCHEMA, value.span, "the endpoint has no `url`");
            self.fault(finding.help("add `url: http://HOST:PORT/metrics`"));
        }
        if let (Some(interval), Some(timeout)) = (scrape.interval, scrape.timeout)
            && timeout > interval
        {
            let finding = Finding::warning(rule::VALUE, value.span, "`timeout` is longer than `interval`");
            let finding = finding.why("Telegraf skips a scrape while the one before it still runs");
            self.sink.push(finding.help("make `timeout` shorter"));
        }
        (name, urls, scrape)
    }

    fn urls(&mut self, values: &[Value]) -> Vec<String> {
        let mut urls = Vec::new();
        for value in values {
            match &value.data {
                Data::Text(text) => {
                    let at = value.verbatim.unwrap_or(value.span);
                    let exact = value.verbatim.is_some();
                    match url::check(text, at, exact, &self.options.reach, self.sink) {
                        true => urls.push(text.clone()),
                        false => self.sound = false,
                    }
                }
                _ => {
                    let message = format!("a URL is a string, not {}", value.noun());
                    self.fault(Finding::error(rule::SCHEMA, value.span, message).help(URL_HELP));
                }
            }
        }
        if urls.len() > limits::URLS {
            let span = values[limits::URLS].span;
            let message = format!("an endpoint has at most {} URLs", limits::URLS);
            self.fault(Finding::error(rule::SIZE, span, message).help("make several endpoints of it"));
        }
        urls
    }

    fn text(&mut self, key: &Key, value: &Value) -> Option<String> {
        if let Data::Text(text) = &value.data {
            return Some(text.clone());
        }
        let message = format!("`{}` is a string, not {}", key.text, value.noun());
        self.fault(Finding::error(rule::SCHEMA, value.span, message).help("put it in quotes"));
        None
    }

    fn duration(&mut self, value: &Value, (min, max): (Duration, Duration)) -> Option<Duration> {
        let text = match &value.data {
            Data::Text(text) => text.clone(),
            Data::Int(number) => number.to_string(),
            _ => String::new(),
        };
        let finding = match duration::parse(&text) {
            Ok(duration) if duration >= min && duration <= max => return Some(duration),
            Ok(_) | Err(duration::Fault::Range) => Finding::error(
                rule::DURATION,
                value.span,
                format!(
                    "`{}` is not from {} to {}",
                    shown(&text),
                    duration::render(min),
                    duration::render(max)
                ),
            ),
            Err(duration::Fault::Unit) => {
                let message = format!("`{}` has no unit", shown(&text));
                let finding = Finding::error(rule::DURATION, value.span, message);
                // Telegraf passes over a number, and ends with an error at a string of one.
                let finding = finding.why("Telegraf refuses an interval without a unit");
                match value.verbatim {
                    Some(at) => {
                        let edit = Edit::insert(at.end, "s");
                        finding.fix("take it as seconds", Safety::Unsafe, vec![edit])
                    }
                    None => finding,
                }
            }
            Err(duration::Fault::Form) => {
                let what = match &value.data {
                    Data::Text(_) => format!("`{}`", shown(&text)),
                    _ => value.noun().to_owned(),
                };
                Finding::error(rule::DURATION, value.span, format!("{what} is not a duration"))
            }
        };
        self.fault(finding.help("write it as Go does, with the units `ms`, `s`, `m`, `h`: `30s`, `1m30s`"));
        None
    }

    fn tags(&mut self, value: &Value) -> BTreeMap<String, String> {
        let Data::Map(entries) = &value.data else {
            let message = format!("`tags` is a map of names to values, not {}", value.noun());
            self.fault(Finding::error(rule::SCHEMA, value.span, message).help("write `tags: {tier: web}`"));
            return BTreeMap::new();
        };
        if entries.len() > limits::ITEMS {
            let message = format!("an endpoint has at most {} tags", limits::ITEMS);
            self.fault(Finding::error(rule::SIZE, value.span, message).help("remove some of them"));
            return BTreeMap::new();
        }
        let mut tags = BTreeMap::new();
        for (key, value) in entries {
            let named = self.tag_name(key);
            let text = match &value.data {
                Data::Int(number) => Some(number.to_string()),
                _ => self.text(key, value),
            };
            if let Some(text) = text.filter(|text| named & self.tag_value(text, value.span)) {
                tags.insert(key.text.clone(), text);
            }
        }
        tags
    }

    fn tag_name(&mut self, key: &Key) -> bool {
        let name = key.text.as_str();
        let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
        let all = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let well_formed = first && all && name.len() <= limits::NAME;
        if well_formed && !RESERVED_TAGS.contains(&name) {
            return true;
        }
        let finding = match well_formed {
            true => {
                Finding::error(rule::VALUE, key.span, format!("the tag `{name}` is set by the collector"))
                    .help("choose another name")
            }
            false => {
                let shown = shown(name);
                Finding::error(rule::VALUE, key.span, format!("`{shown}` cannot be a tag's name"))
                    .help("write letters, digits, `_` and `-`, beginning with a letter")
            }
        };
        let referenced = expand::find(name).is_some_and(|found| found.what == What::Reference);
        self.fault(match referenced {
            true => url::reference(Finding { rule: rule::REFERENCE, ..finding }, "tag's name"),
            false => finding,
        });
        false
    }

    fn tag_value(&mut self, text: &str, span: Span) -> bool {
        let fault = if text.is_empty() {
            "a tag's value is empty: Telegraf drops such a tag"
        } else if text.len() > limits::TEXT {
            "a tag's value is longer than 256 bytes"
        } else if text.ends_with('\\') {
            "a tag's value ends with a backslash, which Telegraf cuts off"
        } else {
            return self.expandable(text, span, "tag's value");
        };
        self.fault(Finding::error(rule::VALUE, span, fault).help("write another value, or remove the tag"));
        false
    }

    /// Whether nothing in `text` would be replaced or hidden.
    fn expandable(&mut self, text: &str, span: Span, noun: &str) -> bool {
        let Some(found) = expand::find(text) else { return true };
        let shown = escape(found.span.of(text));
        self.fault(match found.what {
            What::Reference => url::reference(Finding::error(rule::REFERENCE, span, ""), noun)
                .help(format!("write it without `{shown}`")),
            What::Unsafe => Finding::error(rule::VALUE, span, format!("the {noun} holds `{shown}`"))
                .label("a character that is not shown")
                .help("remove it"),
        });
        false
    }

    fn patterns(&mut self, key: &Key, value: &Value) -> Vec<String> {
        let one = std::slice::from_ref(value);
        let items = if let Data::List(items) = &value.data { items.as_slice() } else { one };
        if items.len() > limits::ITEMS {
            let message = format!("`{}` has at most {} patterns", key.text, limits::ITEMS);
            self.fault(Finding::error(rule::SIZE, value.span, message).help("write patterns with `*`"));
            return Vec::new();
        }
        items.iter().filter_map(|item| self.pattern(key, item)).collect()
    }

    fn pattern(&mut self, key: &Key, value: &Value) -> Option<String> {
        let text = self.text(key, value)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_:.-/*?".contains(&b);
        if !text.is_empty() && text.len() <= limits::TEXT && text.bytes().all(plain) {
            return Some(text);
        }
        if self.expandable(&text, value.span, "pattern") {
            let shown = shown(&text);
            let finding = Finding::error(rule::VALUE, value.span, format!("`{shown}` is not a pattern"));
            let finding = finding.why("Telegraf ends at a pattern that it cannot read");
            self.fault(finding.help("write the metric's name, with `*` and `?` for what may differ"));
        }
        None
    }

    /// An option that is not taken.
    fn other(&mut self, key: &Key) {
        let name = key.text.as_str();
        let finding = |rule, message: String| Finding::error(rule, key.span, message);
        if let Some((_, instead, safety, why)) = RENAMED.iter().find(|(of, ..)| *of == name) {
            let found = finding(rule::SCHEMA, format!("`{name}` is not taken")).why(*why);
            let edit = Edit::replace(key.span, *instead);
            let found = found.help(format!("use `{instead}`"));
            return self.fault(found.fix(format!("write `{instead}`"), *safety, vec![edit]));
        }
        if let Some((_, why)) = REFUSED.iter().find(|(of, _)| name == *of || is_below(name, of)) {
            let shown = shown(name);
            let found = finding(rule::OPTION, format!("`{shown}` may not be set by an annotation")).why(*why);
            return self.fault(found.label("refused").help("remove it"));
        }
        let shown = shown(name);
        let found = finding(rule::SCHEMA, format!("`{shown}` is not an option of an endpoint"));
        let known = TAKEN.into_iter().chain(NAMES);
        let found = match suggest::nearest(name, known) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                Safety::Unsafe,
                vec![Edit::replace(key.span, near)],
            ),
            None => found.help(format!("options are {}", TAKEN.map(|name| format!("`{name}`")).join(", "))),
        };
        self.fault(found);
    }
}

/// Whether `prefix` ends with `*` and `name` begins with what is before it.
fn is_below(name: &str, prefix: &str) -> bool {
    prefix.strip_suffix('*').is_some_and(|prefix| name.starts_with(prefix))
}

const URL_HELP: &str = "write it as `http://HOST:PORT/PATH`";

/// Tags that tell where a sample is from, or that InfluxDB keeps for itself.
const RESERVED_TAGS: [&str; 6] = ["prometheus_app", "url", "host", "time", "cluster", "namespace"];

const VERSION_2: &str =
    "samples of one endpoint have one measurement, `prometheus`, and the metrics are its fields";
const SINCE_1_29: &str = "Telegraf 1.29 renamed it, and 1.40 no longer knows the old name";

/// Options with another name: old, new, whether the new one means the same, why.
const RENAMED: [(&str, &str, Safety, &str); 5] = [
    ("fieldpass", "fieldinclude", Safety::Safe, SINCE_1_29),
    ("fielddrop", "fieldexclude", Safety::Safe, SINCE_1_29),
    ("namepass", "fieldinclude", Safety::Unsafe, VERSION_2),
    ("namedrop", "fieldexclude", Safety::Unsafe, VERSION_2),
    (
        "response_timeout",
        "timeout",
        Safety::Unsafe,
        "since Telegraf 1.30.2 it bounds only the wait for the answer's headers",
    ),
];

const CREDENTIAL: &str = "annotations are shown to everybody who may look at the object";
const FILE: &str = "it reads a file of the collector, or sends one to the endpoint";
const DISCOVERY: &str = "it makes the collector find targets by itself, in other namespaces too";
const ELSEWHERE: &str = "it sends the collector's requests to another host";

/// Options of Telegraf that are known and refused, by name or (`*`) by what they begin with, and why.
const REFUSED: [(&str, &str); 27] = [
    ("bearer_token", FILE),
    ("bearer_token_string", CREDENTIAL),
    ("username", CREDENTIAL),
    ("password", CREDENTIAL),
    ("http_headers", CREDENTIAL),
    ("client_id", CREDENTIAL),
    ("client_secret", CREDENTIAL),
    ("token_url", ELSEWHERE),
    ("cookie_*", CREDENTIAL),
    ("http_proxy_url", ELSEWHERE),
    ("use_system_proxy", ELSEWHERE),
    ("tls_*", FILE),
    ("insecure_skip_verify", "the collector would take any server for the endpoint"),
    ("consul", DISCOVERY),
    ("http_service_discovery", DISCOVERY),
    ("kubernetes_*", DISCOVERY),
    ("kube_config", FILE),
    ("monitor_kubernetes_*", DISCOVERY),
    ("namespace_annotation_*", DISCOVERY),
    ("pod_*", DISCOVERY),
    ("node_ip", DISCOVERY),
    ("content_length_limit", "how much memory a scrape may take is the installation's decision"),
    ("metric_version", "with version 1, endpoints under one measurement overwrite each other's values"),
    ("url_tag", "the collector's own tags tell where a sample is from"),
    ("name_prefix", "names of measurements are the collector's"),
    ("name_suffix", "names of measurements are the collector's"),
    ("alias", "names of plugins are the collector's"),
];
