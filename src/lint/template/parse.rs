//! Tokens to faults and uses, as Go's `text/template/parse` goes through them.

use std::collections::BTreeMap;

use super::lex::{Keyword, Kind, NO_NAME, Token, UNCLOSED, lex};
use super::names::{VARIABLES, functions, since};
use super::{DEPTH_MAX, FIELDS, Fault, Template, Use, What, number};
use crate::base::span::Span;
use crate::base::suggest::nearest;
use crate::base::text::{clip, escape};
use crate::base::version::Version;
use crate::promql::go_string;

/// The action cannot be read on; the cause has been noted, or is none.
struct Stop;

type Read<T> = Result<T, Stop>;

pub(super) fn run(text: &str, version: Version) -> Template {
    let mut parser = Parser {
        text,
        version,
        tokens: lex(text),
        at: 0,
        variables: VARIABLES.map(str::to_owned).to_vec(),
        blocks: Vec::new(),
        defined: BTreeMap::new(),
        depth: 0,
        shown: true,
        found: Template::default(),
    };
    parser.whole();
    let mut found = parser.found;
    found.faults.sort_by_key(|fault| fault.span);
    found
}

struct Parser<'t> {
    text: &'t str,
    version: Version,
    tokens: Vec<Token>,
    at: usize,
    variables: Vec<String>,
    /// What is open, from the outside in.
    blocks: Vec<Block>,
    /// Templates that the text defines, and whether there is anything in them.
    defined: BTreeMap<String, bool>,
    depth: usize,
    /// Whether the value of the action becomes part of the text.
    shown: bool,
    found: Template,
}

/// An open control structure.
struct Block {
    keyword: Keyword,
    /// Of its keyword.
    span: Span,
    in_else: bool,
    /// How many variables there were before it.
    variables: usize,
    definition: Option<Definition>,
}

/// A template within the template: it knows none of the variables around it.
struct Definition {
    name: String,
    filled: bool,
    around: Vec<String>,
}

/// One part of a command.
enum Operand {
    Function(String),
    Labels,
    Text(String),
    Constant,
    Other,
}

