//! What lint says of monitors against the real Prometheus operator: one that lint finds no fault with is in the
//! configuration that the operator makes, and one that it does is not.

use std::io::Read as _;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use obsctl::lint::{Options, World};

use crate::support::cluster::Cluster;
use crate::support::process::{self, Process};
use crate::support::{peers, wait};

/// Findings that say that a monitor does not come to be scraped, by what the operator decides.
const LEFT_OUT: [&str; 10] = [
    "operator/exclusive-fields",
    "operator/fs-access",
    "operator/incomplete-section",
    "operator/invalid-selector",
    "operator/invalid-value",
    "operator/nil-vs-empty-selector",
    "operator/scrape-class",
    "reference/monitor-not-selected",
    "reference/secret-ref",
    "scrape/timeout-gt-interval",
];

/// A world: `spec` of the Prometheus in namespace `NS`, metadata of a ServiceMonitor, its `spec` beside the selector,
/// one endpoint of it beside the port, and whether the operator takes it.
struct Case {
    prometheus: &'static str,
    metadata: &'static str,
    spec: &'static str,
    endpoint: &'static str,
    /// Instead of a ServiceMonitor: the kind of another object, and its spec.
    other: Option<(&'static str, &'static str)>,
    taken: bool,
}

const ALL: &str = "serviceMonitorSelector: {}";
const HERE: &str = "namespace: NS";
const ELSEWHERE: &str = "namespace: NS-b";

const fn case(
    prometheus: &'static str,
    metadata: &'static str,
    spec: &'static str,
    endpoint: &'static str,
    taken: bool,
) -> Case {
    Case { prometheus, metadata, spec, endpoint, other: None, taken }
}

/// One endpoint in a world that has nothing else against it.
const fn endpoint(endpoint: &'static str, taken: bool) -> Case {
    case(ALL, HERE, "", endpoint, taken)
}

/// An object of another kind.
const fn other(kind: &'static str, spec: &'static str, taken: bool) -> Case {
    let prometheus = "probeSelector: {}, podMonitorSelector: {}, scrapeConfigSelector: {}";
    Case { prometheus, metadata: HERE, spec: "", endpoint: "", other: Some((kind, spec)), taken }
}

/// What every world has: its own namespace, another, and a Secret.
const NAMESPACE: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: NS, labels: {of: NS}}
---
apiVersion: v1
kind: Namespace
metadata: {name: NS-b, labels: {of: NS}}
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: NS}
stringData: {token: secret}";

