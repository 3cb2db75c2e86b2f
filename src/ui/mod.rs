//! The only writer to stdout and stderr.
//!
//! stdout carries the result and nothing else, through one large buffer; progress, notes, warnings and errors
//! are lines on stderr. Only commands use this module: domains and libraries return values and errors.
//!
//! A reader that closes our stdout (`| head -1`) ends the program quietly: the write that meets it fails, the
//! error travels up like any other, and [`Ui::stdout_closed`] tells whoever ends the program what it was.

mod color;
pub mod log;
mod progress;
mod report;
mod stderr;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub use color::{ColorChoice, Paint};
pub use progress::Progress;
pub use report::Failure;
use stderr::Stderr;
pub use table::{Align, Table};

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal as _, Write};

use crate::base::text::printable;

/// How much is said on stderr, from `-q` and `-v`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Verbosity {
    /// `-q`: warnings and errors only.
    Quiet,
    #[default]
    Normal,
    /// `-v`: progress as plain lines where there is no terminal, and debug logs.
    Verbose,
    /// `-vv`: trace logs too.
    Trace,
}

impl Verbosity {
    /// From how often `-q` and `-v` were given; `-q` wins.
    #[must_use]
    pub const fn new(quiet: bool, verbose: u8) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (false, 0) => Self::Normal,
            (false, 1) => Self::Verbose,
            (false, _) => Self::Trace,
        }
    }
}

/// Both output streams of the program.
pub struct Ui {
    out: BufWriter<Stdout>,
    err: Stderr,
    verbosity: Verbosity,
    paint_out: Paint,
    paint_err: Paint,
    /// Columns of the terminal behind stdout; `None` in a pipe or file, where nothing is wrapped.
    width: Option<u16>,
    err_terminal: bool,
    /// Columns of the terminal behind stderr.
    err_columns: Option<u16>,
    progress: Progress,
}

impl Ui {
    /// The process's own streams.
    #[must_use]
    pub fn new(choice: ColorChoice, verbosity: Verbosity) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_terminal, err_terminal) = (out.is_terminal(), err.is_terminal());
        Self {
            paint_out: Paint::decide(choice, out_terminal),
            paint_err: Paint::decide(choice, err_terminal),
            width: out_terminal.then(|| terminal_size::terminal_size_of(&out).map_or(80, |(w, _)| w.0)),
            out: BufWriter::with_capacity(64 << 10, Stdout { inner: Box::new(out), closed: false }),
            err: Stderr::new(Box::new(err)),
            verbosity,
            err_terminal,
            err_columns: terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0),
            progress: Progress::none(),
        }
    }

    /// Streams of a test or of an embedding program: no terminal, no colour.
    #[must_use]
    pub fn with_streams(
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
        verbosity: Verbosity,
    ) -> Self {
        Self {
            out: BufWriter::new(Stdout { inner: out, closed: false }),
            err: Stderr::new(err),
            verbosity,
            paint_out: Paint::OFF,
            paint_err: Paint::OFF,
            width: None,
            err_terminal: false,
            err_columns: None,
            progress: Progress::none(),
        }
    }

    /// The result's stream. Buffered: a command that streams to somebody who waits calls [`Ui::flush`].
    pub fn out(&mut self) -> &mut (dyn Write + Send) {
        &mut self.out
    }

    /// Hands everything written so far to stdout.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Whether the reader of stdout has gone: nobody is interested any more, and that is no error.
    #[must_use]
    pub fn stdout_closed(&self) -> bool {
        self.out.get_ref().closed
    }

    /// Whether stdout is a terminal.
    #[must_use]
    pub fn stdout_is_terminal(&self) -> bool {
        self.width.is_some()
    }

    /// Columns of the terminal behind stdout; `None` in a pipe or file.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        self.width.map(usize::from)
    }

    /// How to colour what goes to stdout.
    #[must_use]
    pub fn paint(&self) -> Paint {
        self.paint_out
    }

    /// How much is said on stderr.
    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Writes what clap has to say: help and version to stdout, a usage error to stderr.
    pub fn usage(&mut self, answer: &clap::Error) -> io::Result<()> {
        let paint = if answer.use_stderr() { self.paint_err } else { self.paint_out };
        let text = answer.render();
        let text = if paint.is_on() { text.ansi().to_string() } else { text.to_string() };
        let to: &mut dyn Write = if answer.use_stderr() { &mut self.err } else { &mut self.out };
        to.write_all(text.as_bytes())
    }

    /// Writes a table to stdout: wrapped to the terminal's width, as wide as it is in a pipe.
    pub fn table(&mut self, table: &Table) -> io::Result<()> {
        let text = table.render(self.width, self.paint_out);
        self.out.write_all(text.as_bytes())
    }

    /// Begins showing progress on stderr; `total_bytes` where it is known. It stays until
    /// [`Ui::end_progress`]; lines written meanwhile stand above it.
    pub fn begin_progress(&mut self, unit: &'static str, total_bytes: Option<u64>) {
        self.progress = match self.verbosity {
            Verbosity::Quiet => Progress::none(),
            Verbosity::Normal if !self.err_terminal => Progress::none(),
            _ if self.err_terminal => Progress::bar(unit, total_bytes),
            _ => Progress::lines(unit, total_bytes),
        };
    }

    /// Says how far the work is: bytes of input and units (records, files) done so far.
    pub fn progress(&mut self, bytes: u64, units: u64) {
        if let Some(line) = self.progress.update(bytes, units) {
            self.line(&line);
        }
    }

    /// Takes the progress bar away.
    pub fn end_progress(&mut self) {
        self.progress.end();
        self.progress = Progress::none();
    }

    /// A line that is good to know and asks for nothing. `-q` leaves it out.
    pub fn note(&mut self, message: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.line(&printable(&message.to_string()));
        }
    }

    /// Something is wrong and the work goes on. Say what, where, and what was done about it.
    pub fn warning(&mut self, message: impl Display) {
        let head = self.paint_err.warning("warning:");
        self.line(&format!("{head} {}", printable(&message.to_string())));
    }

    /// Something is wrong with the input, and the exit status will say so; the work goes on.
    pub fn finding(&mut self, message: impl Display) {
        let head = self.paint_err.error("error:");
        self.line(&format!("{head} {}", printable(&message.to_string())));
    }

    /// Reports why the program cannot go on: what, the chain of causes, and how to mend it.
    pub fn report(&mut self, err: &anyhow::Error) {
        for line in report::lines(err, self.paint_err) {
            self.line(&line);
        }
    }

    /// Findings that keep the program from its work, as they were rendered for [`Ui::error_look`].
    pub fn rendered(&mut self, findings: &str) {
        findings.lines().for_each(|line| self.line(line));
    }

    /// Whether stderr takes colour, and its columns; `None` where it is no terminal.
    #[must_use]
    pub fn error_look(&self) -> (bool, Option<usize>) {
        (self.paint_err.is_on(), self.err_columns.map(usize::from))
    }

    /// Sends every event that is logged to stderr from now on. A second call changes nothing.
    pub fn log(&self, format: log::Format) {
        log::init(format, self.verbosity, self.err.clone());
    }

    /// Shows `text` as the last line of a terminal, below all that is said and logged, until it is replaced;
    /// empty takes it away. Without a terminal and with `-q`: nothing.
    pub fn status(&mut self, text: &str) {
        if self.err_terminal && self.verbosity > Verbosity::Quiet {
            let columns = usize::from(self.err_columns.unwrap_or(80));
            let line: String = printable(text).chars().take(columns.saturating_sub(1)).collect();
            self.err.status(&line);
        }
    }

    /// One line on stderr, whole. A stderr that cannot be written to has nobody to tell.
    fn line(&mut self, line: &str) {
        let err = &mut self.err;
        self.progress.suspend(|| {
            let _ = err.write_all(format!("{line}\n").as_bytes());
        });
    }
}

