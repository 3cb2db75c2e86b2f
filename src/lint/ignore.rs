//! Comments that switch findings off: `# obsctl: ignore RULE reason` for a line, `# obsctl: ignore-file RULE reason`
//! for a file.
//!
//! RULE is a rule, a family, or several with commas between. Behind something, the comment is for its own line; alone
//! on a line, for the next one that is not a comment. Of a line that opens a block scalar, the text of that is meant
//! too. A file that is held in another has comments of its own.

use super::choice::{Choice, Name, UnknownName};
use super::rules::lint::{IGNORE_WITHOUT_REASON, UNUSED_IGNORE};
use super::{By, Suppressed};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Safety};
use crate::yaml::{Comment, File};

/// One comment, read.
struct Ignore {
    names: Vec<Result<Name, UnknownName>>,
    reason: String,
    /// The comment.
    span: Span,
    /// Where findings must begin.
    scope: Span,
    used: bool,
}

/// Takes the findings of `file` out of `findings` that its comments switch off, and adds those about the comments
/// themselves.
pub(super) fn apply(file: &File, choice: &Choice, findings: &mut Vec<Finding>) -> Vec<Suppressed> {
    let comments = file.comments().iter().filter_map(|comment| read(file, comment));
    let mut ignores: Vec<Ignore> = comments.collect();
    if ignores.is_empty() {
        return Vec::new();
    }
    let mut suppressed = Vec::new();
    for finding in std::mem::take(findings) {
        let mut all = ignores.iter_mut();
        match all.find(|it| it.has(&finding)) {
            Some(ignore) => {
                ignore.used = true;
                suppressed.push(Suppressed { finding, by: By::Comment(ignore.reason.clone()) });
            }
            None => findings.push(finding),
        }
    }
    let about = ignores.iter().flat_map(|ignore| faults(file, ignore, choice));
    findings.extend(about.filter(|finding| choice.has(finding.rule)));
    suppressed
}

impl Ignore {
    fn has(&self, finding: &Finding) -> bool {
        let at = finding.span.start;
        let within = self.scope.contains(at) || at == self.scope.end;
        within && self.names.iter().flatten().any(|name| name.has(finding.rule))
    }
}

fn read(file: &File, comment: &Comment) -> Option<Ignore> {
    let rest = comment.text.trim_start().strip_prefix("obsctl:")?.trim_start();
    let (whole, rest) = match rest.strip_prefix("ignore-file") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("ignore")?),
    };
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let mut words = rest.split_whitespace().peekable();
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        names.extend(word.split(',').filter(|name| !name.is_empty()).map(Name::parse));
        if !word.ends_with(',') && words.peek().is_none_or(|next| !next.starts_with(',')) {
            break;
        }
    }
    let reason = words.collect::<Vec<_>>().join(" ");
    let scope = if whole { Span::new(0, file.text().len()) } else { scope(file, comment.span) };
    Some(Ignore { names, reason, span: comment.span, scope, used: false })
}

/// The lines that a comment is for.
fn scope(file: &File, comment: Span) -> Span {
    let text = file.text();
    let line_of = |number| file.lines().span(text, number);
    let mut number = file.position(comment.start).line;
    let begin = line_of(number).map_or(0, |line| line.start);
    if text[begin..comment.start].trim().is_empty() {
        number += 1;
        while line_of(number).is_some_and(|line| line.of(text).trim_start().starts_with('#')) {
            number += 1;
        }
    }
    let Some(line) = line_of(number) else { return Span::new(text.len(), text.len()) };
    let mut end = line.end;
    if opens_block(line.of(text)) {
        let indent = indent(line.of(text));
        while let Some(next) = line_of(number + 1) {
            let inner = next.of(text);
            if !inner.trim().is_empty() && self::indent(inner) <= indent {
                break;
            }
            (number, end) = (number + 1, next.end);
        }
    }
    Span::new(line.start, end)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a block scalar begins at the end of a line.
fn opens_block(line: &str) -> bool {
    let code = line.split_once(" #").map_or(line, |(code, _)| code).trim_end();
    let header = code.rsplit(' ').next().unwrap_or_default();
    let mut chars = header.chars();
    matches!(chars.next(), Some('|' | '>'))
        && chars.all(|c| matches!(c, '+' | '-') || c.is_ascii_digit())
        && code.len() > header.len()
}

fn faults(file: &File, ignore: &Ignore, choice: &Choice) -> Vec<Finding> {
    let mut found = Vec::new();
    for err in ignore.names.iter().filter_map(|name| name.as_ref().err()) {
        let finding = UNUSED_IGNORE.at(ignore.span, err.to_string()).label("nothing is ignored by this");
        found.push(match err.near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("`obsctl explain` lists all rules"),
        });
    }
    if ignore.names.is_empty() {
        let message = "the comment names no rule";
        found.push(
            UNUSED_IGNORE.at(ignore.span, message).help("write `# obsctl: ignore family/rule the reason`"),
        );
        return found;
    }
    if ignore.reason.is_empty() {
        let finding = IGNORE_WITHOUT_REASON.at(ignore.span, "the comment does not say why");
        found.push(finding.label("no reason").help("say it behind the name of the rule"));
    }
    let on = |name: &Name| match name {
        Name::Rule(rule) => choice.has(rule),
        _ => true,
    };
    let known: Vec<&Name> = ignore.names.iter().flatten().collect();
    if !ignore.used && !known.is_empty() && known.iter().all(|name| on(name)) {
        let message = "the comment ignores a finding that is not there";
        let finding = UNUSED_IGNORE.at(ignore.span, message).label("nothing is ignored by this");
        found.push(finding.help("take it out").fix(
            "take the comment out",
            Safety::Unsafe,
            vec![Edit::delete(removed(file, ignore.span))],
        ));
    }
    found
}

