//! Ports: of containers, of Services, how a Service finds the container's, and what a monitor picks of them.
//!
//! A port that Kubernetes would refuse (no number, one outside of 1 to 65535) is left out: a schema says it better.

use super::pairs::{Placed, present};
use crate::yaml::{Node, Value};

/// What a port speaks.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
    Sctp,
}

/// A port that a container declares.
#[derive(Clone, Copy, Debug)]
pub struct ContainerPort<'d> {
    /// The container's name; empty when it has none.
    pub container: &'d str,
    pub name: Option<Placed<&'d str>>,
    pub number: Placed<u16>,
    pub protocol: Protocol,
    pub node: Node<'d>,
}

/// A port of a Service.
#[derive(Clone, Copy, Debug)]
pub struct ServicePort<'d> {
    pub name: Option<Placed<&'d str>>,
    pub port: Placed<u16>,
    /// `targetPort`, or `port` where there is none.
    pub target: Placed<Target<'d>>,
    pub protocol: Protocol,
    pub node: Node<'d>,
}

/// A port by number or by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target<'d> {
    Number(u16),
    Name(&'d str),
}

/// Which ports an endpoint of a monitor scrapes. It is a choice among those that there are: a port that nobody
/// declares is never scraped, whatever its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PortFilter<'d> {
    /// Ports of the Service with this name (`port` of a ServiceMonitor).
    Service(&'d str),
    /// Ports of the pods' containers (`targetPort` of a ServiceMonitor; `port`, `portNumber` of a PodMonitor).
    Container(Target<'d>),
}

impl<'d> ContainerPort<'d> {
    /// The ports of one container.
    pub fn of_container(container: Node<'d>) -> impl Iterator<Item = Self> + use<'d> {
        let name = Placed::of(container, "name").map_or("", |name| name.value);
        let ports = container.get("ports").into_iter().flat_map(Node::items);
        ports.filter_map(move |node| {
            Some(Self {
                container: name,
                name: port_name(node),
                number: port_number(node.get("containerPort")?)?,
                protocol: protocol(node)?,
                node,
            })
        })
    }
}

impl<'d> ServicePort<'d> {
    /// The ports of a Service's `spec`.
    pub fn of_spec(spec: Node<'d>) -> impl Iterator<Item = Self> + use<'d> {
        let ports = spec.get("ports").into_iter().flat_map(Node::items);
        ports.filter_map(|node| {
            let port = port_number(node.get("port")?)?;
            let target = match present(node, "targetPort") {
                // Kubernetes takes 0 and an empty name for none.
                Some(target) if !matches!(target.value(), Some(Value::Int(0) | Value::Str(""))) => {
                    Placed::new(Target::read(target)?, target.span())
                }
                _ => Placed::new(Target::Number(port.value), port.span),
            };
            Some(Self { name: port_name(node), port, target, protocol: protocol(node)?, node })
        })
    }

    /// The number that traffic to this port reaches on a pod with these ports (see [`super::PodTemplate::ports`]).
    ///
    /// A number is taken as it is, declared or not; a name must be declared, with the same protocol, and the first
    /// container that has it counts. `None` sends the traffic nowhere.
    #[must_use]
    pub fn resolve(&self, ports: &[ContainerPort<'_>]) -> Option<u16> {
        let name = match self.target.value {
            Target::Number(number) => return Some(number),
            Target::Name(name) => name,
        };
        let same = |port: &&ContainerPort<'_>| {
            port.protocol == self.protocol && port.name.is_some_and(|found| found.value == name)
        };
        ports.iter().find(same).map(|port| port.number.value)
    }
}

impl<'d> Target<'d> {
    /// A number, or a name; a number in quotes is a name.
    fn read(node: Node<'d>) -> Option<Self> {
        match node.as_str() {
            Some(name) => Some(Self::Name(name)),
            None => port_number(node).map(|number| Self::Number(number.value)),
        }
    }

    /// Whether a declared port is meant.
    #[must_use]
    pub fn is(&self, port: &ContainerPort<'_>) -> bool {
        match self {
            Self::Number(number) => port.number.value == *number,
            Self::Name(name) => port.name.is_some_and(|found| found.value == *name),
        }
    }
}

impl<'d> PortFilter<'d> {
    /// Of one of the `endpoints` of a ServiceMonitor: `port`, else `targetPort`. `None` picks every port.
    #[must_use]
    pub fn of_service_monitor(endpoint: Node<'d>) -> Option<Placed<Self>> {
        let by_name = filled(endpoint, "port").map(|port| Placed::new(Self::Service(port.value), port.span));
        by_name.or_else(|| container(endpoint, "targetPort"))
    }

    /// Of one of the `podMetricsEndpoints` of a PodMonitor: `port`, else `portNumber`, else `targetPort`, which is
    /// deprecated. `None` picks every port.
    #[must_use]
    pub fn of_pod_monitor(endpoint: Node<'d>) -> Option<Placed<Self>> {
        let by_name = filled(endpoint, "port")
            .map(|port| Placed::new(Self::Container(Target::Name(port.value)), port.span));
        by_name.or_else(|| container(endpoint, "portNumber")).or_else(|| container(endpoint, "targetPort"))
    }
}

fn container<'d>(endpoint: Node<'d>, key: &str) -> Option<Placed<PortFilter<'d>>> {
    let node = present(endpoint, key)?;
    let target = Target::read(node).filter(|target| *target != Target::Name(""))?;
    Some(Placed::new(PortFilter::Container(target), node.span()))
}

fn filled<'d>(node: Node<'d>, key: &str) -> Option<Placed<&'d str>> {
    Placed::of(node, key).filter(|text| !text.value.is_empty())
}

