//! The selectors of `keep` and `drop`, read with all that is wrong with them.

use super::read::{Reader, Section};
use crate::base::span::Span;
use crate::base::text::clip;
use crate::manifest::kept::{self, Profile};
use crate::selector::Selector;

/// Bytes of a selector that a message quotes.
pub(super) const QUOTED_MAX: usize = 60;

/// What is kept and dropped, of the profile and of the section: what is no selector, or none that a relabel rule can say,
/// is left out and said.
pub(super) fn selectors(
    section: &Section,
    profile: Option<Profile>,
    reader: &mut Reader,
) -> (Vec<Selector>, Vec<Selector>) {
    let mut read = |list: &str| -> Vec<Selector> {
        section.texts(list).iter().filter_map(|(text, at)| selector(list, text, *at, reader)).collect()
    };
    let (keep, drop) = (read("keep"), read("drop"));
    let with = |known: Option<Vec<Selector>>, said: Vec<Selector>| {
        let mut all = known.unwrap_or_default();
        all.extend(said);
        all
    };
    (with(profile.map(Profile::keep), keep), with(profile.map(Profile::drop), drop))
}

fn selector(list: &str, text: &str, at: Span, reader: &mut Reader) -> Option<Selector> {
    match Selector::parse(text) {
        Ok(selector) => match kept::check(&selector) {
            Ok(()) => Some(selector),
            Err((why, help)) => {
                reader.fault(at, format!("`{list}` cannot be `{}`: {why}", clip(text, QUOTED_MAX)), help);
                None
            }
        },
        Err(err) => {
            let message = format!("`{list}` cannot be `{}`: {}", clip(text, QUOTED_MAX), err.message);
            let help =
                "write a metric name, a glob such as `kube_pod_*`, or a selector such as `up{job=\"api\"}`";
            reader.fault(at, message, err.help.unwrap_or(help));
            None
        }
    }
}