const CASES: &[Case] = &[
    case(ALL, HERE, "", "", true),
    case("podMonitorSelector: {}", HERE, "", "", false),
    case("serviceMonitorSelector: {matchLabels: {a: b}}", HERE, "", "", false),
    case("serviceMonitorSelector: {matchLabels: {a: b}}", "namespace: NS, labels: {a: b}", "", "", true),
    case("serviceMonitorSelector: {matchLabels: {a: b}}", "namespace: NS, labels: {a: c}", "", "", false),
    case(
        "serviceMonitorSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}",
        HERE,
        "",
        "",
        true,
    ),
    case(
        "serviceMonitorSelector: {matchExpressions: [{key: a, operator: Exists}]}",
        "namespace: NS, labels: {a: ''}",
        "",
        "",
        true,
    ),
    case(ALL, ELSEWHERE, "", "", false),
    case("serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}", ELSEWHERE, "", "", true),
    case(
        "serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {of: NS}}",
        ELSEWHERE,
        "",
        "",
        true,
    ),
    case(
        "serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {of: other}}",
        ELSEWHERE,
        "",
        "",
        false,
    ),
    case(
        "serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NS-b}}",
        ELSEWHERE,
        "",
        "",
        true,
    ),
    case(
        "serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NS-b}}",
        HERE,
        "",
        "",
        false,
    ),
    case("serviceMonitorSelector: {}, scrapeInterval: 15s", HERE, "", "scrapeTimeout: 20s", false),
    case(ALL, HERE, "", "scrapeTimeout: 30s", true),
    case(ALL, HERE, "", "scrapeTimeout: 31s", false),
    case(ALL, HERE, "", "scrapeTimeout: 31s, interval: 1m", true),
    case(ALL, HERE, "scrapeClass: c", "", false),
    case("serviceMonitorSelector: {}, scrapeClasses: [{name: c}]", HERE, "scrapeClass: c", "", true),
    case(
        "serviceMonitorSelector: {}, arbitraryFSAccessThroughSMs: {deny: true}",
        HERE,
        "",
        "bearerTokenFile: /token",
        false,
    ),
    case(
        "serviceMonitorSelector: {}, arbitraryFSAccessThroughSMs: {deny: true}",
        HERE,
        "",
        "bearerTokenFile: ''",
        true,
    ),
    case(
        "serviceMonitorSelector: {}, arbitraryFSAccessThroughSMs: {deny: false}",
        HERE,
        "",
        "tlsConfig: {caFile: /ca}",
        true,
    ),
    case(ALL, HERE, "", "bearerTokenSecret: {name: s, key: token}", true),
    case(ALL, HERE, "", "bearerTokenSecret: {name: s, key: tokens}", false),
    case(ALL, HERE, "", "bearerTokenSecret: {name: t, key: token}", false),
    case(
        "serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}",
        ELSEWHERE,
        "",
        "bearerTokenSecret: {name: s, key: token}",
        false,
    ),
    case(ALL, HERE, "selector: {matchExpressions: [{key: a, operator: In}]}", "", false),
    case(ALL, HERE, "selector: {matchExpressions: [{key: a, operator: DoesNotExist}]}", "", true),
    case(ALL, HERE, "selector: {matchLabels: {a: 'b c'}}", "", false),
    endpoint("authorization: {credentials: {name: s, key: token}}", true),
    endpoint("authorization: {type: Bearer}", false),
    endpoint("authorization: {type: Basic, credentials: {name: s, key: token}}", false),
    endpoint(
        "authorization: {credentials: {name: s, key: token}}, basicAuth: {username: {name: s, key: token}, password: {name: s, key: token}}",
        false,
    ),
    endpoint("basicAuth: {username: {name: s, key: token}, password: {name: s, key: token}}", true),
    endpoint(
        "bearerTokenSecret: {name: s, key: token}, oauth2: {clientId: {secret: {name: s, key: token}}, clientSecret: {name: s, key: token}, tokenUrl: 'http://a'}",
        false,
    ),
    endpoint(
        "oauth2: {clientId: {secret: {name: s, key: token}}, clientSecret: {name: s, key: token}, tokenUrl: 'http://a'}",
        true,
    ),
    endpoint("oauth2: {clientId: {}, clientSecret: {name: s, key: token}, tokenUrl: 'http://a'}", false),
    endpoint(
        "oauth2: {clientId: {secret: {name: s, key: token}}, clientSecret: {name: s, key: token}, tokenUrl: 'http://a', noProxy: b}",
        false,
    ),
    endpoint(
        "oauth2: {clientId: {secret: {name: s, key: token}}, clientSecret: {name: s, key: token}, tokenUrl: 'http://a', tlsConfig: {keySecret: {name: s, key: token}}}",
        false,
    ),
    endpoint("tlsConfig: {ca: {secret: {name: s, key: token}}, caFile: /a}", false),
    endpoint("tlsConfig: {caFile: /a}", true),
    endpoint("tlsConfig: {certFile: /a}", false),
    endpoint("tlsConfig: {certFile: /a, keyFile: /b}", true),
    endpoint("tlsConfig: {certFile: /a, keySecret: {name: s, key: token}}", true),
    endpoint("tlsConfig: {keySecret: {name: s, key: token}}", false),
    endpoint("tlsConfig: {minVersion: TLS13, maxVersion: TLS12}", false),
    endpoint("tlsConfig: {minVersion: TLS12, maxVersion: TLS12}", true),
    endpoint("proxyFromEnvironment: true, proxyUrl: 'http://a'", false),
    endpoint("proxyFromEnvironment: false, proxyUrl: 'http://a', noProxy: b", true),
    endpoint("noProxy: b", false),
    endpoint("proxyFromEnvironment: true, noProxy: b", false),
    endpoint("proxyConnectHeader: {a: [{name: s, key: token}]}", false),
    endpoint("proxyConnectHeader: {a: [{name: s, key: token}]}, proxyFromEnvironment: true", true),
    other("Probe", "prober: {url: 'a:80'}, targets: {staticConfig: {static: [a]}}", true),
    other("Probe", "prober: {url: 'http://a:80'}, targets: {staticConfig: {static: [a]}}", false),
    other("Probe", "prober: {url: 'a:99999'}, targets: {staticConfig: {static: [a]}}", false),
    other("Probe", "prober: {url: a}, targets: {}", false),
    other("Probe", "prober: {url: a, noProxy: b}, targets: {staticConfig: {static: [a]}}", false),
    other("Probe", "prober: {url: a}, targets: {staticConfig: {static: [a], labels: {'': b}}}", false),
    other(
        "Probe",
        "prober: {url: a}, authorization: {type: Bearer}, targets: {staticConfig: {static: [a]}}",
        true,
    ),
    other(
        "PodMonitor",
        "selector: {}, podMetricsEndpoints: [{port: a, authorization: {type: Bearer}}]",
        false,
    ),
    other(
        "PodMonitor",
        "selector: {}, podMetricsEndpoints: [{port: a, bearerTokenSecret: {name: s, key: token}, basicAuth: {username: {name: s, key: token}, password: {name: s, key: token}}}]",
        false,
    ),
    other("PodMonitor", "selector: {}, podMetricsEndpoints: [{port: a}]", true),
    other("ScrapeConfig", "staticConfigs: [{targets: ['a:1']}]", true),
    other("ScrapeConfig", "staticConfigs: [{targets: ['a:1'], labels: {'': a}}]", false),
    other("ScrapeConfig", "authorization: {type: Basic}, staticConfigs: [{targets: ['a:1']}]", true),
    other("ScrapeConfig", "dnsSDConfigs: [{names: [a], type: A}]", false),
    other("ScrapeConfig", "dnsSDConfigs: [{names: [a], type: A, port: 80}]", true),
    other("ScrapeConfig", "dnsSDConfigs: [{names: [a]}]", true),
    other("ScrapeConfig", "azureSDConfigs: [{subscriptionID: a}]", false),
    other("ScrapeConfig", "azureSDConfigs: [{subscriptionID: a, authenticationMethod: SDK}]", true),
    other(
        "ScrapeConfig",
        "kubernetesSDConfigs: [{role: Pod, apiServer: 'http://a', namespaces: {ownNamespace: true}}]",
        false,
    ),
    other("ScrapeConfig", "kubernetesSDConfigs: [{role: Node, selectors: [{role: Pod, label: a}]}]", false),
    other(
        "ScrapeConfig",
        "kubernetesSDConfigs: [{role: Pod, selectors: [{role: Pod, label: 'a in'}]}]",
        false,
    ),
    other(
        "ScrapeConfig",
        "kubernetesSDConfigs: [{role: Pod, selectors: [{role: Pod, label: 'a in (b)', field: 'a=b'}]}]",
        true,
    ),
    other("ScrapeConfig", "kubernetesSDConfigs: [{role: Pod, selectors: [{role: Pod, field: a}]}]", false),
    other("ScrapeConfig", "puppetDBSDConfigs: [{url: 'http:///a', query: b}]", false),
    other("ScrapeConfig", "httpSDConfigs: [{url: 'http://a b/'}]", false),
];

