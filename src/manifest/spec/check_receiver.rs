//! What no field of `receiver` alone shows: names that grow, and a capture that its volume cannot hold.

use super::check::{namespace_is_said, own_labels};
use super::read::{Reader, Section};
use super::receiver::{Receiver, quantity_bytes};
use crate::base::size::ByteSize;

/// Kubernetes puts the name of a StatefulSet, with a hash of ten characters behind it, into a label.
const NAME_MAX: usize = 52;
/// Below it there is no room for a few segments and for refused requests.
const LEAST_STORAGE: u64 = 1 << 30;
/// What `--retain-size` takes at least, besides 0.
const LEAST_RETAINED: u64 = 256 << 10;
/// The ring of refused requests, beside what is retained.
const REFUSED: u64 = 64 << 20;

pub(super) fn receiver(section: &Section, namespace: Option<&str>, it: &Receiver, reader: &mut Reader) {
    if it.name.len() > NAME_MAX {
        let message = format!("`name` has {} characters, more than {NAME_MAX}", it.name.len());
        reader.fault(section.at("name"), message, "labels of pods are made of it, which must stay below 64");
    }
    own_labels(section, reader);
    namespace_is_said(section, "receiver", namespace, reader);
    sizes(section, it, reader);
}

fn sizes(section: &Section, it: &Receiver, reader: &mut Reader) {
    let storage = match quantity_bytes(&it.storage) {
        Some(bytes) if bytes >= LEAST_STORAGE => bytes,
        Some(_) => {
            let message = format!("`storage` {} is less than 1Gi", it.storage);
            return reader.fault(section.at("storage"), message, "give a volume room for a few segments");
        }
        None => {
            let message = format!("`storage` cannot be `{}` here", it.storage.escape_debug());
            return reader.fault(section.at("storage"), message, "write a whole number and a unit: `10Gi`");
        }
    };
    let Some(said) = section.text("retain-size") else { return };
    match said.parse::<ByteSize>() {
        Err(err) => {
            let message = format!("`retain-size`: {err}");
            reader.fault(section.at("retain-size"), message, "write it as `8GiB`");
        }
        Ok(ByteSize(1..LEAST_RETAINED)) => {
            let message = format!("`retain-size` {said} is less than 256KiB");
            reader.fault(section.at("retain-size"), message, "0 keeps as little as possible");
        }
        // Full volumes are slow, and a part of them is the file system's own.
        Ok(ByteSize(kept)) if kept.saturating_add(REFUSED) > storage / 20 * 19 => {
            let message = format!("`retain-size` {said} does not fit into a volume of {}", it.storage);
            let help = "a part of it is the file system's own, and 64MiB are for refused requests: leave it out for 80 %";
            reader.fault(section.at("retain-size"), message, help);
        }
        Ok(_) => {}
    }
}
