//! Where in a document a walk is: the steps from the root.

use super::table::{Id, Table};
use crate::base::text;

pub(super) struct Place<'d> {
    pub(super) table: &'static Table,
    pub(super) frames: Vec<Frame<'d>>,
}

/// One step from the root, and the node that it leads to.
pub(super) struct Frame<'d> {
    pub(super) step: Step<'d>,
    pub(super) id: Id,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'d> {
    Field(&'d str),
    Key(&'d str),
    Item(usize),
}

impl Place<'_> {
    /// The path of where the walk is, as the API server writes it; `leaf` is one more step.
    pub(super) fn path(&self, leaf: Option<Step<'_>>) -> String {
        let mut path = String::new();
        for step in self.frames.iter().map(|frame| frame.step).chain(leaf) {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(name),
                Step::Field(name) => path.extend([".", name]),
                Step::Key(name) => path.extend(["[", name, "]"]),
                Step::Item(index) => path.push_str(&format!("[{index}]")),
            }
        }
        text::clip(&path, 200).into_owned()
    }
}
