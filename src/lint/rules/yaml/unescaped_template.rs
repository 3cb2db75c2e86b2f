//! Templates of alerts within a template of Helm, which evaluates them first.

use super::UNESCAPED_TEMPLATE;
use crate::base::span::Span;
use crate::lint::report::Out;
use crate::yaml::{Template, Unrendered};

/// What Prometheus gives the templates of alerts.
const VARIABLES: [&str; 3] = ["$labels", "$value", "$externalLabels"];

/// `text`: of a file with this sign of a template.
pub(in crate::lint) fn check(template: Unrendered, text: &str, out: &mut Out<'_>) {
    if template.kind != Template::Helm {
        return;
    }
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|found| at + found) {
        let inside = open + 2;
        let Some(action) = Action::read(&text[inside..]) else { return };
        for (variable, offset) in action.variables(&text[inside..inside + action.len]) {
            // The chart may have a variable of the same name.
            if is_set(text, variable) {
                continue;
            }
            let start = inside + offset;
            out.report(
                UNESCAPED_TEMPLATE
                    .at(Span::new(start, start + variable.len()), format!("Helm has no `{variable}`"))
                    .label("of the alert's template")
                    .why("Helm evaluates every pair of braces, and refuses the chart: the variable is not defined")
                    .help("put it into backquotes within braces of Helm: {{ `{{ $labels.job }}` }}"),
            );
        }
        at = inside + action.len;
    }
}

/// What stands between two pairs of braces.
struct Action {
    len: usize,
    /// Stretches of code, between strings.
    code: Vec<Span>,
}

impl Action {
    /// `rest`: what follows the opening braces. `None` where nothing closes them.
    fn read(rest: &str) -> Option<Self> {
        if rest.trim_start_matches('-').trim_start().starts_with("/*") {
            let len = rest.find("*/")? + 2;
            return Some(Self { len, code: Vec::new() });
        }
        let mut code = Vec::new();
        let mut at = 0;
        loop {
            let next = at + rest[at..].find(['`', '"', '}'])?;
            code.push(Span::new(at, next));
            at = match rest.as_bytes()[next] {
                b'}' if rest[next..].starts_with("}}") => return Some(Self { len: next, code }),
                b'}' => next + 1,
                b'`' => next + 2 + rest[next + 1..].find('`')?,
                _ => next + 1 + end_of_quote(&rest[next + 1..])?,
            };
        }
    }

    /// Variables of alerts in its code, with their offsets.
    fn variables(&self, text: &str) -> Vec<(&'static str, usize)> {
        let mut found = Vec::new();
        for span in &self.code {
            for variable in VARIABLES {
                let whole = |at: usize| {
                    let next = span.of(text)[at + variable.len()..].chars().next();
                    next.is_none_or(|c| !(c.is_alphanumeric() || c == '_'))
                };
                let places = span.of(text).match_indices(variable).map(|(at, _)| at);
                found.extend(places.filter(|at| whole(*at)).map(|at| (variable, span.start + at)));
            }
        }
        found.sort_by_key(|(_, at)| *at);
        found
    }
}

/// Behind the quote that closes a string in double quotes.
fn end_of_quote(rest: &str) -> Option<usize> {
    let mut escaped = false;
    rest.bytes()
        .position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })
        .map(|at| at + 1)
}

/// Whether the template defines the variable: `$labels := …`, or `range $value, …`.
fn is_set(text: &str, variable: &str) -> bool {
    text.match_indices(variable).any(|(at, _)| {
        let rest = text[at + variable.len()..].trim_start();
        rest.starts_with(":=") || rest.starts_with(',')
    })
}
