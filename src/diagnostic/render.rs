//! Findings as people read them: with an excerpt of the source, or in one line.
//!
//! The excerpt with its marks is drawn by `annotate-snippets`; all text is made harmless before it gets there.

use std::fmt::Write as _;

use annotate_snippets::renderer::{AnsiColor, DEFAULT_TERM_WIDTH, Renderer, Style};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Snippet};

use super::change;
use super::excerpt::Excerpt;
use super::source::Source;
use super::{Finding, Fix, Safety, Severity};
use crate::base::span::Span;
use crate::base::text::{clip, count, printable};

/// How findings are shown. Whether a stream takes colour and how wide it is, is for whoever owns the stream to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    pub color: bool,
    /// Columns of the terminal; `None` in a pipe or file, where texts are not wrapped.
    pub width: Option<usize>,
}

/// Columns of a source line that are shown at most, and at least, whatever the width.
const MAX_COLUMNS: usize = 200;
const MIN_COLUMNS: usize = 40;

/// Lines that one excerpt covers at most, folded ones too. A longer span is marked in its first line, and places
/// further away get an excerpt of their own.
const MAX_LINES: usize = 512;

/// Related places that are shown at most.
const MAX_RELATED: usize = 8;

/// Bytes shown of one message, label or name at most.
const MAX_TEXT: usize = 2000;

/// All `findings` of one source, in order and folded ([`super::in_order`]), each with its excerpt; an empty line stands
/// between them.
#[must_use]
pub fn render(source: &Source<'_>, findings: &[Finding], look: Look) -> String {
    let shown: Vec<String> = super::in_order(findings)
        .into_iter()
        .map(|(finding, more)| full(source, finding, more, look))
        .collect();
    shown.join("\n")
}

/// All `findings` of one source, in order and folded, one line each: `file:line:column: severity[rule] message`.
#[must_use]
pub fn compact(source: &Source<'_>, findings: &[Finding]) -> String {
    let mut out = String::new();
    let name = clean(source, source.name());
    for (finding, more) in super::in_order(findings) {
        let at = source.located(finding.span);
        let severity = finding.severity.as_str();
        let message = message(source, finding, more);
        let _ = writeln!(out, "{name}:{}:{}: {severity}[{}] {message}", at.line, at.column, finding.rule);
    }
    out
}

/// One finding in full; `more` like it are only counted.
fn full(source: &Source<'_>, finding: &Finding, more: usize, look: Look) -> String {
    let paint = Paint { on: look.color };
    let columns = look.width.unwrap_or(MAX_COLUMNS).clamp(MIN_COLUMNS, MAX_COLUMNS);
    let marks = marks(source, finding);
    let left_out = finding.related.len().saturating_sub(MAX_RELATED);
    let (level, _) = level(finding.severity);
    let mut group = Group::with_title(level.primary_title(message(source, finding, more)).id(finding.rule));
    let mut last_line = 0;
    for block in blocks(source, &marks) {
        let spans: Vec<Span> = block.marks.iter().map(|mark| mark.span).collect();
        let excerpt = Excerpt::new(source, block.first..block.last + 1, &spans, columns);
        let annotations: Vec<_> = block
            .marks
            .iter()
            .map(|mark| mark.kind.span(excerpt.range(mark.span)).label(mark.label.clone()))
            .collect();
        let at = source.position(spans.first().map_or(0, |span| span.start));
        let name = clean(source, source.name());
        group = group.element(Origin::path(name).line(at.line).char_column(at.column));
        group = group.element(Snippet::source(excerpt.text).line_start(block.first).annotations(annotations));
        last_line = last_line.max(block.last);
    }
    let gutter = last_line.to_string().len();
    let drawn = paint.renderer(finding.severity).render(&[group]);
    // An excerpt without a name of its own begins with a place for one: it stands in the line above already.
    let nameless = format!("{:gutter$}{}", "", paint.line("::: "));
    let mut out = String::with_capacity(drawn.len());
    for line in drawn.split('\n').filter(|line| *line != nameless) {
        out.push_str(line.trim_end_matches(' '));
        out.push('\n');
    }
    let notes = Notes { source, paint, gutter, width: look.width };
    if left_out > 0 {
        notes.text(
            "note",
            Paint::bold,
            &format!("{} not shown", count(left_out as u64, "other place")),
            &mut out,
        );
    }
    if let Some(why) = &finding.why {
        notes.text("why", Paint::bold, why, &mut out);
    }
    if let Some(help) = &finding.help {
        notes.text("help", Paint::help, help, &mut out);
    }
    if let Some(fix) = &finding.fix {
        notes.fix(fix, &mut out);
    }
    out
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place to point at.
struct Mark {
    span: Span,
    kind: AnnotationKind,
    label: String,
}

/// The finding's own place, then the related ones in the order of the text.
fn marks(source: &Source<'_>, finding: &Finding) -> Vec<Mark> {
    let mark =
        |span, kind, label: &str| Mark { span: visible(source, span), kind, label: clean(source, label) };
    let mut related: Vec<_> = finding.related.iter().take(MAX_RELATED).collect();
    related.sort_by_key(|place| place.span);
    let related = related.into_iter().map(|place| mark(place.span, AnnotationKind::Context, &place.label));
    std::iter::once(mark(finding.span, AnnotationKind::Primary, &finding.label)).chain(related).collect()
}

/// What of `span` is marked: not the line break at its end, and of a very long one the first line.
fn visible(source: &Source<'_>, span: Span) -> Span {
    let span = source.clamp(span);
    let end = span.start + span.of(source.text()).trim_end_matches(['\r', '\n']).len();
    let first = source.position(span.start).line;
    let end = if source.position(end).line - first < MAX_LINES { end } else { source.line(first).end };
    Span { start: span.start, end: end.max(span.start) }
}

/// Marks near enough to be shown in one excerpt.
struct Block<'m> {
    /// Line numbers, both included.
    first: usize,
    last: usize,
    marks: Vec<&'m Mark>,
}