fn port_name(node: Node<'_>) -> Option<Placed<&str>> {
    filled(node, "name")
}

fn port_number(node: Node<'_>) -> Option<Placed<u16>> {
    let Value::Int(number) = node.value()? else { return None };
    let number = u16::try_from(number).ok().filter(|number| *number > 0)?;
    Some(Placed::new(number, node.span()))
}

/// TCP where nothing is said; `None` for a word that is no protocol.
fn protocol(node: Node<'_>) -> Option<Protocol> {
    match present(node, "protocol") {
        None => Some(Protocol::default()),
        Some(protocol) => match protocol.as_str()? {
            "TCP" => Some(Protocol::Tcp),
            "UDP" => Some(Protocol::Udp),
            "SCTP" => Some(Protocol::Sctp),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Budget, File};

    const CONTAINER: &str = "{name: app, ports: [{name: web, containerPort: 8080}, {containerPort: 9090}, {name: dns, \
        containerPort: 53, protocol: UDP}]}";

    /// Service ports and where each leads in the container above.
    #[track_caller]
    fn check(ports: &str, expect: &[(Option<&str>, u16, Option<u16>)]) {
        let text = format!("{{container: {CONTAINER}, spec: {{ports: {ports}}}}}");
        let file = File::parse(text, &Budget::default());
        let root = file.documents()[0].root().expect("a root");
        let node = |key| root.get(key).expect("it is there");
        let declared: Vec<_> = ContainerPort::of_container(node("container")).collect();
        assert_eq!(declared.len(), 3);
        let found: Vec<_> = ServicePort::of_spec(node("spec"))
            .map(|port| (port.name.map(|name| name.value), port.port.value, port.resolve(&declared)))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn a_service_port_leads_to_a_number_or_a_declared_name() {
        check("[{port: 80}]", &[(None, 80, Some(80))]);
        check("[{port: 80, targetPort: }]", &[(None, 80, Some(80))]);
        check("[{port: 80, targetPort: 0}]", &[(None, 80, Some(80))]);
        check("[{name: http, port: 80, targetPort: 1234}]", &[(Some("http"), 80, Some(1234))]);
        check("[{port: 80, targetPort: web}]", &[(None, 80, Some(8080))]);
        check("[{port: 80, targetPort: metrics}]", &[(None, 80, None)]);
        check("[{port: 80, targetPort: '8080'}]", &[(None, 80, None)]);
    }

    #[test]
    fn a_name_counts_with_its_protocol() {
        check("[{port: 53, targetPort: dns}]", &[(None, 53, None)]);
        check("[{port: 53, targetPort: dns, protocol: UDP}]", &[(None, 53, Some(53))]);
    }

    #[test]
    fn what_kubernetes_refuses_is_no_port() {
        check("[{port: 0}, {port: 65536}, {port: '80'}, {name: a}, {port: 80, protocol: tcp}, 80]", &[]);
        check("{port: 80}", &[]);
    }

    #[track_caller]
    fn check_filter(endpoint: &str, service: Option<PortFilter<'_>>, pod: Option<PortFilter<'_>>) {
        let file = File::parse(endpoint, &Budget::default());
        let node = file.documents()[0].root().expect("a root");
        assert_eq!(PortFilter::of_service_monitor(node).map(|found| found.value), service);
        assert_eq!(PortFilter::of_pod_monitor(node).map(|found| found.value), pod);
    }

    #[test]
    fn monitors_pick_ports_by_the_first_field_that_says_one() {
        let (web, number) = (Target::Name("web"), Target::Number(80));
        let container = |target| Some(PortFilter::Container(target));
        check_filter("{port: web, targetPort: x}", Some(PortFilter::Service("web")), container(web));
        check_filter("{targetPort: web}", container(web), container(web));
        check_filter("{port: '', targetPort: 80}", container(number), container(number));
        check_filter("{portNumber: 80, targetPort: web}", container(web), container(number));
        check_filter("{}", None, None);
        check_filter("{port: , targetPort: 0}", None, None);
    }

    #[test]
    fn a_target_is_a_declared_port() {
        let file = File::parse(CONTAINER, &Budget::default());
        let ports: Vec<_> =
            ContainerPort::of_container(file.documents()[0].root().expect("a root")).collect();
        let count = |target: Target<'_>| ports.iter().filter(|port| target.is(port)).count();
        assert_eq!(
            [count(Target::Name("web")), count(Target::Number(9090)), count(Target::Number(1))],
            [1, 1, 0]
        );
        assert_eq!(ports[0].container, "app");
    }
}
