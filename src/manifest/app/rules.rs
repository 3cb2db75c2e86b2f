//! What Prometheus watches over: targets that are gone, and what each program is known to suffer from.

use super::super::alert::{Alert, group};
use super::super::names;
use super::super::spec::{App, Target};
use super::object;
use super::query::{Query, of_namespace};
use crate::k8s::Manifest;
use crate::yaml::write::Map;

pub(super) fn manifest(app: &App, targets: &[Target]) -> Manifest {
    object(app, "monitoring.coreos.com/v1", "PrometheusRule", &names::of(&app.name, "rules"))
        .with("spec", Map::new().with("groups", groups(app, targets)))
}

/// The groups, as a rule file has them too.
pub(super) fn groups(app: &App, targets: &[Target]) -> Vec<Map> {
    let mut groups = vec![group("targets", target_alerts(app, targets))];
    let of = |job: &String| Query::new(app, job);
    let each = |names: Vec<&String>, alerts: fn(&Query, &str) -> Vec<Alert>| {
        names.into_iter().flat_map(|name| alerts(&of(name), name)).collect::<Vec<_>>()
    };
    groups.push(group("gunicorn", each(app.gunicorn.iter().map(|it| &it.name).collect(), gunicorn)));
    groups.push(group("postgres", each(app.postgres.iter().map(|it| &it.name).collect(), postgres)));
    groups.push(group("redis", each(app.redis.iter().map(|it| &it.name).collect(), redis)));
    groups.push(group("nginx", each(app.nginx.iter().map(|it| &it.name).collect(), nginx)));
    groups.into_iter().flatten().collect()
}

fn target_alerts(app: &App, targets: &[Target]) -> Vec<Alert> {
    let absent = |target: &Target| format!("absent({})", Query::new(app, &target.name).series("up", ""));
    let absent: Vec<String> = targets.iter().map(absent).collect();
    vec![
        Alert {
            name: "TargetDown",
            expr: format!("up{{{}}} == 0", of_namespace(app)),
            wait: "5m",
            severity: "warning",
            summary: "{{ $labels.job }} cannot be scraped at {{ $labels.instance }}".to_owned(),
            description: "The target is found and does not answer: look at its pod, and at `/targets` of Prometheus.",
        },
        Alert {
            name: "TargetMissing",
            expr: absent.join("\nor\n"),
            wait: "10m",
            severity: "warning",
            summary: "{{ $labels.job }} has no target at all".to_owned(),
            description: "No pod is found that the monitor chooses: look at labels and port names of the Service or pods.",
        },
    ]
}

fn gunicorn(query: &Query, job: &str) -> Vec<Alert> {
    vec![
        Alert {
            name: "GunicornErrors",
            expr: format!("{} > 0.05", query.gunicorn_errors()),
            wait: "10m",
            severity: "warning",
            summary: format!("{job}: {{{{ $value | humanizePercentage }}}} of the requests fail"),
            description: "More than 5 % of the responses have a status of 500 or above.",
        },
        Alert {
            name: "GunicornSlow",
            expr: format!("{} > 2", query.gunicorn_quantile("0.99")),
            wait: "10m",
            severity: "warning",
            summary: format!(
                "{job}: one request in a hundred takes more than {{{{ $value | humanizeDuration }}}}"
            ),
            description: "The 99th percentile of the duration is above 2 seconds.",
        },
    ]
}

fn postgres(query: &Query, job: &str) -> Vec<Alert> {
    vec![
        Alert {
            name: "PostgresDown",
            expr: format!("{} == 0", query.series("pg_up", "")),
            wait: "5m",
            severity: "critical",
            summary: format!("{job}: PostgreSQL does not answer the exporter"),
            description: "The server is gone, or refuses the exporter's user.",
        },
        Alert {
            name: "PostgresConnections",
            expr: format!("{} > 0.8", query.postgres_connections()),
            wait: "10m",
            severity: "warning",
            summary: format!("{job}: {{{{ $value | humanizePercentage }}}} of the connections are in use"),
            description: "Above 80 % of `max_connections` new clients are soon refused.",
        },
    ]
}

fn redis(query: &Query, job: &str) -> Vec<Alert> {
    vec![
        Alert {
            name: "RedisDown",
            expr: format!("{} == 0", query.series("redis_up", "")),
            wait: "5m",
            severity: "critical",
            summary: format!("{job}: Redis does not answer the exporter"),
            description: "The server is gone, or refuses the exporter's password.",
        },
        Alert {
            name: "RedisMemory",
            expr: format!("{} > 0.9", query.redis_memory()),
            wait: "10m",
            severity: "warning",
            summary: format!("{job}: {{{{ $value | humanizePercentage }}}} of `maxmemory` is in use"),
            description: "Above `maxmemory` keys are evicted, or writes refused.",
        },
    ]
}

fn nginx(query: &Query, job: &str) -> Vec<Alert> {
    vec![Alert {
        name: "NginxDown",
        expr: format!("{} == 0", query.series("nginx_up", "")),
        wait: "5m",
        severity: "critical",
        summary: format!("{job}: nginx does not answer the exporter"),
        description: "The server is gone, or `stub_status` is not at the URL that was given.",
    }]
}