/// stdout that remembers whether its reader has gone.
struct Stdout {
    inner: Box<dyn Write + Send>,
    closed: bool,
}

impl Stdout {
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if result.as_ref().is_err_and(|err| err.kind() == io::ErrorKind::BrokenPipe) {
            self.closed = true;
        }
        result
    }
}

impl Write for Stdout {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let result = self.inner.write(buf);
        self.note(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.inner.flush();
        self.note(result)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Shared;
    use super::*;

    #[track_caller]
    fn check(verbosity: Verbosity, say: impl Fn(&mut Ui), stdout: &str, stderr: &str) {
        let (out, err) = (Shared::default(), Shared::default());
        let mut ui = Ui::with_streams(Box::new(out.clone()), Box::new(err.clone()), verbosity);
        say(&mut ui);
        ui.flush().unwrap();
        assert_eq!(out.text(), stdout);
        assert_eq!(err.text(), stderr);
    }

    #[test]
    fn results_go_to_stdout_and_everything_else_to_stderr() {
        let say = |ui: &mut Ui| {
            ui.out().write_all(b"up 1\n").unwrap();
            ui.note("nothing matches");
            ui.warning("skipped 3 bytes");
            ui.finding("record 4 is damaged");
        };
        check(
            Verbosity::Normal,
            say,
            "up 1\n",
            "nothing matches\nwarning: skipped 3 bytes\nerror: record 4 is damaged\n",
        );
    }

    #[test]
    fn quiet_keeps_warnings_and_errors() {
        let say = |ui: &mut Ui| {
            ui.note("nothing matches");
            ui.warning("skipped 3 bytes");
        };
        check(Verbosity::Quiet, say, "", "warning: skipped 3 bytes\n");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        check(
            Verbosity::Normal,
            |ui| ui.warning("label \x1b[31m\u{202e} {job=\"api\"}"),
            "",
            "warning: label \\u{001B}[31m\\u{202E} {job=\"api\"}\n",
        );
    }

    #[test]
    fn a_gone_reader_is_remembered() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut ui = Ui::with_streams(Box::new(Gone), Box::new(io::sink()), Verbosity::Normal);
        ui.out().write_all(b"up 1\n").unwrap();
        assert!(!ui.stdout_closed());
        ui.flush().unwrap_err();
        assert!(ui.stdout_closed());
    }
}
