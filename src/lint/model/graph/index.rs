//! Where to look for the objects that a selector chooses, so that not all are compared with all.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use super::{Item, Target, Wanted};
use crate::k8s::{Kind, Labels, Operator};

/// Pairs of objects that are compared in one world at most, where no index helps: of what selects and what is selected,
/// and of what selects nothing and all that it might. Worlds of thousands of objects stay far below; beyond, a broken
/// link is not spoken of.
const PAIRS_MAX: usize = 4_000_000;

/// Items by kind, and by each of their labels; all in their order.
pub(super) struct Index<'w> {
    kinds: BTreeMap<Kind, Vec<usize>>,
    /// What has a field that selects objects of the kind.
    selecting: BTreeMap<Kind, Vec<usize>>,
    /// What makes pods, or is one.
    pods: Vec<usize>,
    services: ByLabel<'w>,
    pods_by: ByLabel<'w>,
    pairs_left: Cell<usize>,
}

type ByLabel<'w> = HashMap<(&'w str, &'w str), Vec<usize>>;

impl<'w> Index<'w> {
    pub(super) fn new(items: &[Item<'w>]) -> Self {
        let mut index = Self {
            kinds: BTreeMap::new(),
            selecting: BTreeMap::new(),
            pods: Vec::new(),
            services: HashMap::new(),
            pods_by: HashMap::new(),
            pairs_left: Cell::new(PAIRS_MAX),
        };
        for (at, item) in items.iter().enumerate() {
            let kind = item.object.kind();
            index.kinds.entry(kind).or_default().push(at);
            for choice in &item.choices {
                if let Target::Objects(kind) = choice.target {
                    index.selecting.entry(kind).or_default().push(at);
                }
            }
            if kind == Kind::Service {
                add(&mut index.services, &item.labels, at);
            }
            if let Some(pods) = &item.pods {
                index.pods.push(at);
                add(&mut index.pods_by, &pods.labels, at);
            }
        }
        for (kind, selecting) in &mut index.selecting {
            selecting.dedup();
            let count = index.kinds.get(kind).map_or(0, Vec::len);
            if selecting.len().saturating_mul(count) > PAIRS_MAX {
                selecting.clear();
            }
        }
        index
    }

    pub(super) fn of(&self, kind: Kind) -> &[usize] {
        self.kinds.get(&kind).map_or(&[], |found| found)
    }

    /// What may select objects of this kind.
    pub(super) fn selecting(&self, kind: Kind) -> &[usize] {
        self.selecting.get(&kind).map_or(&[], |found| found)
    }

    /// What a selector may choose, and little else: what has the rarest of the labels that it asks for.
    pub(super) fn candidates<'g>(&'g self, target: Target, wanted: &'g Wanted) -> &'g [usize] {
        let Wanted::Labelled(selector) = wanted else { return self.all(target) };
        let by_label = match target {
            Target::Pods => &self.pods_by,
            Target::Objects(Kind::Service) => &self.services,
            Target::Objects(_) => return self.all(target),
        };
        let exact = selector.requirements().iter().filter_map(|it| match (it.operator(), it.values()) {
            (Operator::In, [value]) => Some((it.key(), value.as_str())),
            _ => None,
        });
        let found = exact.map(|label| by_label.get(&label).map_or(&[][..], |found| found));
        found.min_by_key(|found| found.len()).unwrap_or_else(|| self.all(target))
    }

    /// Everything that a selector might choose; nothing when too much was compared already.
    pub(super) fn all(&self, target: Target) -> &[usize] {
        let all = match target {
            Target::Pods => &self.pods,
            Target::Objects(kind) => self.of(kind),
        };
        match self.pairs_left.get().checked_sub(all.len()) {
            Some(left) => {
                self.pairs_left.set(left);
                all
            }
            None => &[],
        }
    }
}

fn add<'w>(index: &mut ByLabel<'w>, labels: &Labels<'w>, at: usize) {
    for (key, value) in labels {
        index.entry((*key, *value)).or_default().push(at);
    }
}
