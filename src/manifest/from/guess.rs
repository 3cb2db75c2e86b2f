//! What a workload is, by its images, commands, ports and annotations.

use std::collections::BTreeMap;

use super::Entry;
use super::world::{Service, Workload, World};
use crate::base::text::clip;
use crate::k8s::{Kind, Pairs, PrometheusIo, Scheme, name};
use crate::yaml::Node;
use crate::yaml::write::Map;

/// Labels that say which application an object belongs to, the best first.
const APP_LABELS: [&str; 3] =
    ["app.kubernetes.io/part-of", "app.kubernetes.io/instance", "app.kubernetes.io/name"];
/// Names that ports of metrics have.
const METRICS_PORTS: [&str; 4] = ["metrics", "http-metrics", "prometheus", "prom"];

/// The application's name, and why.
pub(super) fn name(world: &World<'_>) -> (String, String) {
    for label in APP_LABELS {
        let mut values: Vec<&str> =
            world.objects.iter().filter_map(|object| object.labels().get(label)?.value()).collect();
        values.sort_unstable();
        values.dedup();
        if let [value] = values[..]
            && name::dns_label(value).is_ok()
        {
            return (value.to_owned(), format!("the label `{label}` that the objects have"));
        }
    }
    let names = world.workloads.iter().map(|it| it.name).find(|it| name::dns_label(it).is_ok());
    match names {
        Some(first) => (first.to_owned(), "a guess: the first workload is called so".to_owned()),
        None => ("app".to_owned(), "a guess: no label and no name says it".to_owned()),
    }
}

/// The namespace, and why.
pub(super) fn namespace(world: &World<'_>, app: &str) -> (String, String) {
    let mut values: Vec<&str> = world.objects.iter().filter_map(|it| Some(it.namespace()?.value)).collect();
    values.sort_unstable();
    values.dedup();
    match values[..] {
        [one] => (one.to_owned(), "the namespace that the manifests say".to_owned()),
        [] => (app.to_owned(), "a guess: no manifest says a namespace; the application's name".to_owned()),
        [first, ..] => (first.to_owned(), "a guess: the first of several namespaces".to_owned()),
    }
}

/// All that can be monitored, and in words what cannot.
pub(super) fn entries(world: &World<'_>) -> (Vec<Entry>, Vec<String>) {
    let (mut entries, mut left_out) = (Vec::new(), Vec::new());
    for workload in &world.workloads {
        for container in workload.containers() {
            entries.extend(program(world, workload, container));
        }
        match target(world, workload) {
            Ok(found) => entries.extend(found),
            Err(why) => left_out.push(why),
        }
    }
    (entries, left_out)
}

fn program(world: &World<'_>, workload: &Workload<'_>, container: Node<'_>) -> Option<Entry> {
    let image = container.get("image").and_then(Node::text).unwrap_or_default();
    // `registry:5000/library/postgres:16@sha256:…` is `postgres`.
    let base = image.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let base = base.split(':').next().unwrap_or_default();
    let why = |what: &str| {
        format!("{} {}: the image `{}` is {what}", workload.kind_name, workload.name, clip(image, 80))
    };
    match base {
        "postgres" | "postgresql" | "postgis" => {
            Some(postgres(world, workload, container, why("PostgreSQL")))
        }
        "redis" | "valkey" => Some(redis(world, workload, container, why("Redis"))),
        "nginx" | "nginx-unprivileged" => Some(nginx(world, workload, why("nginx"))),
        _ => gunicorn(workload, container),
    }
}

fn entry(list: &'static str, workload: &Workload<'_>, why: String) -> Entry {
    Entry { list, body: Map::new().with("name", workload.name.replace('.', "-")), why }
}

/// `host:port` of the Service in front; a guess where there is none.
fn address(world: &World<'_>, workload: &Workload<'_>, port: u16, why: &mut String) -> String {
    match world.services_of(workload).next() {
        Some(Service { name, ports, .. }) => {
            let found = ports.iter().find(|it| it.resolve(&workload.ports) == Some(port)).or(ports.first());
            format!("{name}:{}", found.map_or(port, |it| it.port.value))
        }
        None => {
            why.push_str("\naddress: a guess, no Service leads to it");
            format!("{}:{port}", workload.name)
        }
    }
}

/// The Secret and key that a variable is taken from.
fn secret<'d>(container: Node<'d>, variables: &[&str]) -> Option<(&'d str, &'d str)> {
    let variables = |variable: &Node<'_>| {
        variable.get("name").and_then(Node::as_str).is_some_and(|it| variables.contains(&it))
    };
    let variable = container.get("env")?.items().find(variables)?;
    let reference = variable.get("valueFrom")?.get("secretKeyRef")?;
    Some((reference.get("name")?.as_str()?, reference.get("key")?.as_str()?))
}

fn postgres(world: &World<'_>, workload: &Workload<'_>, container: Node<'_>, mut why: String) -> Entry {
    let address = address(world, workload, 5432, &mut why);
    let password = secret(container, &["POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD"]);
    let user = secret(container, &["POSTGRES_USER", "POSTGRESQL_USERNAME"]);
    let (name, key) = password.unwrap_or_else(|| {
        why.push_str("\nsecret: a guess, no variable of the container names one");
        (workload.name, "password")
    });
    let user_key = user.filter(|(of, _)| *of == name).map_or("username", |(_, key)| key);
    if user.is_none_or(|(of, _)| of != name) {
        why.push_str("\nuser-key: a guess");
    }
    why.push_str("\nssl-mode: a guess, servers within a cluster seldom have TLS");
    let mut entry = entry("postgres", workload, why);
    entry.body = entry
        .body
        .with("address", address)
        .with("ssl-mode", "disable")
        .with("secret", name)
        .with("user-key", user_key)
        .with("password-key", key);
    entry
}

