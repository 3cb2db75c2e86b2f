//! Reads RE2 syntax into `regex-syntax`'s tree, flags resolved and every class spelled out.
//!
//! Without recursion: open groups are a stack, so a pattern of a million parentheses costs memory, not the
//! thread's stack; what is left of depth is bounded by [`DEPTH_MAX`].

use regex_syntax::hir::{
    Capture, Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, HirKind, Look, Repetition,
};

use super::{RegexError, class};

/// How deep groups and repetitions may nest.
pub(super) const DEPTH_MAX: u32 = 250;
/// RE2's bound on a repetition, and on the product of nested ones.
const REPEAT_MAX: u32 = 1000;
/// Ranges that all classes of one pattern may have in sum.
const RANGES_MAX: usize = 1_000_000;

/// How the whole of a pattern is to be read.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// `.` matches a newline.
    pub(super) dot_newline: bool,
    /// The pattern is pasted between parentheses before Go reads it: `\Q` without `\E` would quote the last one.
    pub(super) pasted: bool,
}

/// A pattern as a tree.
pub(super) struct Tree {
    /// Not yet anchored. Groups are numbered in the order of their `(`, from 1, and have no names.
    pub(super) hir: Hir,
    /// The names of the groups, from the first.
    pub(super) groups: Vec<Option<Box<str>>>,
}

/// The tree of `pattern`.
pub(super) fn parse(pattern: &str, reading: Reading) -> Result<Tree, RegexError> {
    let mut parser = Parser {
        pattern,
        pos: 0,
        pasted: reading.pasted,
        flags: Flags { fold: false, multi_line: false, dot_newline: reading.dot_newline, swap_greed: false },
        group: Group::default(),
        outer: Vec::new(),
        groups: Vec::new(),
        ranges: 0,
        after_repeat: false,
    };
    while parser.pos < pattern.len() {
        parser.step()?;
    }
    match parser.outer.pop() {
        Some((_, open)) => Err(error(open.offset, "the group is not closed").help("add `)`, or write `\\(`")),
        None => Ok(Tree { hir: parser.group.finish().hir, groups: parser.groups }),
    }
}

#[derive(Clone, Copy)]
struct Flags {
    /// `i`
    fold: bool,
    /// `m`
    multi_line: bool,
    /// `s`
    dot_newline: bool,
    /// `U`
    swap_greed: bool,
}

/// A piece of the pattern, with what its nesting has used up.
struct Item {
    hir: Hir,
    depth: u32,
    /// Product of nested counted repetitions.
    repeats: u32,
}

/// Branches read so far, and the items of the current one.
#[derive(Default)]
struct Group {
    branches: Vec<Item>,
    items: Vec<Item>,
}

/// What an open group goes back to when it closes.
struct Open {
    offset: usize,
    flags: Flags,
    capture: Option<u32>,
}

struct Parser<'p> {
    pattern: &'p str,
    pos: usize,
    pasted: bool,
    flags: Flags,
    group: Group,
    /// Enclosing groups, each with the `(` of the group inside it.
    outer: Vec<(Group, Open)>,
    /// The names of the groups opened so far.
    groups: Vec<Option<Box<str>>>,
    ranges: usize,
    /// The step before was a repetition operator: one more would be `a**`.
    after_repeat: bool,
}

impl Group {
    fn end_branch(&mut self) {
        let branch = join(&mut self.items, Hir::concat);
        self.branches.push(branch);
    }

    fn finish(mut self) -> Item {
        self.end_branch();
        join(&mut self.branches, Hir::alternation)
    }
}

fn join(items: &mut Vec<Item>, how: fn(Vec<Hir>) -> Hir) -> Item {
    let depth = items.iter().map(|item| item.depth).max().unwrap_or(0);
    let repeats = items.iter().map(|item| item.repeats).max().unwrap_or(1);
    Item { hir: how(items.drain(..).map(|item| item.hir).collect()), depth, repeats }
}

fn error(offset: usize, message: impl Into<String>) -> RegexError {
    RegexError { offset, message: message.into(), help: None }
}

