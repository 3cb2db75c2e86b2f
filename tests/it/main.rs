//! Everything that needs the built program, real peers, or the source tree itself: one binary for all.
#![allow(clippy::print_stderr, reason = "a test speaks to whoever runs it")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "real peers live by the clock, and are found by the environment"
)]

mod abuse;
mod charts;
mod cli;
mod cluster;
mod dashboard;
mod demo;
mod gen_exporter;
mod k8s_objects;
mod k8s_schema;
mod kill;
mod layers;
#[cfg(feature = "kube")]
mod lint_cluster;
mod lint_corpus;
mod lint_fixes;
mod lint_objects;
mod lint_operator;
mod lint_promtool;
mod lint_relabel;
mod lint_rules_promtool;
mod lint_statsd;
mod lint_worlds;
mod manifest;
mod manifest_cluster;
mod mistakes;
mod pipelines;
mod post_render;
mod prometheus;
mod promql;
mod promql_parser;
mod promql_series;
mod promtool;
mod receive;
mod receiver_manifest;
mod relabel;
mod relabel_series;
mod remote;
mod schema;
mod sender;
mod support;
mod telegraf;
mod vmagent;
mod why;
mod wire_table;
mod yaml;
mod yaml_scalars;
mod yaml_templates;
