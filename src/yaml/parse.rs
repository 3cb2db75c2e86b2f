//! A file from its text: read, mended where a common fault has one meaning, read again.

use std::sync::Arc;

use super::budget::Budget;
use super::explain;
use super::fault::{Fault, FaultKind};
use super::load::{self, Read};
use super::quick;
use super::repair::{self, Repair};
use super::tree::{Document, File, Mended, Source};
use crate::base::edit;
use crate::base::span::Span;

/// Faults of a file that are mended at most, and bytes that may be read again for all that is tried: one of 48 KiB is
/// read as often as there are faults, one of up to [`AGAIN_MAX`] once more at least.
const MENDED_MAX: usize = 64;
const AGAIN_BYTES_MAX: usize = 3 << 20;
/// Larger files are not read again.
const AGAIN_MAX: usize = 4 << 20;

impl File {
    /// Reads a text as Prometheus and kubectl would. Never fails: see [`File::faults`].
    ///
    /// Faults of indentation that have one meaning are mended for reading: they are faults with edits, and the tree is
    /// that of the mended text with the places of the text as it was given.
    #[must_use]
    pub fn parse(text: impl Into<String>, budget: &Budget) -> Self {
        let text = text.into();
        let limit = budget.text.min(u32::MAX as usize);
        let (read, mended, repairs) = if text.len() > limit {
            let message = format!("the file has {} bytes, more than the {limit} that are read", text.len());
            let fault = Fault::new(FaultKind::Limit, Span::default(), message)
                .help("split it: each document can be a file of its own");
            (Read { faults: vec![fault], ..Read::default() }, None, Vec::new())
        } else {
            read_mended(&text, budget)
        };
        let source = Arc::new(Source::new(text, mended));
        assemble(source, read, repairs)
    }
}

/// Reads a text, and as long as its first syntax fault can be mended, the mended text.
fn read_mended(text: &str, budget: &Budget) -> (Read, Option<Mended>, Vec<Fault>) {
    let mut read = quick::read(text, budget).unwrap_or_else(|| load::read(text, budget));
    let (mut mended, mut edits, mut repairs) = (None, Vec::new(), Vec::new());
    let mut from = 0; // faults before this place of the file stay as they are
    let mut tries_left = tries(text.len());
    while repairs.len() < MENDED_MAX && tries_left > 0 {
        let current = mended.as_ref().map_or(text, |mended: &Mended| mended.text.as_str());
        let place = |at| mended.as_ref().map_or(at, |mended: &Mended| mended.map.offset(at));
        let Some(error) = read.errors.iter().find(|error| place(error.at) >= from) else { break };
        let at = place(error.at);
        let tried = repair::candidates(current, error).into_iter().find_map(|repair| {
            let repair = repair.of_file(mended.as_ref().map(|mended| &mended.map))?;
            tries_left = tries_left.checked_sub(1)?;
            let (next, again) = try_repair(text, &edits, &repair, budget)?;
            // It mended something when what is wrong next is behind all that it touched.
            let next_at = again.errors.iter().map(|error| next.map.offset(error.at)).find(|at| *at >= from);
            next_at.is_none_or(|next_at| next_at > repair.until.max(at)).then_some((repair, next, again))
        });
        match tried {
            Some((repair, next, again)) => {
                edits.extend(repair.fault.edits.iter().cloned());
                repairs.push(repair.fault);
                mended = Some(next);
                read = again;
            }
            None => from = at + 1,
        }
    }
    (read, mended, repairs)
}

/// How often a file of this length may be read again.
pub(super) fn tries(len: usize) -> usize {
    (AGAIN_BYTES_MAX / len.max(1)).max(usize::from(len <= AGAIN_MAX))
}

fn try_repair(text: &str, edits: &[edit::Edit], repair: &Repair, budget: &Budget) -> Option<(Mended, Read)> {
    let all: Vec<edit::Edit> = edits.iter().chain(&repair.fault.edits).cloned().collect();
    let mended = Mended { text: edit::apply(text, &all).ok()?, map: repair::map(text, &all) };
    let read = load::read(&mended.text, budget);
    Some((mended, read))
}

/// Everything in places of the file.
fn assemble(source: Arc<Source>, read: Read, repairs: Vec<Fault>) -> File {
    let Read { trees, mut comments, mut faults, errors } = read;
    faults.extend(errors.iter().map(|error| explain::fault(source.read(), error)));
    if let Some(mended) = &source.mended {
        for comment in &mut comments {
            comment.span = mended.map.span(comment.span);
        }
        for fault in &mut faults {
            fault.span = mended.map.span(fault.span);
            for related in &mut fault.related {
                related.span = mended.map.span(related.span);
            }
        }
    }
    faults.extend(repairs);
    faults.sort_by_key(|fault| fault.span);
    let document = |tree| Document { source: Arc::clone(&source), tree };
    File { documents: trees.into_iter().map(document).collect(), comments, faults, source }
}
