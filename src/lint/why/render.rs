//! A chain as one JSON document; docs/schemas/why.json is its schema.

use std::io::{self, Write};

use serde::Serialize;

use super::{Chain, Shown};
use crate::diagnostic::Safety;
use crate::lint::World;
use crate::lint::render::public_fix;

#[derive(Serialize)]
struct Whole {
    subject: String,
    /// Whether nothing is broken.
    whole: bool,
    links: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    step: &'static str,
    state: &'static str,
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<Cause>,
}

#[derive(Serialize)]
struct Cause {
    rule: &'static str,
    message: String,
    #[serde(flatten)]
    place: Place,
    #[serde(skip_serializing_if = "String::is_empty")]
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related {
    message: String,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct Fix {
    title: String,
    safe: bool,
}

/// Writes the chain as one document.
///
/// # Errors
///
/// Those of `out`.
pub fn json(world: &World, chain: &Chain, out: &mut dyn Write) -> io::Result<()> {
    let links = chain.links.iter().map(|link| Item {
        step: link.step.as_str(),
        state: link.state.as_str(),
        says: link.says.clone(),
        cause: link.evidence.as_ref().map(|it| cause(world, &it.this)),
        other: link.evidence.as_ref().and_then(|it| it.other.as_ref()).map(|it| cause(world, it)),
    });
    let whole =
        Whole { subject: chain.subject.clone(), whole: chain.broken().is_none(), links: links.collect() };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn cause(world: &World, shown: &Shown) -> Cause {
    let source = world.source(shown.text);
    let finding = &shown.finding;
    let clean = |text: &str| source.scrub(text).into_owned();
    let place = |span| {
        let at = source.located(span);
        Place {
            file: source.name().to_owned(),
            line: at.line,
            column: at.column,
            end_line: at.end_line,
            end_column: at.end_column,
        }
    };
    Cause {
        rule: finding.rule,
        message: clean(&finding.message),
        place: place(finding.span),
        label: clean(&finding.label),
        why: finding.why.as_deref().map(clean),
        help: finding.help.as_deref().map(clean),
        related: finding
            .related
            .iter()
            .map(|it| Related { message: clean(&it.label), place: place(it.span) })
            .collect(),
        fix: public_fix(&source, finding)
            .map(|fix| Fix { title: clean(&fix.title), safe: fix.safety == Safety::Safe }),
    }
}
