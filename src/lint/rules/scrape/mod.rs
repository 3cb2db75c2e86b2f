//! Scrape jobs.

pub(super) mod duration;
pub(super) mod timeout_gt_interval;
