//! What works, and costs more than it must.

pub(super) mod high_churn_label;
pub(super) mod labelmap_all;
pub(super) mod no_limits;
pub(super) mod query_cost;
pub(super) mod remote_write_unfiltered;
pub(super) mod short_interval;
