//! Gunicorn, which says its metrics by StatsD: a statsd_exporter beside it, and nothing in the application changes.

use super::super::names;
use super::super::pod;
use super::super::spec::{App, Gunicorn, Role, Target};
use super::{Patch, object};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

/// The port of the exporter's metrics.
const PORT: &str = "statsd-metrics";
/// Where Gunicorn sends to.
const STATSD: &str = "127.0.0.1:9125";
const VOLUME: &str = "statsd-mapping";
const FOLDER: &str = "/etc/statsd-exporter";
const FILE: &str = "mapping.yaml";

/// The pods of Gunicorn: its Service knows nothing of the exporter's port.
pub(super) fn target(gunicorn: &Gunicorn) -> Target {
    Target {
        name: gunicorn.name.clone(),
        role: Role::Pod,
        selector: gunicorn.selector.clone(),
        port: PORT.to_owned(),
        path: "/metrics".to_owned(),
        scheme: "http".to_owned(),
        interval: None,
        timeout: None,
        sample_limit: None,
    }
}

/// What the exporter makes of Gunicorn's metrics.
pub(super) fn mapping(app: &App, gunicorn: &Gunicorn) -> Manifest {
    object(app, "v1", "ConfigMap", &mapping_name(app, gunicorn))
        .with("data", Map::new().with(FILE, include_str!("gunicorn-mapping.yaml")))
}

fn mapping_name(app: &App, gunicorn: &Gunicorn) -> String {
    names::of(&app.name, &format!("{}-statsd", gunicorn.name))
}

/// What the Deployment gets: the exporter, its mapping, and the setting by which Gunicorn sends to it.
pub(super) fn patch(app: &App, gunicorn: &Gunicorn) -> Patch {
    let port = Map::new().with("name", PORT).with("containerPort", 9102);
    let exporter = Map::new()
        .with("name", "statsd-exporter")
        .with("image", &*gunicorn.image)
        .with(
            "args",
            vec![
                format!("--statsd.mapping-config={FOLDER}/{FILE}"),
                format!("--statsd.listen-udp={STATSD}"),
                "--statsd.listen-tcp=".to_owned(),
                "--web.listen-address=:9102".to_owned(),
            ],
        )
        .with("ports", [port])
        .with("readinessProbe", pod::probe("/metrics", PORT))
        .with("livenessProbe", pod::probe("/metrics", PORT))
        .with_opt("resources", pod::resources(&gunicorn.resources))
        .with("securityContext", pod::without_rights().with("runAsNonRoot", true).with("runAsUser", 65_534))
        .with("volumeMounts", [pod::mount(VOLUME, FOLDER)]);
    Patch {
        deployment: gunicorn.deployment.clone(),
        container: gunicorn.container.clone(),
        cmd_args: gunicorn.cmd_args.clone(),
        exporter,
        volume: pod::config_volume(VOLUME, &mapping_name(app, gunicorn)),
    }
}

impl Patch {
    /// The variable by which Gunicorn gets arguments.
    pub(in crate::manifest) const VARIABLE: &str = "GUNICORN_CMD_ARGS";
    /// The argument that sends metrics somewhere.
    pub(in crate::manifest) const FLAG: &str = "--statsd-host";

    /// What stands behind the arguments that there are already.
    pub(in crate::manifest) fn argument() -> String {
        format!("{}={STATSD}", Self::FLAG)
    }

    /// The variable with what the description says that it has already.
    pub(in crate::manifest) fn variable(&self) -> Map {
        let value = match &self.cmd_args {
            Some(args) => format!("{args} {}", Self::argument()),
            None => Self::argument(),
        };
        pod::env(Self::VARIABLE, value)
    }

    /// As a strategic merge patch of the Deployment.
    #[must_use]
    pub fn body(&self) -> Map {
        let container = Map::new().with("name", &*self.container).with("env", [self.variable()]);
        let spec = Map::new()
            .with("containers", [container, self.exporter.clone()])
            .with("volumes", [self.volume.clone()]);
        let template = Map::new().with("spec", spec);
        Map::new()
            .with("apiVersion", "apps/v1")
            .with("kind", "Deployment")
            .with("metadata", Map::new().with("name", &*self.deployment))
            .with("spec", Map::new().with("template", template))
    }
}