fn blocks<'m>(source: &Source<'_>, marks: &'m [Mark]) -> Vec<Block<'m>> {
    let mut blocks: Vec<Block<'m>> = Vec::new();
    for mark in marks {
        let (first, last) = (source.position(mark.span.start).line, source.position(mark.span.end).line);
        let near = blocks.iter_mut().find(|block| block.last.max(last) - block.first.min(first) < MAX_LINES);
        match near {
            Some(block) => {
                (block.first, block.last) = (block.first.min(first), block.last.max(last));
                block.marks.push(mark);
            }
            None => blocks.push(Block { first, last, marks: vec![mark] }),
        }
    }
    blocks
}

/// The lines below an excerpt.
struct Notes<'s, 't> {
    source: &'s Source<'t>,
    paint: Paint,
    /// Columns of line numbers.
    gutter: usize,
    width: Option<usize>,
}

impl Notes<'_, '_> {
    /// ` = name: text`, wrapped between words.
    fn text(&self, name: &str, style: fn(Paint, &str) -> String, text: &str, out: &mut String) {
        let indent = self.gutter + " = : ".len() + name.len();
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(MIN_COLUMNS));
        let text = self.source.scrub(text);
        let mut begin = format!(
            "{:gutter$} {} {}: ",
            "",
            self.paint.line("="),
            style(self.paint, name),
            gutter = self.gutter
        );
        for line in clip(&text, MAX_TEXT).lines().flat_map(|line| wrap(line, room)) {
            let _ = writeln!(out, "{begin}{line}");
            begin = " ".repeat(indent);
        }
    }

    /// What the fix does, whether that is safe, and the lines that it changes.
    fn fix(&self, fix: &Fix, out: &mut String) {
        let name = match fix.safety {
            Safety::Safe => "fix",
            Safety::Unsafe => "unsafe fix",
        };
        let Some(lines) = change::lines(self.source, &fix.edits) else {
            let title = format!("{} ({}, not shown)", fix.title, count(fix.edits.len() as u64, "change"));
            return self.text(name, Paint::help, &title, out);
        };
        self.text(name, Paint::help, &fix.title, out);
        let gutter = lines.iter().map(|line| line.number.to_string().len()).fold(self.gutter, usize::max);
        if !lines.is_empty() {
            let _ = writeln!(out, "{:gutter$} {}", "", self.paint.line("|"));
        }
        for line in lines {
            let text = if line.comes {
                self.paint.comes(format!("+ {}", line.text).trim_end())
            } else {
                self.paint.goes(format!("- {}", line.text).trim_end())
            };
            let number = self.paint.line(&format!("{:>gutter$}", line.number));
            let _ = writeln!(out, "{number} {text}");
        }
    }
}

/// `line` in parts of at most `room` characters, if its words allow it.
fn wrap(line: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in printable(line).split(' ') {
        let len = word.chars().count();
        if used > 0 && used + 1 + len > room {
            lines.push(String::new());
            used = 0;
        }
        if let Some(last) = lines.last_mut() {
            if used > 0 {
                last.push(' ');
                used += 1;
            }
            last.push_str(word);
            used += len;
        }
    }
    lines
}

fn message(source: &Source<'_>, finding: &Finding, more: usize) -> String {
    let mut text = clean(source, &finding.message);
    if more > 0 {
        let _ = write!(text, " [+{more} more like it]");
    }
    text
}

/// A text of the finding in one harmless line.
fn clean(source: &Source<'_>, text: &str) -> String {
    printable(&clip(&source.scrub(text), MAX_TEXT)).into_owned()
}

fn level(severity: Severity) -> (Level<'static>, Style) {
    match severity {
        Severity::Error => (Level::ERROR, AnsiColor::Red.on_default().bold()),
        Severity::Warning => (Level::WARNING, AnsiColor::Yellow.on_default().bold()),
        Severity::Info => (Level::INFO, AnsiColor::Cyan.on_default().bold()),
    }
}

/// The few styles there are: those of the program's other messages.
#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

impl Paint {
    fn renderer(self, severity: Severity) -> Renderer {
        // Excerpts are cut before: the renderer must not cut them again to make room for labels.
        let renderer = Renderer::plain().term_width(DEFAULT_TERM_WIDTH * 100);
        if !self.on {
            return renderer;
        }
        let (_, style) = level(severity);
        renderer
            .error(style)
            .warning(style)
            .info(style)
            .emphasis(Style::new().bold())
            .line_num(Style::new().dimmed())
            .context(AnsiColor::Cyan.on_default())
    }

    fn bold(self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    fn help(self, text: &str) -> String {
        self.styled(AnsiColor::Cyan.on_default().bold(), text)
    }

    fn line(self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    fn comes(self, text: &str) -> String {
        self.styled(AnsiColor::Green.on_default(), text)
    }

    fn goes(self, text: &str) -> String {
        self.styled(AnsiColor::Red.on_default(), text)
    }

    fn styled(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
