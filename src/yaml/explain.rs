//! A syntax fault in words: what, where, and how to mend it.

use granit_parser::ErrorKind;

use super::fault::{Fault, FaultKind};
use super::load::SyntaxError;
use crate::base::span::Span;
use crate::base::text;

/// The fault that `error` of `text` is.
pub(super) fn fault(text: &str, error: &SyntaxError) -> Fault {
    let explained = template(text, error).or_else(|| match &error.kind {
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar => unclosed_quote(text, error),
        ErrorKind::UnclosedFlowCollection { open } => Some(unclosed_bracket(error.at, *open)),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            let other = if *close == '}' { '{' } else { '[' };
            let help = format!("close it with `{}`, or begin it with `{other}`", closing(*open));
            Some(plain(at(text, error.at), format!("`{open}` is closed by `{close}`")).help(help))
        }
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::InvalidColonPlacement => Some(open_bracket(text, error)),
        ErrorKind::MisplacedFlowCollectionEnd => {
            Some(plain(at(text, error.at), "this bracket closes nothing").help("quote the value, or remove it"))
        }
        ErrorKind::UnexpectedCharacter { character } => Some(indicator(text, error.at, *character)),
        ErrorKind::MissingAnchorOrAliasName => {
            Some(indicator(text, error.at, char_at(text, error.at).unwrap_or('*')))
        }
        ErrorKind::UnknownQuotedScalarEscape => unknown_escape(text, error),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            Some(behind_quote(text, error))
        }
        ErrorKind::MappingValueNotAllowed => Some(second_colon(text, error)),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidIndentation => Some(misplaced(text, error)),
        ErrorKind::SimpleKeyExpected => {
            let message = format!("{} is neither a key nor a value", shown(line_at(text, error.at).of(text)));
            Some(plain(line_at(text, error.at), message).help(
                "a key needs `: ` behind it; text that goes on must stand deeper than the key it belongs to",
            ))
        }
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabNotAllowed => Some(tab(text, error)),
        ErrorKind::InvalidBlockScalarHeader => {
            Some(plain(line_at(text, error.at), "text stands behind the `|` or `>` of a block").help(
                "write the text on the lines below, deeper than the key; or quote the value if it begins with `|` or `>`",
            ))
        }
        ErrorKind::CommentInterceptedScalar => {
            Some(plain(at(text, error.at), "a comment stands within a text of several lines").help(
                "` #` begins a comment: quote the text if the `#` belongs to it, else move the comment before it",
            ))
        }
        _ => None,
    });
    explained.unwrap_or_else(|| plain(at(text, error.at), error.kind.to_string()))
}

fn plain(span: Span, message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Syntax, span, message)
}

/// `{{ … }}` that no one has rendered: braces to YAML.
fn template(text: &str, error: &SyntaxError) -> Option<Fault> {
    let line = full_line(text, error.at);
    let above = full_line(text, error.last_end.min(error.at));
    let (line, at) = [line, above].into_iter().find_map(|line| Some((line, line.of(text).find("{{")?)))?;
    let content = line.of(text);
    if content[..at].matches(['"', '\'']).count() % 2 == 1 || content.trim_start().starts_with('#') {
        return None;
    }
    let end = content[at..].find("}}").map_or(line.end, |end| line.start + at + end + 2);
    let message = "`{{` begins a template, which YAML reads as braces";
    Some(plain(Span::new(line.start + at, end), message).help(
        "quote the value, as in `\"{{ .Values.name }}\"`; a Helm template must be rendered before it is YAML",
    ))
}

fn unclosed_quote(text: &str, error: &SyntaxError) -> Option<Fault> {
    let open = error.quote(text)?;
    let quote = char_at(text, open)?;
    let fault =
        plain(Span::new(open, open + 1), format!("the text that begins with this `{quote}` is not closed"));
    let help = if quote == '\'' {
        "close it with `'`; within it, `'` is written as `''`"
    } else {
        "close it with `\"`; within it, `\"` is written as `\\\"`; lines that go on must stand deeper than the key"
    };
    let ended = at(text, error.at);
    Some(if ended.start > open + 1 { fault.related(ended, "read up to here") } else { fault }.help(help))
}

