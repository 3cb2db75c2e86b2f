//! Where the real peers are, and what happens without them.
//!
//! `tests/peers/install` and `tests/peers/build` put them into a cache folder. Without it a test says `SKIPPED` on stderr, past the
//! test harness's capture, and passes; with `CI=true` it fails.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

/// Prometheus 3.x.
pub(crate) const PROMETHEUS: &str = "prometheus";
/// Prometheus 2.42, of Debian 12.
pub(crate) const PROMETHEUS_2: &str = "bookworm/prometheus";
pub(crate) const PROMTOOL: &str = "promtool";
/// That of Prometheus 2.42.
pub(crate) const PROMTOOL_2: &str = "bookworm/promtool";
pub(crate) const NODE_EXPORTER: &str = "prometheus-node-exporter";
pub(crate) const PUSHGATEWAY: &str = "prometheus-pushgateway";
/// Telegraf 1.37, built from its Go module.
pub(crate) const TELEGRAF: &str = "telegraf";
/// statsd_exporter 0.31, which also runs beside Gunicorn, built from its Go module.
pub(crate) const STATSD_EXPORTER: &str = "statsd_exporter";
pub(crate) const VMAGENT: &str = "vmagent";
pub(crate) const ETCD: &str = "etcd";
pub(crate) const KUBECTL: &str = "kubectl";
pub(crate) const KUBE_APISERVER: &str = "kube-apiserver";
/// The Prometheus operator, built from its Go module.
pub(crate) const PROMETHEUS_OPERATOR: &str = "prometheus-operator";
pub(crate) const VICTORIA_METRICS: &str = "victoria-metrics";
pub(crate) const KUBECONFORM: &str = "kubeconform";
pub(crate) const PINT: &str = "pint";
/// Helm 3.
pub(crate) const HELM: &str = "helm";
pub(crate) const HELM_4: &str = "helm4";
pub(crate) const KUBE_STATE_METRICS: &str = "kube-state-metrics";

/// Of PyPI.
pub(crate) const GUNICORN: &str = "gunicorn";
/// The interpreter that knows Grafana's models and jsonschema.
pub(crate) const GRAFANA_PYTHON: &str = "grafana-python";
/// PostgreSQL 15, of Debian 12; so are Redis 7.0 and nginx 1.22.
pub(crate) const POSTGRES: &str = "bookworm/postgres";
pub(crate) const INITDB: &str = "bookworm/initdb";
pub(crate) const PGBENCH: &str = "bookworm/pgbench";
pub(crate) const POSTGRES_EXPORTER: &str = "prometheus-postgres-exporter";
pub(crate) const REDIS: &str = "bookworm/redis-server";
pub(crate) const REDIS_EXPORTER: &str = "prometheus-redis-exporter";
pub(crate) const NGINX: &str = "bookworm/nginx";
pub(crate) const NGINX_EXPORTER: &str = "prometheus-nginx-exporter";

/// Those that `tests/peers/build` makes only when they are named: what needs them may be skipped under CI too.
const OPTIONAL: [&str; 5] = [KUBECONFORM, PINT, HELM, HELM_4, KUBE_STATE_METRICS];

/// The programs of these names, or `None` (said loudly) when one is missing and this is not CI.
pub(crate) fn find<const N: usize>(test: &str, names: [&str; N]) -> Option<[PathBuf; N]> {
    let found = names.map(|name| (name, locate(name)));
    let missing: Vec<&str> = found.iter().filter(|(_, path)| path.is_none()).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Some(found.map(|(_, path)| path.expect("none is missing")));
    }
    let optional = missing.iter().all(|name| OPTIONAL.contains(name));
    let ways: BTreeSet<String> = missing.iter().map(|name| way(name)).collect();
    let ways = ways.into_iter().collect::<Vec<_>>().join(" and ");
    let help = format!("{ways} puts them into a cache folder");
    let missing = missing.join(", ");
    assert!(optional || std::env::var("CI").as_deref() != Ok("true"), "{test}: {missing} not found; {help}");
    // `eprintln!` would be captured, and dropped with the test's success.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {missing} not found; {help}");
    None
}

/// The script that brings the program.
fn way(name: &str) -> String {
    match name {
        _ if OPTIONAL.contains(&name) => format!("`tests/peers/build {name}`"),
        GUNICORN | GRAFANA_PYTHON => "`tests/peers/python`".to_owned(),
        POSTGRES | INITDB | PGBENCH | POSTGRES_EXPORTER | REDIS | REDIS_EXPORTER | NGINX | NGINX_EXPORTER => {
            "`tests/peers/install -a`".to_owned()
        }
        _ => "`tests/peers/install` or `tests/peers/build`".to_owned(),
    }
}

/// The schemas and manifests that `tests/peers/crds` keeps, or `None` (said loudly) when they are missing.
pub(crate) fn crds(test: &str) -> Option<PathBuf> {
    let found = folder().map(|folder| folder.join("crds")).filter(|folder| folder.is_dir());
    if found.is_none() {
        let help = "`tests/peers/crds` puts the schemas into a cache folder";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{test}: no schemas; {help}");
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: no schemas; {help}");
    }
    found
}

/// In the peers' folder first, then on the `PATH`; what names a suite is never looked for there.
fn locate(name: &str) -> Option<PathBuf> {
    let cached = folder().map(|folder| folder.join("bin").join(name));
    let on_path = std::env::var_os("PATH").filter(|_| !name.contains('/'));
    let on_path = on_path.iter().flat_map(std::env::split_paths).map(|folder| folder.join(name));
    cached.into_iter().chain(on_path).find(|path| path.is_file())
}

/// The folder of peers, and of what tests keep: the default of `tests/peers/install`.
pub(crate) fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("OBSCTL_PEERS").or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
        Some(cache.join("obsctl-peers"))
    })
}