fn redis(world: &World<'_>, workload: &Workload<'_>, container: Node<'_>, mut why: String) -> Entry {
    let address = address(world, workload, 6379, &mut why);
    let password = secret(container, &["REDIS_PASSWORD"]);
    let mut entry = entry("redis", workload, why);
    entry.body = entry
        .body
        .with("address", address)
        .with_opt("secret", password.map(|(name, _)| name))
        .with_opt("password-key", password.map(|(_, key)| key));
    entry
}

fn nginx(world: &World<'_>, workload: &Workload<'_>, mut why: String) -> Entry {
    let port = workload.ports.first().map_or(80, |port| port.number.value);
    let url = format!("http://{}/stub_status", address(world, workload, port, &mut why));
    why.push_str("\nurl: a guess, its configuration must have `stub_status` there");
    let mut entry = entry("nginx", workload, why);
    entry.body = entry.body.with("url", url);
    entry
}

fn gunicorn(workload: &Workload<'_>, container: Node<'_>) -> Option<Entry> {
    let words = ["command", "args"].into_iter().filter_map(|key| container.get(key)).flat_map(Node::items);
    let mut words = words.filter_map(Node::text);
    let is_gunicorn = |word: &str| word.split(['/', ' ']).any(|part| part == "gunicorn");
    if workload.kind != Kind::Deployment || !words.any(is_gunicorn) {
        return None;
    }
    let why = format!("Deployment {}: the command of the container runs gunicorn", workload.name);
    let variables = container.get("env").into_iter().flat_map(Node::items);
    let mut args = variables.filter(|it| it.get("name").and_then(Node::as_str) == Some("GUNICORN_CMD_ARGS"));
    let args = args.next().and_then(|it| it.get("value")?.as_str()).filter(|it| !it.is_empty());
    let mut entry = entry("gunicorn", workload, why);
    entry.body = entry
        .body
        .with("deployment", workload.name)
        .with_opt("container", container.get("name").and_then(Node::as_str))
        .with("selector", map(workload.selector()))
        .with_opt("cmd-args", args);
    Some(entry)
}

/// The port of metrics that annotations or its name say; in words why there is none that can be used.
fn target(world: &World<'_>, workload: &Workload<'_>) -> Result<Option<Entry>, String> {
    let services: Vec<&Service<'_>> = world.services_of(workload).collect();
    let places = std::iter::once(workload.template.annotations())
        .chain(services.iter().map(|it| it.object.annotations()));
    let asked = places.map(|place: Pairs<'_>| PrometheusIo::read(place).0);
    let asked = asked.into_iter().find(|it| it.scrape.is_some_and(|scrape| scrape.value));
    let of = format!("{} {}", workload.kind_name, workload.name);
    let (number, why) = match &asked {
        Some(PrometheusIo { port: Some(port), .. }) => {
            (port.value, format!("{of}: `prometheus.io/port` is {}", port.value))
        }
        Some(_) => match workload.ports.first() {
            Some(port) => {
                (port.number.value, format!("{of}: `prometheus.io/scrape`, and its first port: a guess"))
            }
            None => return Err(format!("{of} has `prometheus.io/scrape`, and no port")),
        },
        None => match workload
            .ports
            .iter()
            .find(|port| port.name.is_some_and(|it| METRICS_PORTS.contains(&it.value)))
        {
            Some(port) => (
                port.number.value,
                format!("{of}: a port is called `{}`", port.name.map_or("", |it| it.value)),
            ),
            None => return Ok(None),
        },
    };
    let by_service = services.iter().find_map(|service| {
        let port = service.ports.iter().find(|port| port.resolve(&workload.ports) == Some(number))?;
        (!service.labels().is_empty()).then_some((service, port.name?.value))
    });
    let by_pod = || workload.ports.iter().find(|port| port.number.value == number)?.name;
    let (kind, selector, port, found) = match by_service {
        Some((service, port)) => {
            ("service", service.labels(), port, format!("Service {} leads to it", service.name))
        }
        None => match by_pod() {
            Some(port) => (
                "pod",
                workload.selector(),
                port.value,
                "no Service with labels and a named port leads to it".to_owned(),
            ),
            None => {
                return Err(format!(
                    "{of}: port {number} has no name, by which a monitor could find it; give it one"
                ));
            }
        },
    };
    let path =
        asked.as_ref().and_then(|it| it.path).map(|path| path.value).filter(|path| *path != "/metrics");
    let https =
        asked.as_ref().is_some_and(|it| it.scheme.is_some_and(|scheme| scheme.value == Scheme::Https));
    let mut entry = entry("targets", workload, format!("{why}; {found}"));
    entry.body = entry
        .body
        .with_opt("kind", (kind == "pod").then_some(kind))
        .with("selector", map(selector))
        .with("port", port)
        .with_opt("path", path)
        .with_opt("scheme", https.then_some("https"));
    Ok(Some(entry))
}

fn map(labels: BTreeMap<&str, &str>) -> Map {
    labels.into_iter().collect()
}
