//! Which sender has which problem: said once when it first comes, then counted and summed up now and then.
//!
//! A sender retries and repeats: a line for every refused series fills disks (a 1.5 MB request has made other
//! receivers write 1.3 GB of log). The table is bounded; what does not fit is counted together. It logs
//! nothing itself: it says what is to be logged.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use crate::base::text::{clip, escape};

/// Different problems of different senders remembered at most.
const CAPACITY: usize = 256;
/// Lines of one summary at most.
const SUMMARY_LINES: usize = 20;
/// Bytes of a `User-Agent` that are kept.
const AGENT: usize = 64;

/// Who sent it: remote address and `User-Agent`, escaped and cut.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Sender {
    address: IpAddr,
    agent: String,
}

impl Sender {
    pub(crate) fn new(address: IpAddr, agent: &str) -> Self {
        let address = address.to_canonical(); // who listens on `[::]` sees IPv4 as `::ffff:192.0.2.1`
        Self { address, agent: escape(&clip(agent, AGENT)).into_owned() }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let agent = if self.agent.is_empty() { "no User-Agent" } else { &self.agent };
        write!(f, "{} ({agent})", self.address)
    }
}

/// How often a problem was met, for a line of a summary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Address and `User-Agent`, or `others` for what the table had no room for.
    pub sender: String,
    /// Stable name of the rule, note or refusal.
    pub name: &'static str,
    /// Since the last summary.
    pub new: u64,
    /// Since the start.
    pub total: u64,
}

/// The table.
#[derive(Default, Debug)]
pub(crate) struct Problems {
    seen: HashMap<(Sender, &'static str), Times>,
    others: Times,
}

#[derive(Clone, Copy, Default, Debug)]
struct Times {
    total: u64,
    /// `total` at the last summary.
    told: u64,
}

impl Problems {
    /// Counts `times` occurrences; true when the problem is new for this sender and should be logged now.
    pub(crate) fn add(&mut self, sender: &Sender, name: &'static str, times: u64) -> bool {
        if self.seen.len() >= CAPACITY && !self.seen.contains_key(&(sender.clone(), name)) {
            self.others.total += times;
            return self.others.total == times && times > 0;
        }
        let entry = self.seen.entry((sender.clone(), name)).or_default();
        let first = entry.total == 0;
        entry.total += times;
        if first {
            entry.told = entry.total; // the line logged now tells of these
        }
        first
    }

    /// What was met since the last summary, the most frequent first; lines past the twentieth are one.
    pub(crate) fn changed(&mut self) -> Vec<Problem> {
        self.lines(|times| times.total - times.told)
    }

    /// Everything since the start, the most frequent first.
    pub(crate) fn all(&mut self) -> Vec<Problem> {
        self.lines(|times| times.total)
    }

    fn lines(&mut self, weight: impl Fn(&Times) -> u64) -> Vec<Problem> {
        let mut found: Vec<_> = self.seen.iter_mut().filter(|(_, times)| weight(times) > 0).collect();
        found.sort_by(|(a, x), (b, y)| weight(y).cmp(&weight(x)).then_with(|| a.cmp(b)));
        let mut rest = self.others;
        self.others.told = self.others.total;
        let mut lines = Vec::new();
        for (at, ((sender, name), times)) in found.into_iter().enumerate() {
            let new = times.total - times.told;
            times.told = times.total;
            if at < SUMMARY_LINES {
                lines.push(Problem { sender: sender.to_string(), name, new, total: times.total });
            } else {
                rest.total += times.total;
                rest.told += times.total - new;
            }
        }
        if weight(&rest) > 0 {
            let new = rest.total - rest.told;
            lines.push(Problem { sender: "others".to_owned(), name: "various", new, total: rest.total });
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(agent: &str) -> Sender {
        Sender::new(IpAddr::from([127, 0, 0, 1]), agent)
    }

    #[track_caller]
    fn check(lines: &[Problem], expect: &[&str]) {
        let lines: Vec<_> =
            lines.iter().map(|p| format!("{} {} +{} {}", p.sender, p.name, p.new, p.total)).collect();
        assert_eq!(lines, expect);
    }

    #[test]
    fn logs_first_then_counts() {
        let mut problems = Problems::default();
        assert!(problems.add(&sender("a"), "duplicate-label", 3));
        assert!(!problems.add(&sender("a"), "duplicate-label", 2));
        assert!(problems.add(&sender("b"), "duplicate-label", 1), "another sender");
        assert!(problems.add(&sender("a"), "no-samples", 1), "another problem");
        check(&problems.changed(), &["127.0.0.1 (a) duplicate-label +2 5"]);
    }

    #[test]
    fn summary_comes_only_when_something_changed() {
        let mut problems = Problems::default();
        problems.add(&sender("a"), "x", 1);
        check(&problems.changed(), &[]);
        problems.add(&sender("a"), "x", 4);
        check(&problems.changed(), &["127.0.0.1 (a) x +4 5"]);
        check(&problems.changed(), &[]);
        check(&problems.all(), &["127.0.0.1 (a) x +0 5"]);
    }

    #[test]
    fn many_senders_stay_bounded() {
        let mut problems = Problems::default();
        let mut logged = 0;
        for n in 0..10_000 {
            logged += usize::from(problems.add(&sender(&n.to_string()), "x", 2));
        }
        assert_eq!(logged, CAPACITY + 1);
        assert_eq!(problems.seen.len(), CAPACITY);
        let lines = problems.all();
        assert_eq!(lines.len(), SUMMARY_LINES + 1);
        let last = &lines[SUMMARY_LINES];
        assert_eq!((last.sender.as_str(), last.total), ("others", 2 * (10_000 - SUMMARY_LINES as u64)));
    }

    #[test]
    fn user_agent_is_cut_and_escaped() {
        let odd = sender(&format!("\u{1b}[31m{}", "x".repeat(1000)));
        assert!(odd.to_string().starts_with("127.0.0.1 (\\u{001B}[31mxxx"));
        assert!(odd.to_string().len() < 90);
        assert_eq!(sender("").to_string(), "127.0.0.1 (no User-Agent)");
        assert_eq!(Sender::new("::ffff:127.0.0.1".parse().unwrap(), ""), sender(""));
    }
}
