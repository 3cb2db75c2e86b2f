//! Alerting and recording rules.

pub(super) mod missing_for;
pub(super) mod promql_syntax;
