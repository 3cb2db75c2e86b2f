//! What is asked about: an object as kubectl names it, or a metric.

use std::fmt;

use super::case::Case;
use crate::base::suggest;
use crate::k8s::{Kind, PodTemplate};
use crate::lint::model::Item;

/// What is asked about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    Object {
        kind: Kind,
        name: String,
        namespace: Option<String>,
    },
    /// Which rules drop a metric of this name.
    Metric(String),
}

/// A target that cannot be asked about.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    #[error("`{0}` is no kind that is scraped or that scrapes")]
    Kind(String),
    #[error("`{0}` has no name behind the `/`")]
    NoName(String),
    #[error("`{0}` is no name of a metric")]
    Metric(String),
}

/// Why there is no chain.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unanswered {
    #[error("there is no {kind} `{name}` in what was given")]
    Missing {
        kind: &'static str,
        name: String,
        /// The name of one that there is.
        near: Option<String>,
    },
    #[error("there are several called `{name}`")]
    Several { name: String, titles: Vec<String> },
}

/// Kinds that can be asked about, with what kubectl calls them beside the kind itself; the last word is its plural.
const KINDS: [(Kind, &[&str]); 13] = [
    (Kind::ServiceMonitor, &["smon", "servicemonitors"]),
    (Kind::PodMonitor, &["pmon", "podmonitors"]),
    (Kind::Probe, &["prb", "probes"]),
    (Kind::ScrapeConfig, &["scfg", "scrapeconfigs"]),
    (Kind::PrometheusRule, &["rule", "promrule", "prometheusrules"]),
    (Kind::Service, &["svc", "services"]),
    (Kind::Pod, &["po", "pods"]),
    (Kind::Deployment, &["deploy", "deployments"]),
    (Kind::StatefulSet, &["sts", "statefulsets"]),
    (Kind::DaemonSet, &["ds", "daemonsets"]),
    (Kind::ReplicaSet, &["rs", "replicasets"]),
    (Kind::Job, &["jobs"]),
    (Kind::CronJob, &["cj", "cronjobs"]),
];

impl Question {
    /// Reads `KIND/NAME`, or the name of a metric.
    ///
    /// # Errors
    ///
    /// A kind that is none of those that can be asked about, or a name that is none.
    pub fn parse(text: &str, namespace: Option<&str>) -> Result<Self, Refused> {
        let Some((kind, name)) = text.split_once('/') else { return Self::metric(text) };
        if name.is_empty() || name.contains('/') {
            return Err(Refused::NoName(text.to_owned()));
        }
        if kind.eq_ignore_ascii_case("metric") {
            return Self::metric(name);
        }
        // `servicemonitors.v1.monitoring.coreos.com` is what kubectl takes too.
        let word = kind.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let is = |(kind, names): &&(Kind, &[&str])| {
            kind.name().eq_ignore_ascii_case(&word) || names.contains(&word.as_str())
        };
        let (kind, _) = KINDS.iter().find(is).ok_or_else(|| Refused::Kind(kind.to_owned()))?;
        Ok(Self::Object { kind: *kind, name: name.to_owned(), namespace: namespace.map(str::to_owned) })
    }

    fn metric(name: &str) -> Result<Self, Refused> {
        let valid = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_:.-".contains(c));
        if valid { Ok(Self::Metric(name.to_owned())) } else { Err(Refused::Metric(name.to_owned())) }
    }

    /// The object that is meant.
    pub(super) fn find<'g, 'w>(&self, case: &Case<'g, 'w>) -> Result<&'g Item<'w>, Unanswered> {
        let Self::Object { kind, name, namespace } = self else {
            return Err(Unanswered::Missing { kind: "object", name: self.to_string(), near: None });
        };
        let graph = &case.model.graph;
        let here = |item: &&Item<'w>| match (namespace, item.namespace()) {
            (Some(wanted), Some(there)) => wanted == there,
            _ => true,
        };
        let mut found: Vec<&Item<'w>> =
            graph.of(*kind).filter(|item| item.name() == name).filter(here).collect();
        if found.is_empty() && *kind == Kind::Pod {
            found = makers(case, name).into_iter().filter(here).collect();
        }
        match found.as_slice() {
            [one] => Ok(one),
            [] => {
                let names = graph.of(*kind).map(Item::name);
                let near = suggest::nearest(name, names).map(str::to_owned);
                Err(Unanswered::Missing { kind: kind.name(), name: name.clone(), near })
            }
            several => {
                let titles = several.iter().map(|item| item.title()).collect();
                Err(Unanswered::Several { name: name.clone(), titles })
            }
        }
    }
}

/// The workloads that make a pod of this name: `web` makes `web`, `web-0` and `web-5d4f8c7b9-abcde`.
fn makers<'g, 'w>(case: &Case<'g, 'w>, pod: &str) -> Vec<&'g Item<'w>> {
    let makes = |item: &&Item<'w>| {
        let rest = pod.strip_prefix(item.name()).unwrap_or("?");
        let parts = rest.strip_prefix('-').map_or(0, |rest| rest.split('-').count());
        !item.name().is_empty()
            && (rest.is_empty() || (1..=2).contains(&parts))
            && PodTemplate::of(&item.object).is_some()
    };
    let all: Vec<_> = case.model.graph.items().iter().filter(makes).collect();
    // Of `web` and `web-api`, the longer name made `web-api-0`.
    let longest = all.iter().map(|item| item.name().len()).max();
    all.into_iter().filter(|item| Some(item.name().len()) == longest).collect()
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { kind, name, .. } => write!(f, "{kind} `{name}`"),
            Self::Metric(name) => write!(f, "metric `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<&str, &str>) {
        let found = Question::parse(text, None).map(|it| it.to_string()).map_err(|err| err.to_string());
        assert_eq!(found, expect.map(str::to_owned).map_err(str::to_owned), "{text}");
    }

    #[test]
    fn kinds_are_called_as_kubectl_calls_them() {
        for text in
            ["servicemonitor/a", "ServiceMonitor/a", "smon/a", "servicemonitors.monitoring.coreos.com/a"]
        {
            check(text, Ok("ServiceMonitor `a`"));
        }
        check("svc/a", Ok("Service `a`"));
        check("rule/a", Ok("PrometheusRule `a`"));
        check("pod/a-0", Ok("Pod `a-0`"));
        check("http_requests_total", Ok("metric `http_requests_total`"));
        check("metric/up", Ok("metric `up`"));
        check("secret/a", Err("`secret` is no kind that is scraped or that scrapes"));
        check("svc/", Err("`svc/` has no name behind the `/`"));
        check("svc/a/b", Err("`svc/a/b` has no name behind the `/`"));
        check("up{}", Err("`up{}` is no name of a metric"));
        check("/a", Err("`` is no kind that is scraped or that scrapes"));
    }
}