impl Case {
    fn objects(&self, namespace: &str) -> String {
        let Self { prometheus, metadata, spec, endpoint, .. } = self;
        if let Some((kind, spec)) = self.other {
            let version = if kind == "ScrapeConfig" { "v1alpha1" } else { "v1" };
            let object = format!(
                "{NAMESPACE}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {{name: p, namespace: NS}}
spec: {{{prometheus}}}
---
apiVersion: monitoring.coreos.com/{version}
kind: {kind}
metadata: {{name: m, {metadata}}}
spec: {{{spec}}}
"
            );
            return object.replace("NS", namespace);
        }
        let selector = if spec.contains("selector:") { "" } else { "selector: {}, " };
        let spec = if spec.is_empty() { String::new() } else { format!("{spec}, ") };
        format!(
            "{NAMESPACE}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {{name: p, namespace: NS}}
spec: {{{prometheus}}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{name: m, {metadata}}}
spec: {{{selector}{spec}endpoints: [{{port: http{}{endpoint}}}]}}
",
            if endpoint.is_empty() { "" } else { ", " },
        )
        .replace("NS", namespace)
    }
}

#[test]
fn a_monitor_without_findings_is_in_the_configuration_that_the_operator_makes() {
    let name = "lint_operator";
    let Some([operator]) = peers::find(name, [peers::PROMETHEUS_OPERATOR]) else { return };
    let Some(cluster) = Cluster::shared(name) else { return };
    if cluster.install_crds(name).is_none() {
        return;
    }
    let namespaces: Vec<String> = (0..CASES.len()).map(|index| format!("lint-{index}")).collect();
    let worlds: Vec<String> = CASES.iter().zip(&namespaces).map(|(case, ns)| case.objects(ns)).collect();
    cluster.kubectl(&["create", "-f", "-"], &worlds.join("---\n"));

    // Everything is there before the operator is, so that the first configuration it writes is the last.
    let both: Vec<String> = namespaces.iter().flat_map(|ns| [ns.clone(), format!("{ns}-b")]).collect();
    let mut command = Command::new(operator);
    command.env("KUBECONFIG", &cluster.kubeconfig).arg(format!("--namespaces={}", both.join(",")));
    command.arg(format!("--web.listen-address={}", process::free_address()));
    let _operator = Process::start(command);

    let mut wrong = Vec::new();
    for ((case, namespace), world) in CASES.iter().zip(&namespaces).zip(&worlds) {
        let configuration = wait::until("the operator's configuration", Duration::from_secs(120), || {
            let path = "jsonpath={.data.prometheus\\.yaml\\.gz}";
            let args = ["get", "secret", "prometheus-p", "--ignore-not-found", "-n", namespace, "-o", path];
            match cluster.kubectl(&args, "") {
                text if text.is_empty() => Err(format!("none in {namespace}")),
                text => Ok(unpacked(&text)),
            }
        });
        // With all namespaces selected, the monitors of other worlds are in it too.
        let ours = [
            format!("serviceMonitor/{namespace}/m/0"),
            format!("serviceMonitor/{namespace}-b/m/0"),
            format!("podMonitor/{namespace}/m/0"),
            format!("probe/{namespace}/m"),
            format!("scrapeConfig/{namespace}/m"),
        ];
        let theirs = ours.iter().any(|job| configuration.contains(&format!("job_name: {job}\n")));
        let found = left_out(world);
        if theirs != case.taken || found.is_empty() != case.taken {
            wrong.push(format!("{world}taken by the operator: {theirs}; lint says {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What lint says against the monitor of a whole world.
fn left_out(text: &str) -> Vec<String> {
    let mut world = World::new(Options { complete: true, ..Options::default() });
    world.add("world.yaml", text.to_owned());
    let findings = world.check().into_iter().flat_map(|checked| checked.findings);
    findings
        .filter(|it| LEFT_OUT.contains(&it.rule))
        .map(|it| format!("{}: {}", it.rule, it.message))
        .collect()
}

pub(crate) fn unpacked(text: &str) -> String {
    let packed = base64::engine::general_purpose::STANDARD.decode(text).expect("a Secret holds base64");
    let mut plain = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut plain).expect("gzip of UTF-8");
    plain
}
