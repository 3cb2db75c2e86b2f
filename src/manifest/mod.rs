//! What `obsctl gen` makes: files as values, the same bytes for the same flags. No I/O, no clock.

pub mod exporter;
