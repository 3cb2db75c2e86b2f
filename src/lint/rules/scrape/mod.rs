//! Scrape jobs, service discovery, remote write, and what else stands in Prometheus's own configuration.

pub(super) mod agent_mode;
pub(super) mod authorization_type;
pub(super) mod duration;
pub(super) mod empty_section;
pub(super) mod exclusive_auth;
pub(super) mod exclusive_fields;
pub(super) mod file_missing;
pub(super) mod honor_labels_missing;
pub(super) mod interval_stale;
pub(super) mod job_name;
pub(super) mod k8s_sd_selectors;
pub(super) mod label_name;
pub(super) mod name_scheme;
pub(super) mod needs;
pub(super) mod otlp_attributes;
pub(super) mod path_glob;
pub(super) mod queue_name;
pub(super) mod remote_write_header;
pub(super) mod remote_write_queue;
pub(super) mod required_field;
pub(super) mod retention;
pub(super) mod scrape_protocols;
pub(super) mod sd_required_field;
pub(super) mod target_not_hostport;
pub(super) mod timeout_gt_interval;
pub(super) mod url;
