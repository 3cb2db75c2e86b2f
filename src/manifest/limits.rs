//! How much an object may be: of the API server, of client-side `kubectl apply`, and of the operator.

use super::RULE;
use crate::base::size::ByteSize;
use crate::base::span::Span;
use crate::diagnostic::Finding;

/// More than this does not fit into a ConfigMap.
const CONFIG_MAX: usize = 1 << 20;
/// More rules than this in one PrometheusRule are refused by the operator, which keeps them in ConfigMaps by halves.
const RULES_MAX: usize = CONFIG_MAX / 2;
/// More than this does not fit into the annotation that client-side `kubectl apply` keeps.
const ANNOTATION_MAX: usize = 256 << 10;

/// What takes so much.
#[derive(Clone, Copy)]
pub(super) enum Holder {
    ConfigMap,
    PrometheusRule,
}

/// What is to be said of `size` bytes of `what`, and how more than may be is mended.
pub(super) fn check(holder: Holder, what: &str, size: usize, at: Span, mend: &str) -> Option<Finding> {
    let (max, who) = match holder {
        Holder::ConfigMap => (CONFIG_MAX, "a ConfigMap may have"),
        Holder::PrometheusRule => (RULES_MAX, "the operator takes no more than"),
    };
    let message = format!("{what} has {}", ByteSize(size as u64));
    if size > max {
        let message = format!("{message}, and {who} {}", ByteSize(max as u64));
        Some(Finding::error(RULE, at, message).help(mend))
    } else if size > ANNOTATION_MAX {
        let finding = Finding::warning(RULE, at, message);
        let why = "client-side `kubectl apply` fails from 256 KiB on";
        Some(finding.why(why).help("apply it with `kubectl apply --server-side`"))
    } else {
        None
    }
}