impl RegexError {
    fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }
}

impl<'p> Parser<'p> {
    fn rest(&self) -> &'p str {
        &self.pattern[self.pos..]
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        self.pos += if found { prefix.len() } else { 0 };
        found
    }

    fn step(&mut self) -> Result<(), RegexError> {
        let start = self.pos;
        let after_repeat = std::mem::take(&mut self.after_repeat);
        let Some(c) = self.next() else { return Ok(()) };
        match c {
            '(' if self.rest().starts_with('?') => return self.perl_group(start),
            '(' => self.open_capture(start, None),
            ')' => return self.close(start),
            '|' => self.group.end_branch(),
            '^' => self.look(if self.flags.multi_line { Look::StartLF } else { Look::Start }),
            '$' => self.look(if self.flags.multi_line { Look::EndLF } else { Look::End }),
            '.' if self.flags.dot_newline => self.push(Hir::dot(Dot::AnyChar)),
            '.' => self.push(Hir::dot(Dot::AnyCharExceptLF)),
            '[' => {
                let class = self.class(start)?;
                self.push_class(class, start)?;
            }
            '*' => return self.repeat(start, 0, None, after_repeat),
            '+' => return self.repeat(start, 1, None, after_repeat),
            '?' => return self.repeat(start, 0, Some(1), after_repeat),
            '{' => match self.counts() {
                Some((min, max)) => return self.repeat(start, min, max, after_repeat),
                None => self.literal('{'),
            },
            '\\' => return self.escape(start),
            c => self.literal(c),
        }
        Ok(())
    }

    fn push(&mut self, hir: Hir) {
        self.group.items.push(Item { hir, depth: 0, repeats: 1 });
    }

    fn look(&mut self, look: Look) {
        self.push(Hir::look(look));
    }

    fn literal(&mut self, c: char) {
        if self.flags.fold {
            let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            class.case_fold_simple();
            self.push(Hir::class(Class::Unicode(class)));
        } else {
            self.push(Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()));
        }
    }

    fn push_class(&mut self, class: ClassUnicode, start: usize) -> Result<(), RegexError> {
        self.ranges += class.ranges().len();
        if self.ranges > RANGES_MAX {
            return Err(error(start, "the expression is too large: too many character ranges"));
        }
        self.push(Hir::class(Class::Unicode(class)));
        Ok(())
    }

    fn open_capture(&mut self, offset: usize, name: Option<&str>) {
        self.groups.push(name.map(Box::from));
        let index = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        self.open(Open { offset, flags: self.flags, capture: Some(index) });
    }

    fn open(&mut self, open: Open) {
        self.outer.push((std::mem::take(&mut self.group), open));
    }

    fn close(&mut self, start: usize) -> Result<(), RegexError> {
        let Some((outer, open)) = self.outer.pop() else {
            return Err(error(start, "`)` closes no group").help("write `\\)` for the character"));
        };
        let mut item = std::mem::replace(&mut self.group, outer).finish();
        self.flags = open.flags;
        if let Some(index) = open.capture {
            item.hir = Hir::capture(Capture { index, name: None, sub: Box::new(item.hir) });
        }
        item.depth += 1;
        self.nest(item, open.offset)
    }

    fn nest(&mut self, item: Item, offset: usize) -> Result<(), RegexError> {
        if item.depth > DEPTH_MAX {
            return Err(error(offset, format!("groups and repetitions nest deeper than {DEPTH_MAX}")));
        }
        self.group.items.push(item);
        Ok(())
    }

    /// After `(`, at `?`: a named group, a group with flags, or flags for the rest of this group.
    fn perl_group(&mut self, start: usize) -> Result<(), RegexError> {
        let lookbehind = ["?<=", "?<!"].iter().any(|open| self.rest().starts_with(open));
        if !lookbehind && (self.eat("?P<") || self.eat("?<")) {
            let name = self.rest().split_once('>').map(|(name, _)| name);
            let valid = |name: &&str| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            };
            let Some(name) = name.filter(valid) else {
                return Err(error(start, "the group's name is not made of ASCII letters, digits and `_`"));
            };
            self.pos += name.len() + 1;
            self.open_capture(start, Some(name));
            return Ok(());
        }
        let refuse = |end: usize| {
            let text = self.pattern[start..].get(..end - start).unwrap_or("(?");
            let text = crate::base::text::escape(text).into_owned();
            error(start, format!("`{text}` is no group or flag of RE2"))
                .help("groups are `(…)`, `(?:…)` and `(?P<name>…)`, flags `i`, `m`, `s`, `U`; no lookaround")
        };
        let mut flags = self.flags;
        let mut value = true;
        let mut flagless = false; // after `-`, a flag has to come
        let mut chars = self.pattern[start + 2..].char_indices();
        for (at, c) in &mut chars {
            let end = start + 2 + at + c.len_utf8();
            match c {
                'i' => flags.fold = value,
                'm' => flags.multi_line = value,
                's' => flags.dot_newline = value,
                'U' => flags.swap_greed = value,
                '-' if value => value = false,
                ':' | ')' if !flagless => {
                    if c == ':' {
                        self.open(Open { offset: start, flags: self.flags, capture: None });
                    }
                    self.flags = flags;
                    self.pos = end;
                    return Ok(());
                }
                _ => return Err(refuse(end)),
            }
            flagless = c == '-';
        }
        Err(refuse(self.pattern.len()))
    }

    /// After `{`: the numbers of `{n}`, `{n,}`, `{n,m}`, and past the `}`. `None`, and nothing read, where the
    /// brace is just a brace. Numbers past `u32` count as its maximum, which is past any bound.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        fn number(text: &str) -> Option<u32> {
            let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let leading_zero = text.len() > 1 && text.starts_with('0');
            (plain && !leading_zero).then(|| text.parse().unwrap_or(u32::MAX))
        }
        let len = self.rest().bytes().take_while(|b| b.is_ascii_digit() || *b == b',').count();
        let (inner, after) = self.rest().split_at(len);
        if !after.starts_with('}') {
            return None;
        }
        let counts = match inner.split_once(',') {
            None => number(inner).map(|n| (n, Some(n)))?,
            Some((min, "")) => (number(min)?, None),
            Some((min, max)) => (number(min)?, Some(number(max)?)),
        };
        self.pos += inner.len() + 1;
        Some(counts)
    }

    fn repeat(
        &mut self,
        start: usize,
        min: u32,
        max: Option<u32>,
        after_repeat: bool,
    ) -> Result<(), RegexError> {
        let counted = self.pattern[start..].starts_with('{');
        let operator = &self.pattern[start..self.pos];
        if min > REPEAT_MAX || max.is_some_and(|max| max > REPEAT_MAX || max < min) {
            return Err(error(start, format!("`{operator}` is no count up to {REPEAT_MAX}")));
        }
        let greedy = !self.eat("?") ^ self.flags.swap_greed;
        if after_repeat {
            return Err(error(start, format!("`{operator}` follows another repetition"))
                .help("put the first one in a group: `(?:…)`"));
        }
        let Some(sub) = self.group.items.pop() else {
            return Err(error(start, format!("`{operator}` has nothing to repeat"))
                .help("a glob is no regular expression: write `.*` for anything, `\\*` for the character"));
        };
        let repeats = match (counted, max) {
            (true, Some(0)) => 1,
            (true, bound) => sub.repeats.saturating_mul(bound.unwrap_or(min).max(1)),
            (false, _) => sub.repeats,
        };
        if repeats > REPEAT_MAX {
            return Err(error(start, format!("nested repetitions multiply to more than {REPEAT_MAX}")));
        }
        // The tree is printed to be compiled, and its printer puts no group around a repetition: `(?:a+)?`
        // would become `a+?`. An alternation is put in a group.
        let nested = matches!(sub.hir.kind(), HirKind::Repetition(_));
        let hir = if nested { Hir::alternation(vec![sub.hir, Hir::fail()]) } else { sub.hir };
        let hir = Hir::repetition(Repetition { min, max, greedy, sub: Box::new(hir) });
        self.after_repeat = true;
        self.nest(Item { hir, depth: sub.depth + 1, repeats }, start)
    }

    /// After `\`, outside of a class.
    fn escape(&mut self, start: usize) -> Result<(), RegexError> {
        if self.eat("A") {
            self.look(Look::Start);
        } else if self.eat("z") {
            self.look(Look::End);
        } else if self.eat("b") {
            self.look(Look::WordAscii);
        } else if self.eat("B") {
            self.look(Look::WordAsciiNegate);
        } else if self.eat("Q") {
            let (quoted, end) = match self.rest().split_once("\\E") {
                Some((quoted, _)) => (quoted, quoted.len() + 2),
                None if self.pasted => {
                    return Err(error(start, "`\\Q` is not closed").help("end the quoted part with `\\E`"));
                }
                None => (self.rest(), self.rest().len()),
            };
            quoted.chars().for_each(|c| self.literal(c));
            self.pos += end;
        } else if let Some(mut class) = self.escaped_class(start)? {
            if self.flags.fold {
                class.case_fold_simple();
            }
            self.push_class(class, start)?;
        } else {
            let code = self.escaped_char(start)?;
            match char::from_u32(code) {
                Some(c) => self.literal(c),
                None => self.push(Hir::fail()), // a surrogate: no text has it
            }
        }
        Ok(())
    }

    /// After `\`: `\d` and its like, `\pL`, `\p{Greek}`, and their negations; nothing read if it is none.
    fn escaped_class(&mut self, start: usize) -> Result<Option<ClassUnicode>, RegexError> {
        let Some(letter) = self.rest().chars().next() else { return Ok(None) };
        let mut negated = letter.is_ascii_uppercase();
        let mut class = if let Some(class) = class::perl(letter.to_ascii_lowercase()) {
            self.pos += 1;
            class
        } else if matches!(letter, 'p' | 'P') {
            self.pos += 1;
            let name = if self.eat("{") {
                let Some((name, _)) = self.rest().split_once('}') else {
                    return Err(error(start, format!("`\\{letter}{{` is not closed")));
                };
                self.pos += name.len() + 1;
                name
            } else {
                let at = self.pos;
                self.next();
                &self.pattern[at..self.pos]
            };
            let bare = name.strip_prefix('^').unwrap_or(name);
            negated ^= bare.len() != name.len();
            class::unicode(bare).ok_or_else(|| {
                let text = crate::base::text::escape(&self.pattern[start..self.pos]).into_owned();
                error(start, format!("`{text}` is no Unicode class of RE2"))
                    .help("general categories go by their short names (`\\pL`, `\\p{Lu}`), scripts by their full ones (`\\p{Greek}`)")
            })?
        } else {
            return Ok(None);
        };
        if negated {
            // Folding comes before the negation: `(?i)\W` does not match `ſ`, which folds to `s`.
            if self.flags.fold {
                class.case_fold_simple();
            }
            class.negate();
        }
        Ok(Some(class))
    }

    /// The same before the `\`.
    fn escaped_class_here(&mut self, start: usize) -> Result<Option<ClassUnicode>, RegexError> {
        let class = if self.eat("\\") { self.escaped_class(start)? } else { None };
        if class.is_none() {
            self.pos = start;
        }
        Ok(class)
    }

    /// After `\`: the code point of an escaped character.
    fn escaped_char(&mut self, start: usize) -> Result<u32, RegexError> {
        let Some(c) = self.next() else {
            return Err(
                error(start, "the expression ends with a backslash").help("write `\\\\` for the character")
            );
        };
        let code = match c {
            'a' => Some(0x07),
            'f' => Some(0x0C),
            'n' => Some(0x0A),
            'r' => Some(0x0D),
            't' => Some(0x09),
            'v' => Some(0x0B),
            // A single digit but 0 would be a back-reference.
            '1'..='7' if !self.rest().starts_with(|c| matches!(c, '0'..='7')) => None,
            '0'..='7' => {
                let digits = self.rest().bytes().take(2).take_while(|b| matches!(b, b'0'..=b'7')).count();
                self.pos += digits;
                u32::from_str_radix(&self.pattern[self.pos - digits - 1..self.pos], 8).ok()
            }
            'x' => self.hex(),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
            _ => None,
        };
        code.ok_or_else(|| {
            let text = crate::base::text::escape(&self.pattern[start..self.pos]).into_owned();
            error(start, format!("`{text}` is no escape of RE2")).help(match c {
                '1'..='9' => "RE2 has no back-references",
                'Z' => "write `\\z` for the end of the text",
                'u' | 'U' => "write `\\x{…}` for a code point",
                _ => "a backslash before a letter needs one of the known escapes; leave it out for the letter itself",
            })
        })
    }

    /// After `\x`: two hexadecimal digits, or any number of them in braces.
    fn hex(&mut self) -> Option<u32> {
        let digits = if self.eat("{") {
            let (digits, _) = self.rest().split_once('}')?;
            self.pos += digits.len() + 1;
            let significant = digits.trim_start_matches('0');
            if !digits.is_empty() && significant.is_empty() { "0" } else { significant }
        } else {
            let digits = self.rest().get(..2)?;
            self.pos += 2;
            digits
        };
        let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let code = hex.then(|| u32::from_str_radix(digits, 16).ok())??;
        (code <= u32::from(char::MAX)).then_some(code)
    }

    /// After `[`, up to and with the `]`.
    fn class(&mut self, start: usize) -> Result<ClassUnicode, RegexError> {
        let negated = self.eat("^");
        let mut ranges: Vec<ClassUnicodeRange> = Vec::new();
        let mut first = true;
        loop {
            if !first && self.eat("]") {
                break;
            }
            first = false;
            let at = self.pos;
            let before = ranges.len();
            if let Some(class) = self.posix_class(at)? {
                ranges.extend(class.iter());
            } else if let Some(class) = self.escaped_class_here(at)? {
                ranges.extend(class.iter());
            } else {
                let low = self.class_char(start)?;
                let high = match self.rest().strip_prefix('-') {
                    Some(after) if !after.is_empty() && !after.starts_with(']') => {
                        self.pos += 1;
                        self.class_char(start)?
                    }
                    _ => low,
                };
                if high < low {
                    let text = crate::base::text::escape(&self.pattern[at..self.pos]).into_owned();
                    return Err(error(at, format!("the range `{text}` runs backwards")));
                }
                ranges.extend(class::range(low, high));
            }
            self.ranges += ranges.len() - before;
            if self.ranges > RANGES_MAX {
                return Err(error(start, "the expression is too large: too many character ranges"));
            }
        }
        let mut class = ClassUnicode::new(ranges);
        if self.flags.fold {
            class.case_fold_simple();
        }
        if negated {
            class.negate();
        }
        Ok(class)
    }

    /// `[:name:]` or `[:^name:]` at this place of a class; nothing read if it is none.
    fn posix_class(&mut self, start: usize) -> Result<Option<ClassUnicode>, RegexError> {
        let Some((name, _)) = self.rest().strip_prefix("[:").and_then(|after| after.split_once(":]")) else {
            return Ok(None);
        };
        self.pos += name.len() + 4;
        let bare = name.strip_prefix('^').unwrap_or(name);
        let mut class = class::posix(bare).ok_or_else(|| {
            let name = crate::base::text::escape(name).into_owned();
            error(start, format!("`[:{name}:]` is no class of RE2"))
        })?;
        if bare.len() != name.len() {
            if self.flags.fold {
                class.case_fold_simple();
            }
            class.negate();
        }
        Ok(Some(class))
    }

    /// One character of a class, escaped or not.
    fn class_char(&mut self, class: usize) -> Result<u32, RegexError> {
        let start = self.pos;
        match self.next() {
            None => Err(error(class, "the character class is not closed").help("add `]`, or write `\\[`")),
            Some('\\') => self.escaped_char(start),
            Some(c) => Ok(u32::from(c)),
        }
    }
}
