//! The config of one Telegraf as values, and its TOML.
//!
//! The text is made of `toml_edit` values only, never of pieces of text, and is the same to the byte for the same
//! [`Config`]. The one thing in it that Telegraf replaces is the output's token, of which [`Token`] is the only maker:
//! [`render`] looks at the finished text once more and refuses any other. Run it with `--strict-env-handling`, so
//! that a token with quotes in it stays a string.

use std::collections::BTreeMap;
use std::time::Duration;

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::endpoint::Endpoint;
use super::{duration, expand};

/// Everything that one Telegraf is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Tags of every sample: `cluster`, for example.
    pub global_tags: BTreeMap<String, String>,
    pub agent: Agent,
    /// Telegraf's own figures as samples.
    pub internal: bool,
    pub inputs: Vec<Input>,
    pub enums: Vec<Enum>,
    /// One, however many endpoints there are: with several, every sample is written as often.
    pub output: Output,
}

/// What holds for all plugins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    pub interval: Duration,
    pub flush_interval: Duration,
    /// Scrapes are spread over this time, so that not all endpoints are asked at once.
    pub collection_jitter: Duration,
    /// Samples of one write.
    pub metric_batch_size: u32,
    /// Samples that are kept while the output does not answer.
    pub metric_buffer_limit: u32,
    /// Whether samples go without the tag `host`, which is the pod's name and new at every start.
    pub omit_hostname: bool,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            flush_interval: Duration::from_secs(60),
            collection_jitter: Duration::from_secs(10),
            metric_batch_size: 10_000,
            metric_buffer_limit: 100_000,
            omit_hostname: true,
        }
    }
}

/// One `[[inputs.prometheus]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// What its samples are called in the output, `prometheus_` and the endpoint's name.
    pub name_override: String,
    pub endpoint: Endpoint,
    /// Tags that tell where samples are from; those of the endpoint yield to them.
    pub tags: BTreeMap<String, String>,
    /// Bytes of a scrape's body after which it is dropped: what bounds the collector's memory.
    pub content_length_limit: u64,
}

impl Input {
    /// The input of an endpoint of `app`: measurement `prometheus_NAME`, tag `prometheus_app`, in which `-` becomes `_`.
    #[must_use]
    pub fn new(app: &str, endpoint: Endpoint) -> Self {
        Self {
            name_override: format!("prometheus_{}", endpoint.name),
            endpoint,
            tags: BTreeMap::from([("prometheus_app".to_owned(), app.replace('-', "_"))]),
            content_length_limit: 32 << 20,
        }
    }
}

/// One mapping of `[[processors.enum]]`: words that a tag has to numbers, as `status` to `status_code`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enum {
    /// Tags whose values are looked up. What Prometheus exposes has words in tags only; its fields are numbers.
    pub tags: Vec<String>,
    /// The tag that the number is put into.
    pub dest: String,
    pub values: BTreeMap<String, i64>,
}

/// The `[[outputs.influxdb_v2]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    pub urls: Vec<String>,
    pub organization: String,
    pub bucket: String,
    pub token: Token,
}

/// The environment variable that holds the output's token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    variable: String,
}

impl Token {
    /// The variable of this name: capital ASCII letters, digits and `_`, no digit first. `None` for any other.
    #[must_use]
    pub fn environment(variable: &str) -> Option<Self> {
        let first = variable.bytes().next().is_some_and(|b| b.is_ascii_uppercase() || b == b'_');
        let all = variable.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        (first && all && variable.len() <= 100).then(|| Self { variable: variable.to_owned() })
    }

    fn reference(&self) -> String {
        format!("${{{}}}", self.variable)
    }
}

