//! Which hosts a collector may be sent to by people who are not its owners.
//!
//! Never its own pod, the node's link-local services (cloud metadata among them), or the API server. By name and
//! literal address only: a name that resolves to such an address passes, and so does a redirect, which Telegraf follows.
//! What stops those is a NetworkPolicy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which hosts an endpoint may have, beside those that none may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    Anywhere,
    /// Only Services and Pods of this namespace, by their names in the cluster's DNS, or any literal address.
    Namespace(String),
}

/// Why no endpoint may have a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// The collector itself.
    Local,
    /// The node's link-local services, cloud metadata, a multicast group.
    LinkLocal,
    /// Kubernetes' API.
    ApiServer,
    /// Neither a name nor an address in the usual form: `2130706433`, `0x7f.1`, `127.1`.
    OddAddress,
    /// A name of another namespace than this one.
    Outside(String),
}

/// Whether `host` (a name, an IPv4 address, or an IPv6 address without its brackets) may be a target.
pub(super) fn judge(host: &str, reach: &Reach) -> Result<(), Refused> {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if let Ok(address) = name.parse::<IpAddr>() {
        return judge_address(address);
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.starts_with("0x") || last.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refused::OddAddress);
    }
    if last == "localhost" || name == "localhost.localdomain" || name.starts_with("ip6-") {
        return Err(Refused::Local);
    }
    if matches!(name.as_str(), "metadata" | "metadata.google.internal" | "metadata.goog" | "instance-data")
        || name.starts_with("instance-data.")
    {
        return Err(Refused::LinkLocal);
    }
    let labels: Vec<&str> = name.split('.').collect();
    if labels == ["kubernetes"] || labels.starts_with(&["kubernetes", "default"]) {
        return Err(Refused::ApiServer);
    }
    match reach {
        Reach::Anywhere => Ok(()),
        Reach::Namespace(namespace) if in_namespace(&labels, namespace) => Ok(()),
        Reach::Namespace(namespace) => Err(Refused::Outside(namespace.clone())),
    }
}

/// `svc`, `svc.NS`, `svc.NS.svc…`, `pod.svc.NS.svc…`, `1-2-3-4.NS.pod…`.
fn in_namespace(labels: &[&str], namespace: &str) -> bool {
    match labels {
        [_] => true,
        [_, ns] => *ns == namespace,
        [_, ns, "svc" | "pod"] | [_, ns, "svc" | "pod", "cluster", "local"] => *ns == namespace,
        [_, _, ns, "svc"] | [_, _, ns, "svc", "cluster", "local"] => *ns == namespace,
        _ => false,
    }
}

fn judge_address(address: IpAddr) -> Result<(), Refused> {
    match address {
        IpAddr::V4(address) => judge_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => judge_v4(inner),
            None if address.is_loopback() || address.is_unspecified() => Err(Refused::Local),
            None if address.is_unicast_link_local() || address.is_multicast() => Err(Refused::LinkLocal),
            // Amazon's metadata by IPv6.
            None if address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254) => Err(Refused::LinkLocal),
            None => Ok(()),
        },
    }
}

fn judge_v4(address: Ipv4Addr) -> Result<(), Refused> {
    // Metadata that is not link-local: Alibaba's, and Azure's platform address.
    const METADATA: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
    if address.octets()[0] == 0 || address.is_loopback() {
        return Err(Refused::Local);
    }
    match address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || METADATA.contains(&address)
    {
        true => Err(Refused::LinkLocal),
        false => Ok(()),
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64, 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0) if (g, h) > (0, 1) => Some(of(g, h)),
        (0, 0, 0, 0, 0, 0xffff) | (0, 0, 0, 0, 0xffff, 0) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(of(g, h)),
        (0x2002, high, low, ..) => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hosts: &[&str], expect: Result<(), Refused>) {
        for host in hosts {
            assert_eq!(judge(host, &Reach::Anywhere), expect, "{host}");
        }
    }

    #[test]
    fn the_collector_itself_is_refused_in_every_form() {
        let forms =
            ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.8.9.1", "0.0.0.0", "::1", "::"];
        check(&forms, Err(Refused::Local));
        let embedded =
            ["::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"];
        check(&embedded, Err(Refused::Local));
        check(
            &["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "0x7f000001", "127.0.0.1.1"],
            Err(Refused::OddAddress),
        );
    }

    #[test]
    fn metadata_and_link_local_are_refused() {
        let forms = [
            "169.254.169.254",
            "169.254.169.254.",
            "::ffff:169.254.169.254",
            "::ffff:a9fe:a9fe",
            "fe80::1",
            "fd00:ec2::254",
            "224.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "metadata.google.internal",
            "Metadata.Google.Internal.",
        ];
        check(&forms, Err(Refused::LinkLocal));
    }

    #[test]
    fn the_api_server_is_refused() {
        let forms = [
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local.",
        ];
        check(&forms, Err(Refused::ApiServer));
    }

    #[test]
    fn other_hosts_pass() {
        check(
            &["a", "a.ns", "a.ns.svc", "10.0.0.1", "fd12::5", "a.example.org", "kubernetes.shop.svc"],
            Ok(()),
        );
        check(&["metadata.ns.svc", "localhost.ns.svc"], Ok(()));
    }

    #[test]
    fn a_reach_of_one_namespace_takes_its_services_and_pods() {
        let reach = Reach::Namespace("shop".to_owned());
        for host in [
            "cart",
            "cart.shop",
            "cart.shop.svc",
            "c-0.cart.shop.svc.cluster.local",
            "10-0-0-1.shop.pod",
            "10.0.0.1",
        ] {
            assert_eq!(judge(host, &reach), Ok(()), "{host}");
        }
        for host in [
            "cart.bank",
            "cart.bank.svc",
            "shop.bank.svc.cluster.local",
            "shop.example.org",
            "a.b.c.shop.svc",
        ] {
            assert_eq!(judge(host, &reach), Err(Refused::Outside("shop".to_owned())), "{host}");
        }
        assert_eq!(judge("127.0.0.1", &reach), Err(Refused::Local));
    }
}
