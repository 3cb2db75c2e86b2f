//! Mappings of statsd_exporter, as its version 0.31 reads them.

pub(super) mod duration_without_unit;
pub(super) mod group_reference;
pub(super) mod invalid_label;
pub(super) mod invalid_match;
pub(super) mod invalid_name;
pub(super) mod never_matches;
pub(super) mod observer_options;
mod reference;
pub(super) mod unanchored_regex;
pub(super) mod unbounded_label;

use crate::lint::schema::{Section, is_null};
use crate::yaml::{Entry, Node};

/// What happens because of a mapping that is refused.
const REFUSED: &str = "statsd_exporter refuses the whole file and does not start";
/// What happens because of one that its library of metrics does not take.
const PANICS: &str = "statsd_exporter ends with a panic as soon as the first event arrives that it is for";

/// The kind of the whole file.
const FILE: &str = "statsd_exporter/pkg/mapper.MetricMapper";

/// The kinds of events.
const EVENTS: [&str; 3] = ["counter", "gauge", "observer"];

/// One mapping, with what it inherits.
#[derive(Clone, Copy)]
struct Mapping<'w> {
    node: Node<'w>,
    defaults: Option<Node<'w>>,
}

/// All mappings of a file, in its order.
fn mappings<'w>(section: &Section<'w>) -> impl Iterator<Item = Mapping<'w>> + use<'w> {
    let of_file = (section.kind == FILE).then_some(section.node);
    let defaults = of_file.and_then(|file| file.get("defaults"));
    let list = of_file.and_then(|file| file.get("mappings"));
    list.into_iter().flat_map(Node::items).map(move |node| Mapping { node, defaults })
}

impl<'w> Mapping<'w> {
    /// The value under `field`; what is null is not there.
    fn get(&self, field: &str) -> Option<Node<'w>> {
        self.node.get(field).filter(|node| !is_null(*node))
    }

    /// The text of `field`, where it is not empty.
    fn text(&self, field: &str) -> Option<&'w str> {
        self.get(field)?.text().filter(|text| !text.is_empty())
    }

    /// The value of `field` here, else among the defaults.
    fn inherited(&self, field: &str) -> Option<Node<'w>> {
        let default = || self.defaults?.get(field).filter(|node| !is_null(*node));
        self.get(field).or_else(default)
    }

    /// Whether its pattern has `*` for a part between dots. An empty type is that too.
    fn is_glob(&self) -> bool {
        self.inherited("match_type").and_then(Node::text) != Some("regex")
    }

    /// What becomes of observations. Written but empty is a summary, and so is nothing, for other reasons.
    fn is_histogram(&self) -> bool {
        self.inherited("observer_type").and_then(Node::text) == Some("histogram")
    }

    /// Whether events of this kind are for it.
    fn takes(&self, event: &str) -> bool {
        self.text("match_metric_type").is_none_or(|only| only == event)
    }

    fn drops(&self) -> bool {
        self.text("action") == Some("drop")
    }

    fn labels(&self) -> impl Iterator<Item = Entry<'w>> {
        self.get("labels").into_iter().flat_map(Node::entries)
    }

    /// Where to say that something is missing: its first key.
    fn place(&self) -> Node<'w> {
        self.node.entries().next().map_or(self.node, |entry| entry.key)
    }
}
