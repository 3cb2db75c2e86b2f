//! Alerts, as rule files and PrometheusRules have them.

use crate::yaml::write::Map;

/// An alert: its name, what makes it fire, for how long, how bad it is, and what is the matter.
pub(super) struct Alert {
    pub(super) name: &'static str,
    pub(super) expr: String,
    pub(super) wait: &'static str,
    pub(super) severity: &'static str,
    pub(super) summary: String,
    pub(super) description: &'static str,
}

/// Alerts under a name; nothing where there are none.
pub(super) fn group(name: &str, alerts: Vec<Alert>) -> Option<Map> {
    let rules: Vec<Map> = alerts.into_iter().map(rule).collect();
    (!rules.is_empty()).then(|| Map::new().with("name", name).with("rules", rules))
}

fn rule(alert: Alert) -> Map {
    Map::new()
        .with("alert", alert.name)
        .with("expr", alert.expr)
        .with("for", alert.wait)
        .with("labels", Map::new().with("severity", alert.severity))
        .with("annotations", Map::new().with("summary", alert.summary).with("description", alert.description))
}
