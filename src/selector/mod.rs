//! Which series are meant: PromQL vector selectors, and the regular expressions in them.

pub mod re2;