fn unclosed_bracket(at: usize, open: char) -> Fault {
    let close = closing(open);
    plain(Span::new(at, at + open.len_utf8()), format!("`{open}` is not closed"))
        .help(format!("add the `{close}`; a text that begins with `{open}` must be quoted"))
}

const fn closing(open: char) -> char {
    if open == '{' { '}' } else { ']' }
}

/// What follows within brackets, where they should have been closed or a comma be.
fn open_bracket(text: &str, error: &SyntaxError) -> Fault {
    let open = error.open.iter().rev().find_map(|open| Some((*open, char_at(text, *open)?)));
    match open.filter(|(_, bracket)| matches!(bracket, '[' | '{')) {
        Some((open, bracket)) => {
            let close = closing(bracket);
            let message = format!("`,` or `{close}` is missing before {}", shown(word(text, error.at)));
            plain(at(text, error.at), message)
                .related(Span::new(open, open + 1), format!("`{bracket}` was opened here"))
                .help(format!("close the `{bracket}`, or put a comma between the values"))
        }
        None => plain(at(text, error.at), "`,` or a closing bracket is missing"),
    }
}

/// A value that begins with a character that means something.
fn indicator(text: &str, at: usize, character: char) -> Fault {
    let value = rest_of_line(text, at);
    let what = match character {
        '*' => "begins the name of an alias",
        '&' => "begins the name of an anchor",
        '%' => "begins a directive",
        _ => "is reserved",
    };
    let quoted = if value.contains('\'') { "double quotes" } else { "quotes" };
    plain(
        Span::new(at, at + value.len()),
        format!(
            "a value cannot begin with `{}`: it {what}",
            text::escape(character.encode_utf8(&mut [0; 4]))
        ),
    )
    .help(format!("put the value in {quoted}: `'{}'`", text::escape(&text::clip(value, 60))))
}

fn unknown_escape(text: &str, error: &SyntaxError) -> Option<Fault> {
    let rest = text.get(error.at + 1..)?;
    let mut chars = rest.char_indices();
    while let Some((index, c)) = chars.next() {
        if c != '\\' {
            continue;
        }
        let (_, escaped) = chars.next()?;
        if !"0abt\tnvfre \"/\\N_LPxuU\n\r".contains(escaped) {
            let start = error.at + 1 + index;
            let name = text::escape(escaped.encode_utf8(&mut [0; 4])).into_owned();
            let message = format!("`\\{name}` is no escape of a double-quoted text");
            return Some(plain(Span::new(start, start + 1 + escaped.len_utf8()), message).help(format!(
                "write `\\\\{name}`, or put the text in single quotes, where a backslash is only itself"
            )));
        }
    }
    None
}

fn behind_quote(text: &str, error: &SyntaxError) -> Fault {
    let single = matches!(error.kind, ErrorKind::InvalidTrailingSingleQuotedScalar);
    let (quote, escaped) = if single { ("'", "''") } else { ("\"", "\\\"") };
    let rest = rest_of_line(text, error.at);
    plain(
        Span::new(error.at, error.at + rest.len()),
        format!("{} stands behind a closing `{quote}`", shown(rest)),
    )
    .help(format!("a `{quote}` within the text is written as `{escaped}`; or put all of the value in quotes"))
}

/// `: ` where there can be none: in a value, or below one that has ended.
fn second_colon(text: &str, error: &SyntaxError) -> Fault {
    let line = line_at(text, error.at);
    let (key_line, here) = (full_line(text, error.last_start), full_line(text, error.at));
    if key_line.start < here.start {
        let key = text.get(line.start..error.at).unwrap_or_default();
        let value = line_at(text, error.last_start);
        let message = format!("{} is read as more of the value above, not as a key", shown(key));
        return plain(Span::new(line.start, error.at), message).related(value, "the value begins here").help(
            "give the key the same indentation as the keys beside it; or write `: ` behind a key above it",
        );
    }
    plain(Span::new(error.at, error.at + 1), "a second `: ` stands in this line")
        .help("a value that has `: ` in it must be quoted; a mapping begins on the line below its key")
}

