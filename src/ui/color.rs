//! Whether a stream is coloured, and the few styles there are.
//!
//! Everything reads the same without colour: a style never carries meaning of its own.

use std::ffi::OsString;

use anstyle::{AnsiColor, Style};

/// The value of `--color`. `Auto` colours where the stream is a terminal and the environment does not object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// Styles of one stream, on or off.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// No colour at all.
    pub const OFF: Self = Self { on: false };

    pub(super) fn decide(choice: ColorChoice, terminal: bool) -> Self {
        Self { on: wanted(choice, terminal, |name| std::env::var_os(name)) }
    }

    /// Whether anything is coloured.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.on
    }

    /// `error:` and what is broken.
    #[must_use]
    pub fn error(self, text: &str) -> String {
        self.styled(AnsiColor::Red.on_default().bold(), text)
    }

    /// `warning:` and what deserves a look.
    #[must_use]
    pub fn warning(self, text: &str) -> String {
        self.styled(AnsiColor::Yellow.on_default().bold(), text)
    }

    /// `help:`.
    #[must_use]
    pub fn help(self, text: &str) -> String {
        self.styled(AnsiColor::Cyan.on_default().bold(), text)
    }

    /// Headings and metric names.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    /// What surrounds the thing itself: timestamps, units.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    fn styled(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The rule of no-color.org and bixense.com/clicolors, `TERM=dumb` included.
fn wanted(choice: ColorChoice, terminal: bool, env: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name| env(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE") && env("CLICOLOR_FORCE").is_none_or(|v| v != "0") => true,
        ColorChoice::Auto => {
            terminal
                && env("TERM").is_none_or(|term| term != "dumb")
                && env("CLICOLOR").is_none_or(|value| value != "0")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(choice: ColorChoice, terminal: bool, vars: &[(&str, &str)], expect: bool) {
        let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        assert_eq!(wanted(choice, terminal, env), expect, "{choice:?} terminal={terminal} {vars:?}");
    }

    #[test]
    fn auto_follows_the_terminal_and_the_environment() {
        check(ColorChoice::Auto, true, &[("TERM", "xterm")], true);
        check(ColorChoice::Auto, false, &[("TERM", "xterm")], false);
        check(ColorChoice::Auto, true, &[("TERM", "dumb")], false);
        check(ColorChoice::Auto, true, &[("NO_COLOR", "1")], false);
        check(ColorChoice::Auto, true, &[("NO_COLOR", "")], true);
        check(ColorChoice::Auto, true, &[("CLICOLOR", "0")], false);
        check(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "1")], true);
        check(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "0")], false);
        check(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false);
    }

    #[test]
    fn the_flag_wins_over_the_environment() {
        check(ColorChoice::Always, false, &[("NO_COLOR", "1"), ("TERM", "dumb")], true);
        check(ColorChoice::Never, true, &[("CLICOLOR_FORCE", "1")], false);
    }
}