/// Why a config is not written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RenderError {
    /// Values of annotations are refused when they are read; this is the last gate before the file.
    #[error(
        "`{}` of the Telegraf config holds a character or reference that Telegraf would not keep as it is: remove it",
        .place
    )]
    Expands { place: &'static str },
    #[error("`{place}` of the Telegraf config is empty: give it a value")]
    Empty { place: &'static str },
    #[error("the Telegraf config would hold another reference than the output's token")]
    Reference,
}

/// The TOML of a config.
///
/// # Errors
///
/// A text that Telegraf would replace in part, or a place that must not be empty.
pub fn render(config: &Config) -> Result<String, RenderError> {
    let mut document = DocumentMut::new();
    document.decor_mut().set_prefix(HEADING);
    let root = document.as_table_mut();
    if !config.global_tags.is_empty() {
        root.insert("global_tags", Item::Table(tags("global_tags", &config.global_tags)?));
    }
    root.insert("agent", Item::Table(agent(&config.agent)));
    let mut inputs = implicit();
    if config.internal {
        let mut internal = Table::new();
        internal.insert("collect_memstats", value(false));
        inputs.insert("internal", Item::ArrayOfTables(ArrayOfTables::from_iter([internal])));
    }
    if config.inputs.is_empty() && !config.internal {
        return Err(RenderError::Empty { place: "inputs" });
    }
    if !config.inputs.is_empty() {
        let tables: Vec<Table> = config.inputs.iter().map(input).collect::<Result<_, _>>()?;
        inputs.insert("prometheus", Item::ArrayOfTables(ArrayOfTables::from_iter(tables)));
    }
    root.insert("inputs", Item::Table(inputs));
    if !config.enums.is_empty() {
        root.insert("processors", Item::Table(processors(&config.enums)?));
    }
    let mut outputs = implicit();
    let output = output(&config.output)?;
    outputs.insert("influxdb_v2", Item::ArrayOfTables(ArrayOfTables::from_iter([output])));
    root.insert("outputs", Item::Table(outputs));
    let text = document.to_string();
    match sound(&text, &config.output.token.reference()) {
        true => Ok(text),
        false => Err(RenderError::Reference),
    }
}

/// Nothing of an object stands in a comment: a comment ends with its line, and other text begins.
const HEADING: &str = "\
# Made from the annotations of applications: changes here are lost.
# Check it with: telegraf config check --strict-env-handling --config FILE
";

/// Whether the finished text has the token once, and nothing else that Telegraf would replace.
fn sound(text: &str, token: &str) -> bool {
    let quoted = format!("\"{token}\"");
    match text.split_once(&quoted) {
        Some((before, after)) => {
            [before, after].iter().all(|part| part.lines().all(|line| expand::find(line).is_none()))
        }
        None => false,
    }
}

fn agent(agent: &Agent) -> Table {
    let mut table = Table::new();
    table.insert("interval", value(duration::render(agent.interval)));
    table.insert("flush_interval", value(duration::render(agent.flush_interval)));
    table.insert("collection_jitter", value(duration::render(agent.collection_jitter)));
    table.insert("metric_batch_size", value(i64::from(agent.metric_batch_size)));
    table.insert("metric_buffer_limit", value(i64::from(agent.metric_buffer_limit)));
    table.insert("omit_hostname", value(agent.omit_hostname));
    // What an endpoint excludes, `*` even, is not to take off where its samples are from.
    table.insert("always_include_local_tags", value(true));
    table.insert("always_include_global_tags", value(true));
    // Telegraf warns where it is not set, and its default is to change.
    table.insert("skip_processors_after_aggregators", value(true));
    table
}

fn input(input: &Input) -> Result<Table, RenderError> {
    let scrape = &input.endpoint.scrape;
    let mut table = Table::new();
    table.insert("name_override", text("name_override", &input.name_override)?);
    table.insert("urls", list("urls", &input.endpoint.urls)?);
    table.insert("metric_version", value(2));
    table.insert("url_tag", value("url"));
    let limit = i64::try_from(input.content_length_limit).unwrap_or(i64::MAX);
    table.insert("content_length_limit", value(limit));
    for (key, of) in [("interval", scrape.interval), ("timeout", scrape.timeout)] {
        if let Some(duration) = of {
            table.insert(key, value(duration::render(duration)));
        }
    }
    for (key, patterns) in [
        ("fieldinclude", &scrape.fieldinclude),
        ("fieldexclude", &scrape.fieldexclude),
        ("tagexclude", &scrape.tagexclude),
    ] {
        if !patterns.is_empty() {
            table.insert(key, list(key, patterns)?);
        }
    }
    let mut all = scrape.tags.clone();
    all.extend(input.tags.clone());
    if !all.is_empty() {
        table.insert("tags", Item::Table(tags("tags", &all)?));
    }
    Ok(table)
}

fn processors(enums: &[Enum]) -> Result<Table, RenderError> {
    let mut mappings = Vec::new();
    for mapping in enums {
        let mut table = Table::new();
        table.insert("tags", list("tags", &mapping.tags)?);
        table.insert("dest", text("dest", &mapping.dest)?);
        let mut values = Table::new();
        for (word, number) in &mapping.values {
            guard("value_mappings", word)?;
            values.insert_formatted(&quoted("value_mappings", word)?, value(*number));
        }
        table.insert("value_mappings", Item::Table(values));
        mappings.push(table);
    }
    let mut plugin = Table::new();
    plugin.insert("mapping", Item::ArrayOfTables(ArrayOfTables::from_iter(mappings)));
    let mut processors = implicit();
    processors.insert("enum", Item::ArrayOfTables(ArrayOfTables::from_iter([plugin])));
    Ok(processors)
}

fn output(output: &Output) -> Result<Table, RenderError> {
    let mut table = Table::new();
    table.insert("urls", list("urls", &output.urls)?);
    table.insert("organization", text("organization", &output.organization)?);
    table.insert("bucket", text("bucket", &output.bucket)?);
    table.insert("token", value(output.token.reference()));
    Ok(table)
}

/// A table that only holds others, and needs no head of its own.
fn implicit() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn tags(place: &'static str, tags: &BTreeMap<String, String>) -> Result<Table, RenderError> {
    let mut table = Table::new();
    for (name, tag) in tags {
        guard(place, name)?;
        table.insert(name, text(place, tag)?);
    }
    Ok(table)
}

fn text(place: &'static str, of: &str) -> Result<Item, RenderError> {
    guard(place, of)?;
    Ok(Item::Value(quoted(place, of)?))
}

fn list(place: &'static str, of: &[String]) -> Result<Item, RenderError> {
    if of.is_empty() {
        return Err(RenderError::Empty { place });
    }
    let mut array = Array::new();
    for text in of {
        guard(place, text)?;
        array.push(quoted::<Value>(place, text)?);
    }
    Ok(value(array))
}

/// A string or key between double quotes. For a text with quotes of both kinds `toml_edit` itself would write
/// `"""…"""`, which the TOML parser of Telegraf 1.37 refuses when there is a quote in it.
fn quoted<T: std::str::FromStr>(place: &'static str, text: &str) -> Result<T, RenderError> {
    let text = text.replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{text}\"").parse().map_err(|_| RenderError::Expands { place })
}

fn guard(place: &'static str, text: &str) -> Result<(), RenderError> {
    if text.is_empty() {
        return Err(RenderError::Empty { place });
    }
    match expand::find(text) {
        Some(_) => Err(RenderError::Expands { place }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
