//! Our PromQL against the crate promql-parser, in process: many more expressions than promtool can be asked about.
//!
//! Where they differ, [`KNOWN`] says why, and promtool says that ours is right.

use std::collections::BTreeMap;

use obsctl::promql;

use crate::promql::{OPTIONS, corpus, mutated, options_of, refused_by, table};
use crate::support::peers::{self, PROMTOOL};

/// Expressions made by mutation.
const MUTATED: usize = 20_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    /// They refuse what Prometheus takes: the message is theirs.
    They,
    /// We refuse what Prometheus refuses: the message is ours.
    We,
    /// Both take it, and read something else: the message is the text.
    Shape,
}

/// Who stands alone, a part of the message, and why. promtool sides with us in all of them.
const KNOWN: &[(Who, &str, &str)] = &[
    (Who::They, "is not valid label in grouping opts", "a label of a grouping may have a colon"),
    (Who::They, "bad number or duration syntax", "digits may be parted by `_`"),
    (Who::They, "duration must be greater than 0", "`0s` is a number, and an offset of nothing is allowed"),
    (Who::They, "invalid promql query", "`anchored` is a name up to 3.6; an offset may have two signs"),
    (Who::They, "no @ modifiers allowed before range", "`@ start()` before a range is overlooked"),
    (Who::They, "unexpected character inside brackets", "comments, signs and `.5` may stand in brackets"),
    (Who::They, "unknown escape sequence", "backquotes know no escapes"),
    (Who::They, "vector selector must contain at least one non-empty matcher", "`info` takes `{}`"),
    (Who::We, "needs Prometheus 3.", "they know the functions of 3.13 in every version"),
    (Who::We, "unknown function `fill", "they know `fill` in every version"),
    (Who::We, "U+FFFD may not stand in a string", "Prometheus takes it for broken text"),
    (Who::We, "is neither a number nor a duration", "`0x1e`, `1e999` and `300y` are none"),
    (Who::We, "a label name is empty", "a grouping has no empty label"),
    (Who::We, "in aggregation parameter", "they do not check the parameter of `limitk`"),
    (Who::We, "the duration is out of range", "of an offset, too"),
    (Who::We, "the duration must be greater than 0", "`a[0]`: they check durations, not numbers"),
    (Who::We, "the second argument of `info`", "it has no name"),
    (Who::We, "the timestamp of `@` is out of bounds", "it is an int64 of milliseconds"),
    (Who::Shape, "\\", "they keep the escapes of a string unread"),
];

#[test]
fn differences_to_promql_parser_are_known_and_promtool_sides_with_us() {
    let mut texts: Vec<String> = table().into_iter().map(|(_, text)| text).collect();
    texts.extend(mutated(MUTATED));
    let corpus = corpus();
    let has_corpus = !corpus.is_empty();
    texts.extend(corpus.into_iter().map(|(_, text)| text));
    let (mut accepted, mut refused) = (0, 0);
    // By the row of the table.
    let mut differing: BTreeMap<usize, Vec<(String, bool)>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for text in texts {
        match difference(&text) {
            Ok(true) => accepted += 1,
            Ok(false) => refused += 1,
            Err((who, message)) => {
                match KNOWN.iter().position(|(of, part, _)| *of == who && message.contains(part)) {
                    Some(row) => differing.entry(row).or_default().push((text, who != Who::We)),
                    None => unknown.push(format!("{text:?}: {who:?}: {message}")),
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{} differ:\n{}", unknown.len(), unknown.join("\n"));
    assert!(accepted > MUTATED / 4 && refused > MUTATED / 4, "both kinds are there");
    eprintln!("{accepted} are accepted by both and read alike, {refused} refused by both; of the others:");
    for (row, (who, part, why)) in KNOWN.iter().enumerate() {
        let count = differing.get(&row).map_or(0, Vec::len);
        eprintln!("{count:5} {who:?} {part}: {why}");
        // Some are too rare to come up without the corpus.
        assert!(count > 0 || !has_corpus, "no difference of this kind any more: {part}");
    }

    let Some([promtool]) = peers::find("promql_parser", [PROMTOOL]) else { return };
    if options_of(&promtool) != OPTIONS {
        eprintln!("the expressions were read as 3.5 does; this promtool is another");
        return;
    }
    let (texts, ours): (Vec<String>, Vec<bool>) = differing.into_values().flatten().unzip();
    let refused = refused_by(&promtool, &texts);
    let wrong: Vec<&String> =
        (0..texts.len()).filter(|at| ours[*at] == refused.contains(at)).map(|at| &texts[at]).collect();
    assert!(wrong.is_empty(), "promtool sides with promql-parser: {wrong:#?}");
}

/// Whether both accept `text`, and have read the same; else who stands alone and what was said.
fn difference(text: &str) -> Result<bool, (Who, String)> {
    let ours = promql::parse(text, &OPTIONS);
    let theirs = promql_parser::parser::parse(text);
    match (ours.expr.filter(|_| ours.errors.is_empty()), theirs) {
        (None, Err(_)) => Ok(false),
        (Some(_), Err(message)) => Err((Who::They, message)),
        (None, Ok(_)) => {
            let message = ours.errors.first().map_or_else(String::new, ToString::to_string);
            Err((Who::We, message))
        }
        (Some(expr), Ok(theirs)) => {
            let shown = expr.to_string();
            let again = promql_parser::parser::parse(&shown).map(|again| format!("{again:?}"));
            if again == Ok(format!("{theirs:?}")) { Ok(true) } else { Err((Who::Shape, text.to_owned())) }
        }
    }
}