/// A line at a column where nothing of its document stands.
fn misplaced(text: &str, error: &SyntaxError) -> Fault {
    let line = line_at(text, error.at);
    let content = line.of(text);
    let column = line.start - full_line(text, error.at).start;
    let is_item = content.starts_with("- ") || content == "-";
    if matches!(error.kind, ErrorKind::BlockSequenceEntryNotAllowed) && !is_item {
        return plain(at(text, error.at), "a list cannot begin here")
            .help("begin the list on the line below its key; a text that begins with `- ` must be quoted");
    }
    let first = if is_item { "a list item" } else { shown_kind(content) };
    if error.at > line.start + 2 {
        let rest = rest_of_line(text, error.at);
        return plain(
            Span::new(error.at, error.at + rest.len()),
            format!("{} cannot follow here", shown(rest)),
        )
        .help("quote the value if this belongs to it");
    }
    let mut columns: Vec<usize> =
        error.open.iter().map(|open| *open - full_line(text, *open).start + 1).collect();
    columns.dedup();
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let places = match columns.as_slice() {
        [] => String::new(),
        [one] => format!(": what is open here stands at column {one}"),
        many => format!(": what is open here stands at columns {}", many.join(", ")),
    };
    plain(line, format!("{first} stands at column {}, where nothing goes on{places}", column + 1))
        .help("give it the indentation of the lines that it belongs with")
}

fn shown_kind(content: &str) -> &'static str {
    if content.contains(": ") || content.ends_with(':') { "a key" } else { "a text" }
}

fn tab(text: &str, error: &SyntaxError) -> Fault {
    let from = error.at.min(text.len());
    let line = full_line(text, from);
    let mut start = line.start;
    while start < text.len() {
        let line = full_line(text, start);
        let blanks = line.of(text).bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let span = Span::new(start, start + blanks);
        if span.of(text).contains('\t') {
            return plain(span, "a tab indents this line: YAML takes spaces only")
                .help("put spaces for each tab");
        }
        if start > from {
            break;
        }
        start = (line.end + 1).max(start + 1);
    }
    plain(at(text, from), "a tab stands where YAML takes spaces only").help("put spaces for it")
}

