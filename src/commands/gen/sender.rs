//! The flags of `obsctl gen manifests sender`: short for the section `sender` of an `obsctl.yaml`.

use anyhow::Result;

use super::source::Description;
use crate::ui::Failure;
use crate::yaml::write::{self, Map, Value};

/// What sends, to where, and what.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Options of sender, in place of a file")]
pub(super) struct SenderArgs {
    /// Where it sends to, such as https://metrics.example.org/api/v1/write
    #[arg(long, value_name = "URL", conflicts_with_all = ["file", "from", "target", "gunicorn"], requires = "kind")]
    url: Option<String>,
    /// Who sends: a Prometheus that is there, or an agent that is made
    #[arg(long, value_name = "MODE", requires = "url")]
    mode: Option<Mode>,
    /// Short for `--mode agent`
    #[arg(long, requires = "url", conflicts_with = "mode")]
    agent: bool,
    /// The operator's Prometheus that gets a patch
    #[arg(long, value_name = "NAME", requires = "url")]
    patch: Option<String>,
    /// A set of series that is known by name: cost
    #[arg(long, value_name = "NAME", requires = "url")]
    profile: Option<String>,
    /// Send nothing but this, such as 'kube_pod_*' or 'up{job="api"}'; repeated
    #[arg(long, value_name = "SELECTOR", requires = "url")]
    keep: Vec<String>,
    /// Do not send this, though it is kept; repeated
    #[arg(long, value_name = "SELECTOR", requires = "url")]
    drop: Vec<String>,
    /// A label on every series that is sent; repeated
    #[arg(long, visible_alias = "cluster-label", value_name = "LABEL=VALUE", requires = "url")]
    external_label: Vec<String>,
    /// The Secret with what the receiver asks for; it is named, never read
    #[arg(long, value_name = "NAME", requires = "url")]
    secret: Option<String>,
    /// What the Secret holds: a token (bearer), or user and password (basic)
    #[arg(long, value_name = "TYPE", requires = "secret")]
    auth: Option<String>,
    /// The version of remote write: 1.0 or 2.0
    #[arg(long, value_name = "VERSION", requires = "url")]
    protocol: Option<String>,
    /// Samples a second, by which the queue is sized
    #[arg(long, value_name = "SAMPLES", requires = "url")]
    rate: Option<u64>,
    /// How long a request to the receiver takes
    #[arg(long, value_name = "DURATION", requires = "rate")]
    latency: Option<String>,
    /// Send exemplars too
    #[arg(long, requires = "url")]
    exemplars: bool,
    /// Send native histograms too
    #[arg(long, requires = "url")]
    native_histograms: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Mode {
    Prometheus,
    Agent,
}

impl SenderArgs {
    /// Whether the flags say what is made, and not a file.
    pub(super) fn is_said(&self) -> bool {
        self.url.is_some()
    }

    /// The description that the flags are short for.
    pub(super) fn description(&self, name: Option<&str>) -> Result<Description> {
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let list = |items: &[String]| Value::from(items.to_vec()).filled();
        let is_agent = self.agent || self.mode == Some(Mode::Agent);
        let secret = self
            .secret
            .as_ref()
            .map(|secret| Map::new().with("name", &**secret).with_opt("type", text(&self.auth)));
        let rate = self.rate.map(|rate| i64::try_from(rate).unwrap_or(i64::MAX));
        let sender = Map::new()
            .with_opt("name", name)
            .with_opt("url", text(&self.url))
            .with_opt("mode", is_agent.then_some("agent"))
            .with_opt("patch", text(&self.patch))
            .with_opt("protocol", text(&self.protocol))
            .with_opt("secret", secret)
            .with_opt("external-labels", self.labels()?)
            .with_opt("profile", text(&self.profile))
            .with_opt("keep", list(&self.keep))
            .with_opt("drop", list(&self.drop))
            .with_opt("rate", rate)
            .with_opt("latency", text(&self.latency))
            .with_opt("exemplars", self.exemplars.then_some(true))
            .with_opt("native-histograms", self.native_histograms.then_some(true));
        Ok(Description {
            name: "flags".into(),
            text: write::document(&Map::new().with("sender", sender), None),
        })
    }

    /// A mapping cannot say that two flags contradict each other.
    fn labels(&self) -> Result<Option<Value>> {
        let mut labels = Map::new();
        for flag in &self.external_label {
            let Some((label, value)) = flag.split_once('=') else {
                let message = format!("`--external-label {}` has no `=`", flag.escape_debug());
                return Err(Failure::new(message).help("write `--external-label cluster=NAME`").into());
            };
            if labels.get(label).is_some() {
                let message = format!("`--external-label` says `{}` twice", label.escape_debug());
                return Err(Failure::new(message)
                    .help("a label has one value: leave out one of both")
                    .into());
            }
            labels.set(label, value);
        }
        Ok(Value::Map(labels).filled())
    }

    /// The flags as they are typed.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut say = |flag: &str, value: Option<&str>| {
            words.push(match value {
                Some(value) => format!("--{flag} {}", quoted(value)),
                None => format!("--{flag}"),
            });
        };
        let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<String>>();
        let mode =
            if self.mode == Some(Mode::Agent) || self.agent { vec!["agent".to_owned()] } else { Vec::new() };
        let flags = [
            ("url", one(&self.url)),
            ("mode", mode),
            ("patch", one(&self.patch)),
            ("profile", one(&self.profile)),
            ("keep", self.keep.clone()),
            ("drop", self.drop.clone()),
            ("external-label", self.external_label.clone()),
            ("secret", one(&self.secret)),
            ("auth", one(&self.auth)),
            ("protocol", one(&self.protocol)),
            ("rate", self.rate.iter().map(u64::to_string).collect()),
            ("latency", one(&self.latency)),
        ];
        for (flag, values) in &flags {
            values.iter().for_each(|value| say(flag, Some(value)));
        }
        for (flag, is_said) in [("exemplars", self.exemplars), ("native-histograms", self.native_histograms)]
        {
            if is_said {
                say(flag, None);
            }
        }
        words
    }
}

/// A word as a shell takes it, on one line.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let plain: String = word.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("'{}'", plain.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_change_them() {
        let check = |word: &str, expect: &str| assert_eq!(quoted(word), expect);
        check("kube_pod_info", "kube_pod_info");
        check("https://a:1/b?c", "'https://a:1/b?c'");
        check("kube_*", "'kube_*'");
        check("up{a='b'}", r"'up{a='\''b'\''}'");
        check("", "''");
        check("a\nb", "'a b'");
    }
}
