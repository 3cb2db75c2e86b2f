//! Which labels the discovery of a job sets: `__meta_*`, by mechanism and, for Kubernetes, by role.
//!
//! Ground: `discovery/` of Prometheus. Where a job can bring labels of any name (files, HTTP, `static_configs` that
//! write them), and where its discovery is not known, nothing is said.

use crate::k8s::Kind;
use crate::lint::model::Job;
use crate::yaml::Node;

/// What finds the targets of a job.
pub(in crate::lint::rules) struct Discovery {
    /// Names of mechanisms, without `_sd_configs`.
    mechanisms: Vec<&'static str>,
    roles: Vec<Role>,
    /// Whether labels of the nodes may be attached.
    nodes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Node,
    Service,
    Pod,
    Endpoints,
    EndpointSlice,
    Ingress,
}

/// What the labels of a mechanism begin with, after `__meta_`.
const MECHANISMS: &[(&str, &[&str])] = &[
    ("aws", &["ec2_", "ecs_", "elasticache_", "lightsail_", "msk_", "rds_"]),
    ("azure", &["azure_"]),
    ("consul", &["consul_"]),
    ("digitalocean", &["digitalocean_"]),
    ("dns", &["dns_"]),
    ("docker", &["docker_"]),
    ("dockerswarm", &["dockerswarm_"]),
    ("ec2", &["ec2_"]),
    ("eureka", &["eureka_"]),
    ("gce", &["gce_"]),
    ("hetzner", &["hetzner_"]),
    ("ionos", &["ionos_"]),
    ("kubernetes", &["kubernetes_"]),
    ("kuma", &["kuma_"]),
    ("lightsail", &["lightsail_"]),
    ("linode", &["linode_"]),
    ("marathon", &["marathon_"]),
    ("nerve", &["nerve_"]),
    ("nomad", &["nomad_"]),
    ("oci", &["oci_"]),
    ("openstack", &["openstack_"]),
    ("outscale", &["outscale_"]),
    ("ovhcloud", &["ovhcloud_"]),
    ("puppetdb", &["puppetdb_"]),
    ("scaleway", &["scaleway_"]),
    ("serverset", &["serverset_"]),
    ("stackit", &["stackit_"]),
    ("triton", &["triton_"]),
    ("uyuni", &["uyuni_"]),
    ("vultr", &["vultr_"]),
];

impl Discovery {
    /// That of a job; `None` where it cannot be told what it sets.
    pub(in crate::lint::rules) fn of(job: &Job<'_>) -> Option<Self> {
        let mut found = Self { mechanisms: Vec::new(), roles: Vec::new(), nodes: true };
        let roles: &[Role] = match job.object.as_ref().map(|object| object.kind()) {
            Some(Kind::ServiceMonitor) => &[Role::Endpoints, Role::EndpointSlice],
            Some(Kind::PodMonitor) => &[Role::Pod],
            Some(Kind::ScrapeConfig) | None => &[],
            Some(_) => return None,
        };
        if !roles.is_empty() {
            found.mechanisms.push("kubernetes");
            found.roles.extend(roles);
            return Some(found);
        }
        found.nodes = false;
        for entry in job.node.entries() {
            let Some(key) = entry.key.text() else { continue };
            let Some(name) = key.strip_suffix("_sd_configs").or_else(|| key.strip_suffix("SDConfigs")) else {
                continue;
            };
            // Files and HTTP are not in the table.
            let (mechanism, _) = MECHANISMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            found.mechanisms.push(mechanism);
            if *mechanism == "kubernetes" {
                for config in entry.value.items() {
                    found.roles.push(Role::of(config.get("role")?.text()?)?);
                    let attach = config.get("attach_metadata").or_else(|| config.get("attachMetadata"));
                    found.nodes |= attach.and_then(|it| it.get("node")?.text()) == Some("true");
                }
            }
        }
        let labels = job.get("static_configs").into_iter().flat_map(Node::items);
        let mut labels = labels.filter_map(|group| group.get("labels")).flat_map(Node::entries);
        let brought = labels.any(|label| label.key.text().is_none_or(|name| name.starts_with("__meta_")));
        (!found.mechanisms.is_empty() && !brought).then_some(found)
    }

    /// Whether it may set `label`. Yes for one that no mechanism is known by.
    pub(in crate::lint::rules) fn sets(&self, label: &str) -> bool {
        let Some(rest) = label.strip_prefix("__meta_") else { return true };
        let is_of = |(_, prefixes): &&(&str, &[&str])| prefixes.iter().any(|prefix| rest.starts_with(prefix));
        let mut known = MECHANISMS.iter().filter(is_of).peekable();
        if known.peek().is_none() {
            return true;
        }
        known.any(|(name, _)| self.mechanisms.contains(name))
            && rest
                .strip_prefix("kubernetes_")
                .is_none_or(|rest| self.roles.iter().any(|role| role.sets(rest, self.nodes)))
    }

    /// What it is called in a sentence.
    pub(super) fn name(&self) -> String {
        let roles: Vec<_> = self.roles.iter().map(|role| format!("`{}`", role.name())).collect();
        match roles.as_slice() {
            [] => format!("`{}`", self.mechanisms.join("`, `")),
            _ if self.mechanisms.len() > 1 => format!("`{}`", self.mechanisms.join("`, `")),
            _ => format!("Kubernetes, role {}", roles.join(" or ")),
        }
    }
}

impl Role {
    pub(super) const ALL: [Self; 6] =
        [Self::Node, Self::Service, Self::Pod, Self::Endpoints, Self::EndpointSlice, Self::Ingress];

    fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name().eq_ignore_ascii_case(text))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Service => "service",
            Self::Pod => "pod",
            Self::Endpoints => "endpoints",
            Self::EndpointSlice => "endpointslice",
            Self::Ingress => "ingress",
        }
    }

    /// Whether the role may set the label that goes on so after `__meta_kubernetes_`; `nodes`: with those of the node
    /// attached.
    pub(super) fn sets(self, rest: &str, nodes: bool) -> bool {
        const OF_SERVICE: [&str; 4] = ["name", "label", "annotation", "namespace"];
        let is = |name: &str| rest.strip_prefix(name).and_then(|rest| rest.strip_prefix('_'));
        let with_pods = matches!(self, Self::Pod | Self::Endpoints | Self::EndpointSlice);
        if rest == "namespace" || is("namespace").is_some() {
            self != Self::Node
        } else if is("node").is_some() {
            self == Self::Node || with_pods && nodes
        } else if is("pod").is_some() {
            with_pods
        } else if let Some(rest) = is("service") {
            let behind = matches!(self, Self::Endpoints | Self::EndpointSlice);
            self == Self::Service || behind && OF_SERVICE.iter().any(|part| rest.starts_with(part))
        } else if is("endpoints").is_some() || is("endpoint").is_some() {
            self == Self::Endpoints
        } else if is("endpointslice").is_some() {
            self == Self::EndpointSlice
        } else if is("ingress").is_some() {
            self == Self::Ingress
        } else {
            true
        }
    }
}
