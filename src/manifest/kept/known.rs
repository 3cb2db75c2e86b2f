//! What the sources that an agent scrapes are known to have: metrics by the resource or the path that they come from.
//!
//! Tables of names alone, of the versions that they say. A newer source may have more, which nobody asks it for.

use std::sync::LazyLock;

/// Where metrics come from: a resource of kube-state-metrics, or a path of the kubelet.
pub(in crate::manifest) struct Origin {
    /// `pods`, or `/metrics/resource`.
    pub(in crate::manifest) name: &'static str,
    /// The API group of a resource.
    pub(in crate::manifest) group: &'static str,
    pub(in crate::manifest) metrics: Vec<Metric>,
}

pub(in crate::manifest) struct Metric {
    pub(in crate::manifest) name: &'static str,
    /// kube-state-metrics has it only when it is named by `--metric-opt-in-list`.
    pub(in crate::manifest) opt_in: bool,
}

/// By resource.
pub(in crate::manifest) static KUBE_STATE_METRICS: LazyLock<Vec<Origin>> =
    LazyLock::new(|| parse(include_str!("kube-state-metrics.txt")));

static KUBELET: LazyLock<Vec<Origin>> = LazyLock::new(|| parse(include_str!("kubelet.txt")));

/// What a path of the kubelet has; nothing for one that is not known.
pub(in crate::manifest) fn kubelet(path: &str) -> impl Iterator<Item = &'static str> {
    let of_path = KUBELET.iter().filter(move |origin| origin.name == path);
    of_path.flat_map(|origin| origin.metrics.iter().map(|metric| metric.name))
}

/// What Prometheus says of a scrape itself, beside what is scraped.
const REPORT: &str = "scrape";

/// Every name that an agent could have.
pub(in crate::manifest) fn all() -> impl Iterator<Item = &'static str> {
    scraped().chain(kubelet(REPORT))
}

/// Those of them that somebody has to be asked for.
pub(in crate::manifest) fn scraped() -> impl Iterator<Item = &'static str> {
    let origins = KUBE_STATE_METRICS.iter().chain(KUBELET.iter().filter(|origin| origin.name != REPORT));
    origins.flat_map(|origin| origin.metrics.iter().map(|metric| metric.name))
}

/// A line at the left is an origin, with its group; what is indented belongs to the last one.
fn parse(table: &'static str) -> Vec<Origin> {
    let mut origins: Vec<Origin> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix("  "), origins.last_mut()) {
            (Some(metric), Some(origin)) => {
                let name = metric.trim_end_matches('?');
                origin.metrics.push(Metric { name, opt_in: name != metric });
            }
            _ => {
                let (name, group) = line.split_once(' ').unwrap_or((line, ""));
                origins.push(Origin { name, group, metrics: Vec::new() });
            }
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read_whole() {
        let pods = KUBE_STATE_METRICS.iter().find(|origin| origin.name == "pods").expect("a resource");
        assert_eq!((pods.group, pods.metrics.len()), ("", 55));
        let opt_in: Vec<_> =
            pods.metrics.iter().filter(|metric| metric.opt_in).map(|metric| metric.name).collect();
        assert_eq!(opt_in, ["kube_pod_nodeselectors"]);
        assert_eq!(KUBE_STATE_METRICS.len(), 35);
        assert!(kubelet("/metrics/resource").any(|name| name == "container_start_time_seconds"));
        assert_eq!((kubelet("/metrics").count(), all().count() - scraped().count()), (0, 5));
        assert!(all().all(crate::base::name::is_metric_name));
    }
}
