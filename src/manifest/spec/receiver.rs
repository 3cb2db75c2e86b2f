//! The section `receiver`: its fields, and what they come to.

use super::app::{RESOURCES_FIELD, Resources, resources};
use super::field::{Field, Form, Shape, optional, required};
use super::read::Section;

/// What receives remote write and keeps every request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receiver {
    pub name: String,
    pub namespace: String,
    /// On every object, beside our own.
    pub labels: Vec<(String, String)>,
    pub image: String,
    pub replicas: i64,
    /// Of each replica's volume, as a quantity.
    pub storage: String,
    /// `None` is the cluster's default.
    pub storage_class: Option<String>,
    /// When a request counts as written, as `--ack` has it.
    pub ack: String,
    /// As `--retain-size` has it; it fits into the storage.
    pub retain_size: String,
    pub retain_time: Option<String>,
    pub resources: Resources,
}

pub(super) const FIELDS: &[Field] = &[
    optional("name", Shape::Text(Form::DnsLabel), "What names of objects begin with; default `receiver`."),
    optional("namespace", Shape::Text(Form::DnsLabel), "Where it is; `-n` says another."),
    optional("labels", Shape::Labels, "Labels for every object, beside those that obsctl sets."),
    required("image", Shape::Text(Form::Token), "An image with `obsctl` on its PATH."),
    optional(
        "replicas",
        Shape::Integer { min: 1, max: 100 },
        "How many; each keeps the requests that it answered. Default 1.",
    ),
    optional("storage", Shape::Text(Form::Quantity), "The size of each replica's volume; default `10Gi`."),
    optional(
        "storage-class",
        Shape::Text(Form::Name),
        "The class of the volumes; default: that of the cluster.",
    ),
    optional(
        "ack",
        Shape::Text(Form::OneOf(&["fsync", "write", "memory"])),
        "When a request counts as written; default `fsync`.",
    ),
    optional(
        "retain-size",
        Shape::Text(Form::Token),
        "How much is kept, such as `8GiB`, before the oldest goes; default: 80 % of the storage.",
    ),
    optional(
        "retain-time",
        Shape::Text(Form::Duration),
        "How long it is kept; default: while there is room.",
    ),
    RESOURCES_FIELD,
];

/// The receiver that a section says, as far as it says one.
pub(super) fn build(section: &Section, namespace: Option<&str>) -> Receiver {
    let storage = section.text_or("storage", "10Gi");
    // Below that a file system is slow, and the ring of refused requests has its place beside it.
    let most = quantity_bytes(&storage).unwrap_or_default() / 5 * 4;
    Receiver {
        name: section.text_or("name", "receiver"),
        namespace: namespace.map_or_else(|| section.needed("namespace"), str::to_owned),
        labels: section.labels("labels").unwrap_or_default().to_vec(),
        image: section.needed("image"),
        replicas: section.integer("replicas").unwrap_or(1),
        storage_class: section.text("storage-class"),
        ack: section.text_or("ack", "fsync"),
        retain_size: section.text_or("retain-size", &format!("{}MiB", most >> 20)),
        retain_time: section.text("retain-time"),
        resources: resources(section, ["100m", "128Mi"], "768Mi"),
        storage,
    }
}

/// Bytes of a whole number with a usual suffix; `None` for other forms of a quantity.
pub(super) fn quantity_bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let scale = match suffix {
        "" => 1,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}