impl Parser<'_> {
    // Tokens.

    fn kind(&self) -> Kind {
        self.tokens[self.at].kind
    }

    fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    fn bump(&mut self) -> Token {
        let token = self.tokens[self.at];
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn skip_space(&mut self) {
        while self.kind() == Kind::Space {
            self.at += 1;
        }
    }

    // Faults.

    fn note(&mut self, span: Span, message: impl Into<String>) -> &mut Fault {
        self.found.faults.push(Fault { span, message: message.into(), help: None, instead: None });
        let last = self.found.faults.len() - 1;
        &mut self.found.faults[last]
    }

    fn stop(&mut self, span: Span, message: impl Into<String>) -> Stop {
        self.note(span, message);
        Stop
    }

    fn unexpected(&mut self, place: &str) -> Stop {
        let token = self.tokens[self.at];
        let shown = escape(&clip(token.span.of(self.text), 40)).into_owned();
        match token.kind {
            Kind::Bad(cause) => {
                let help = match cause {
                    UNCLOSED => Some("close it with `}}`"),
                    NO_NAME => Some("a label with such a character is `{{ index $labels \"my-label\" }}`"),
                    _ => None,
                };
                self.note(token.span, cause).help = help.map(str::to_owned);
            }
            Kind::Eof => {
                self.note(token.span, format!("the template ends in {place}"));
            }
            Kind::Char if token.span.of(self.text) == "{" => {
                self.note(token.span, "an action begins within another").help =
                    Some("close the first with `}}`".to_owned());
            }
            _ => {
                self.note(token.span, format!("unexpected `{shown}` in {place}"));
            }
        }
        Stop
    }

    // Structure.

    fn whole(&mut self) {
        loop {
            self.skip_space();
            let token = self.bump();
            match token.kind {
                Kind::Eof => break,
                Kind::Text { blank } => self.fill(!blank),
                Kind::LeftDelim => {
                    self.shown = true;
                    self.depth = 0;
                    if self.action().is_err() {
                        self.leave_action();
                    }
                }
                _ => {}
            }
        }
        while let Some(block) = self.blocks.pop() {
            let word = block.span.of(self.text);
            let message = format!("`{word}` has no `{{{{ end }}}}`");
            self.note(block.span, message).help = Some("add `{{ end }}` where it ends".to_owned());
        }
    }

    /// What stands directly in a definition.
    fn fill(&mut self, filled: bool) {
        let around = self.blocks.iter_mut().rev().find_map(|block| block.definition.as_mut());
        if let Some(definition) = around {
            definition.filled |= filled;
        }
    }

    fn leave_action(&mut self) {
        while !matches!(self.kind(), Kind::RightDelim | Kind::Eof) {
            self.at += 1;
        }
        self.bump();
    }

    fn action(&mut self) -> Read<()> {
        self.skip_space();
        let Kind::Keyword(keyword) = self.kind() else {
            self.fill(true);
            return self.pipeline("an action", Kind::RightDelim);
        };
        if keyword == Keyword::Define && !self.blocks.is_empty() {
            return Err(self.unexpected("a block: templates are defined outside of all blocks"));
        }
        let span = self.bump().span;
        match keyword {
            Keyword::End => self.end(span),
            Keyword::Else => self.otherwise(span),
            Keyword::If | Keyword::With | Keyword::Range => {
                self.fill(true);
                self.open(keyword, span, None);
                self.control(keyword)
            }
            Keyword::Define => {
                let name = self.template_name("`define`");
                self.open_definition(keyword, span, name.as_deref().unwrap_or_default());
                name?;
                self.close_action("`define`")
            }
            Keyword::Block => {
                self.fill(true);
                let name = self.template_name("`block`");
                let read = name.as_ref().ok().map(|_| self.pipeline("`block`", Kind::RightDelim));
                self.open_definition(keyword, span, name.as_deref().unwrap_or_default());
                name?;
                read.unwrap_or(Ok(()))
            }
            Keyword::Template => {
                self.fill(true);
                self.template_name("`template`")?;
                self.skip_space();
                if self.kind() == Kind::RightDelim {
                    self.bump();
                    return Ok(());
                }
                self.shown = false;
                self.pipeline("`template`", Kind::RightDelim)
            }
            Keyword::Break | Keyword::Continue => {
                self.fill(true);
                self.close_action("`break` or `continue`")?;
                let last = self.blocks.iter().rposition(|block| block.definition.is_some());
                let own = &self.blocks[last.map_or(0, |at| at + 1)..];
                if own.iter().any(|block| block.keyword == Keyword::Range && !block.in_else) {
                    return Ok(());
                }
                let word = span.of(self.text);
                let message = format!("`{word}` stands outside of `range`");
                self.note(span, message);
                Ok(())
            }
        }
    }

    fn close_action(&mut self, place: &str) -> Read<()> {
        self.skip_space();
        if self.kind() != Kind::RightDelim {
            return Err(self.unexpected(place));
        }
        self.bump();
        Ok(())
    }

    fn template_name(&mut self, place: &str) -> Read<String> {
        self.skip_space();
        if self.kind() != Kind::String {
            return Err(self.unexpected(place));
        }
        let span = self.bump().span;
        self.string(span)
    }

    fn open(&mut self, keyword: Keyword, span: Span, definition: Option<Definition>) {
        let variables = self.variables.len();
        self.blocks.push(Block { keyword, span, in_else: false, variables, definition });
    }

    fn open_definition(&mut self, keyword: Keyword, span: Span, name: &str) {
        let around = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        self.open(keyword, span, Some(Definition { name: name.to_owned(), filled: false, around }));
    }

    fn control(&mut self, keyword: Keyword) -> Read<()> {
        self.shown = false;
        let place = match keyword {
            Keyword::If => "`if`",
            Keyword::With => "`with`",
            _ => "`range`",
        };
        self.pipeline(place, Kind::RightDelim)
    }

    fn end(&mut self, span: Span) -> Read<()> {
        match self.blocks.pop() {
            None => {
                self.note(span, "there is nothing open that this `end` could end");
            }
            Some(block) => {
                self.variables.truncate(block.variables);
                if let Some(definition) = block.definition {
                    self.variables = definition.around;
                    self.define(definition.name, definition.filled, block.span);
                }
            }
        }
        self.close_action("`end`")
    }

    fn define(&mut self, name: String, filled: bool, span: Span) {
        let before = self.defined.get(&name).copied().unwrap_or(false);
        if before && filled {
            let message = format!("the template `{}` is defined twice", escape(&clip(&name, 40)));
            self.note(span, message);
        }
        self.defined.insert(name, before || filled);
    }

    fn otherwise(&mut self, span: Span) -> Read<()> {
        self.skip_space();
        let chained = match self.kind() {
            Kind::Keyword(keyword @ (Keyword::If | Keyword::With)) => Some(keyword),
            _ => None,
        };
        let Some(block) = self.blocks.last_mut() else {
            self.note(span, "there is nothing open that this `else` could belong to");
            return Err(Stop);
        };
        if block.definition.is_some() {
            return Err(self.stop(span, "a definition of a template has no `else`"));
        }
        if block.in_else {
            return Err(self.stop(span, "a second `else` of the same block"));
        }
        let of = block.keyword;
        match chained {
            Some(keyword) if keyword == of => {
                self.bump();
                self.control(keyword)
            }
            Some(_) => {
                block.in_else = true;
                Err(self.unexpected("`else` of another kind of block"))
            }
            None => {
                block.in_else = true;
                self.close_action("`else`")
            }
        }
    }

    // Pipelines.

    fn pipeline(&mut self, place: &str, end: Kind) -> Read<()> {
        self.declarations(place)?;
        let mut commands = 0_usize;
        loop {
            self.skip_space();
            let start = self.span();
            if self.kind() == end {
                self.bump();
                if commands == 0 {
                    let message = match place {
                        "an action" => "the action is empty".to_owned(),
                        _ => format!("{place} has no value"),
                    };
                    self.note(start, message);
                }
                return Ok(());
            }
            if !begins_operand(self.kind()) {
                return Err(self.unexpected(place));
            }
            let first = self.command()?;
            if commands > 0 && matches!(first, Some(Operand::Constant | Operand::Text(_))) {
                self.note(start, "a constant takes no value from the `|` before it").help =
                    Some("name a function behind the `|`".to_owned());
            }
            commands += 1;
        }
    }

    /// `$x :=`, `$x =`, and in `range` also `$i, $x :=`.
    fn declarations(&mut self, place: &str) -> Read<()> {
        let mut declared = 0;
        loop {
            self.skip_space();
            if self.kind() != Kind::Variable {
                return Ok(());
            }
            let before = self.at;
            let variable = self.bump().span;
            self.skip_space();
            let comma = self.kind() == Kind::Char && self.span().of(self.text) == ",";
            match self.kind() {
                Kind::Assign | Kind::Declare => {
                    self.bump();
                    self.shown = false;
                    self.variables.push(variable.of(self.text).to_owned());
                    return Ok(());
                }
                _ if comma => {
                    let span = self.bump().span;
                    declared += 1;
                    self.variables.push(variable.of(self.text).to_owned());
                    if place != "`range`" || declared > 1 {
                        return Err(self.stop(span, format!("{place} declares one variable at most here")));
                    }
                    self.skip_space();
                    if !matches!(self.kind(), Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err(self.unexpected("`range`, behind the first variable"));
                    }
                }
                _ => {
                    self.at = before;
                    return Ok(());
                }
            }
        }
    }

    /// Reads a command and the `|` behind it. Its first operand.
    fn command(&mut self) -> Read<Option<Operand>> {
        let mut operands: Vec<(Operand, Span)> = Vec::new();
        loop {
            self.skip_space();
            let start = self.span();
            if begins_operand(self.kind()) {
                operands.push((self.operand()?, start));
            }
            match self.kind() {
                Kind::Space => {}
                Kind::RightDelim | Kind::RightParen => break,
                Kind::Pipe => {
                    self.bump();
                    break;
                }
                _ => return Err(self.unexpected("a command")),
            }
        }
        if let [(Operand::Function(index), _), (Operand::Labels, start), (Operand::Text(label), end), ..] =
            &operands[..]
            && index == "index"
        {
            let (span, what) = (start.to(*end), What::Label(label.clone()));
            self.found.uses.push(Use { span, what, shown: self.shown });
        }
        Ok(operands.into_iter().next().map(|(first, _)| first))
    }

    fn operand(&mut self) -> Read<Operand> {
        let token = self.bump();
        let (kind, span) = (token.kind, token.span);
        let text = span.of(self.text);
        let operand = match kind {
            Kind::Identifier => {
                self.function(span);
                Operand::Function(text.to_owned())
            }
            Kind::LeftParen => {
                self.parentheses()?;
                Operand::Other
            }
            Kind::String => Operand::Text(self.string(span)?),
            Kind::CharConstant => {
                if !go_string(text).is_ok_and(|text| text.chars().count() == 1) {
                    self.note(span, "single quotes hold one character").help =
                        Some("strings stand in double quotes".to_owned());
                }
                Operand::Constant
            }
            Kind::Number => {
                if let Some(cause) = number::refuse(text) {
                    let message = format!("`{}` {cause}", escape(&clip(text, 40)));
                    self.note(span, message);
                }
                Operand::Constant
            }
            Kind::Variable | Kind::Field => return Ok(self.path(kind, span)),
            _ => Operand::Constant,
        };
        if self.kind() == Kind::Field {
            if matches!(operand, Operand::Constant | Operand::Text(_)) {
                let field = self.span();
                return Err(self.stop(field, "a constant has no fields"));
            }
            while self.kind() == Kind::Field {
                self.bump();
            }
        }
        Ok(operand)
    }

    fn parentheses(&mut self) -> Read<()> {
        if self.depth >= DEPTH_MAX {
            return Err(Stop);
        }
        self.depth += 1;
        let result = self.pipeline("parentheses", Kind::RightParen);
        self.depth -= 1;
        result
    }

    fn string(&mut self, span: Span) -> Read<String> {
        match go_string(span.of(self.text)) {
            Ok(text) => Ok(text),
            Err((offset, cause)) => {
                let at = span.start + offset;
                Err(self.stop(Span::new(at, at + 1), cause))
            }
        }
    }

    fn function(&mut self, span: Span) {
        let name = span.of(self.text).to_owned();
        let shown = escape(&clip(&name, 40)).into_owned();
        let version = self.version;
        match since(&name) {
            Some(Some(first)) if first > version => {
                self.note(span, format!("the function `{shown}` needs Prometheus >= {first}"));
            }
            Some(_) => {}
            None => {
                let variable = format!("${name}");
                let instead = if self.variables.contains(&variable) {
                    Some(variable)
                } else {
                    match name.as_str() {
                        "upper" => Some("toUpper".to_owned()),
                        "lower" => Some("toLower".to_owned()),
                        _ => nearest(&name, functions(version)).map(str::to_owned),
                    }
                };
                let fault = self.note(span, format!("there is no function `{shown}`"));
                fault.help = instead.as_ref().map(|instead| format!("did you mean `{instead}`?"));
                fault.instead = instead;
            }
        }
    }

    /// A variable or a field, with the fields behind it.
    fn path(&mut self, kind: Kind, first: Span) -> Operand {
        let mut span = first;
        let mut names = vec![first.of(self.text)];
        while self.kind() == Kind::Field {
            let field = self.tokens[self.at].span;
            self.at += 1;
            names.push(field.of(self.text));
            span = span.to(field);
        }
        let names: Vec<String> =
            names.into_iter().map(|name| name.trim_start_matches('.').to_owned()).collect();
        if kind == Kind::Variable && !self.variables.contains(&names[0]) {
            self.unknown_variable(first, &names[0]);
            return Operand::Other;
        }
        let own_dot = !self.blocks.iter().any(|block| {
            block.definition.is_some()
                || (matches!(block.keyword, Keyword::With | Keyword::Range) && !block.in_else)
        });
        let defining = self.blocks.iter().any(|block| block.definition.is_some());
        let path: Vec<&str> = names.iter().map(String::as_str).collect();
        let path = match path[..] {
            ["$", ..] if !defining => &path[1..],
            ["$labels", ..] => &[&["Labels"], &path[1..]].concat(),
            ["$value", ..] => &["Value"],
            _ if kind == Kind::Field && own_dot => &path[..],
            _ => return Operand::Other,
        };
        let what = match path {
            ["Labels"] => return Operand::Labels,
            ["Labels", label, ..] => What::Label((*label).to_owned()),
            ["Value", ..] => What::Value,
            [field, ..] if !FIELDS.contains(field) => What::Field((*field).to_owned()),
            _ => return Operand::Other,
        };
        self.found.uses.push(Use { span, what, shown: self.shown });
        Operand::Other
    }

    fn unknown_variable(&mut self, span: Span, name: &str) {
        let instead = nearest(name, self.variables.iter().map(String::as_str).filter(|known| *known != "$"));
        let instead = instead.map(str::to_owned);
        let shown = escape(&clip(name, 40)).into_owned();
        let fault = self.note(span, format!("there is no variable `{shown}`"));
        fault.help = Some(match &instead {
            Some(instead) => format!("did you mean `{instead}`?"),
            None => "rules have `$labels`, `$value`, `$externalLabels` and `$externalURL`".to_owned(),
        });
        fault.instead = instead;
    }
}

fn begins_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::CharConstant
            | Kind::Complex
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Nil
            | Kind::String
            | Kind::Variable
            | Kind::LeftParen
    )
}