/// What goes with a comment: its line when it has one of its own, else the blanks before it.
fn removed(file: &File, comment: Span) -> Span {
    let text = file.text();
    let number = file.position(comment.start).line;
    let begin = file.lines().span(text, number).map_or(0, |line| line.start);
    let before = &text[begin..comment.start];
    if !before.trim().is_empty() {
        return Span::new(begin + before.trim_end().len(), comment.end);
    }
    let next = file.lines().span(text, number + 1).map_or(comment.end, |line| line.start);
    Span::new(begin, next)
}

#[cfg(test)]
mod tests {
    use crate::lint::{Options, World};

    /// The rules found, and those that a comment switched off.
    #[track_caller]
    fn check(text: &str, found: &[&str], suppressed: &[&str]) {
        let mut world = World::new(Options::default());
        world.add("a.yml", text.to_owned());
        let checked = world.check().remove(0);
        let rules: Vec<_> = checked.findings.iter().map(|it| it.rule).collect();
        assert_eq!(rules, found, "{:#?}", checked.findings);
        let rules: Vec<_> = checked.suppressed.iter().map(|it| it.finding.rule).collect();
        assert_eq!(rules, suppressed);
    }

    const UNKNOWN: &str = "yaml/unknown-field";

    #[test]
    fn comments_are_for_their_line_or_the_next() {
        check("scrape_configs: []\nfoo: 1\n", &[UNKNOWN], &[]);
        check("scrape_configs: []\nfoo: 1 # obsctl: ignore yaml/unknown-field ours\n", &[], &[UNKNOWN]);
        check("scrape_configs: []\n# obsctl: ignore yaml ours\n# more\nfoo: 1\n", &[], &[UNKNOWN]);
        check(
            "scrape_configs: []\n# obsctl: ignore yaml/unknown-field ours\n\nfoo: 1\n",
            &["lint/unused-ignore", UNKNOWN],
            &[],
        );
        check(
            "# obsctl: ignore-file yaml ours\nscrape_configs: []\nfoo: 1\nbar: 1",
            &[],
            &[UNKNOWN, UNKNOWN],
        );
    }

    #[test]
    fn lines_that_open_a_block_are_meant_with_it() {
        let rule = |comment: &str| {
            format!(
                "groups:\n- name: a\n  rules:\n  - record: a:b:c\n    expr: |{comment}\n      sum(a)\n      ))\n"
            )
        };
        check(&rule(""), &["rules/promql-syntax"], &[]);
        check(&rule(" # obsctl: ignore rules/promql-syntax a test"), &[], &["rules/promql-syntax"]);
    }

    #[test]
    fn held_files_have_comments_of_their_own() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  p.yml: |\n    scrape_configs: []\n    foo: 1 # obsctl: ignore yaml/unknown-field ours\n";
        check(map, &[], &[UNKNOWN]);
    }

    #[test]
    fn what_is_wrong_with_a_comment_is_found() {
        check(
            "scrape_configs: []\nfoo: 1 # obsctl: ignore yaml\n",
            &["lint/ignore-without-reason"],
            &[UNKNOWN],
        );
        let unknown = "scrape_configs: [] # obsctl: ignore yaml/unknown-feld ours\n";
        check(unknown, &["lint/unused-ignore"], &[]);
        check("scrape_configs: [] # obsctl: ignore\n", &["lint/unused-ignore"], &[]);
        check("scrape_configs: [] # obsctl: ignored\n", &[], &[]);
    }
}