/// The line around `at` without its break.
fn full_line(text: &str, at: usize) -> Span {
    let at = text.floor_char_boundary(at.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let end = text[at..].find('\n').map_or(text.len(), |len| at + len);
    Span::new(start, start + text[start..end].trim_end_matches('\r').len())
}

/// The line around `at` without white space around it.
fn line_at(text: &str, at: usize) -> Span {
    let line = full_line(text, at);
    let content = line.of(text).trim();
    let start = line.start + line.of(text).len() - line.of(text).trim_start().len();
    Span::new(start, start + content.len())
}

fn rest_of_line(text: &str, at: usize) -> &str {
    let end = full_line(text, at).end.max(at);
    text.get(at..end).unwrap_or_default().trim_end()
}

fn word(text: &str, at: usize) -> &str {
    rest_of_line(text, at).split([' ', ',']).next().unwrap_or_default()
}

/// The character at `at`; nothing at the end of the text or of a line.
fn at(text: &str, at: usize) -> Span {
    let at = text.floor_char_boundary(at.min(text.len()));
    let len = char_at(text, at).filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    Span::new(at, at + len)
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

fn shown(text: &str) -> String {
    format!("`{}`", text::escape(&text::clip(text, 60)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Budget, File};

    /// The one syntax fault of `text`: what it spans, its message, and what its help begins with.
    #[track_caller]
    fn check(text: &str, span: &str, message: &str, help: &str) {
        let file = File::parse(text, &Budget::default());
        let faults: Vec<&Fault> = file.faults().iter().filter(|it| it.kind == FaultKind::Syntax).collect();
        assert_eq!(faults.len(), 1, "{:?}", file.faults());
        assert_eq!((faults[0].span.of(text), faults[0].message.as_str()), (span, message));
        let found = faults[0].help.as_deref().unwrap_or_default();
        assert!(found.starts_with(help), "{found}");
    }

    #[test]
    fn quotes_and_brackets_name_where_they_were_opened() {
        check("a: \"x\nb: 1\n", "\"", "the text that begins with this `\"` is not closed", "close it with");
        check("a: 'x\n", "'", "the text that begins with this `'` is not closed", "close it with `'`");
        check("a: [\n'x\n]\n", "'", "the text that begins with this `'` is not closed", "close it");
        check("a: [1, 2\n", "[", "`[` is not closed", "add the `]`");
        check("a: [1, 2\nb: 3\n", ":", "`,` or `]` is missing before `:`", "close the `[`");
        check("a: {b: 1\nc: 2\n", ":", "`,` or `}` is missing before `:`", "close the `{`");
        check("a: [b, {c]\n", "{", "`{` is closed by `]`", "close it with `}`");
        check("a: ]\n", "]", "this bracket closes nothing", "quote");
    }

    #[test]
    fn values_that_begin_with_an_indicator_are_to_be_quoted() {
        check(
            "a: @x y\n",
            "@x y",
            "a value cannot begin with `@`: it is reserved",
            "put the value in quotes: `'@x y'`",
        );
        check("a: `x`\n", "`x`", "a value cannot begin with ```: it is reserved", "put the value");
        check("a: %x\n", "%x", "a value cannot begin with `%`: it begins a directive", "put the value");
        check(
            "a: *\n",
            "*",
            "a value cannot begin with `*`: it begins the name of an alias",
            "put the value",
        );
    }

    #[test]
    fn quoting_faults_say_how_to_escape() {
        check(r#"a: "\\d\d+""#, r"\d", r"`\d` is no escape of a double-quoted text", r"write `\\d`");
        check(
            "a: 'it's'\n",
            "s'",
            "`s'` stands behind a closing `'`",
            "a `'` within the text is written as `''`",
        );
        check("a: \"x\" y\n", "y", "`y` stands behind a closing `\"`", "a `\"` within");
    }

    #[test]
    fn colons_and_indentation_are_explained() {
        check("a: b: c\n", ":", "a second `: ` stands in this line", "a value that has `: ` in it");
        check(
            "a:\n  b: 1\n   c: 2\n",
            "c",
            "`c` is read as more of the value above, not as a key",
            "give the key",
        );
        check("a:b\nc: 1\n", "c", "`c` is read as more of the value above, not as a key", "give the key");
        check(
            "a:\n   b: 1\n c: 2\n",
            "c: 2",
            "a key stands at column 2, where nothing goes on: what is open here stands at column 1",
            "give it",
        );
        check("a: 1\nfoo bar\n", "foo bar", "`foo bar` is neither a key nor a value", "a key needs");
        check("a: - b\n", "-", "a list cannot begin here", "begin the list");
        check("a: *x y\n", "y", "`y` cannot follow here", "quote the value");
        check("a: b #c\n  d\n", "#", "a comment stands within a text of several lines", "` #` begins");
        check("a: |x\n", "a: |x", "text stands behind the `|` or `>` of a block", "write the text");
    }

    #[test]
    fn templates_are_told_from_broken_braces() {
        for text in ["a: {{ x }}y\n", "{{ if x }}\na: 1\n", "a:\n  {{- if x }}\n  b: 1\n"] {
            let file = File::parse(text, &Budget::default());
            let message = "`{{` begins a template, which YAML reads as braces";
            assert_eq!(file.faults().first().map(ToString::to_string).as_deref(), Some(message), "{text}");
        }
    }
}
