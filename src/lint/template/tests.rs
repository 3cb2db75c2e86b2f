use proptest::prelude::*;

use super::{What, parse};
use crate::base::version::Version;

const PARTS: [&str; 40] = [
    "{{", "}}", "{{- ", " -}}", "-}}", " ", "\n", "x", "é", "$", "$labels", ".job", ".", "|", "if", "else",
    "end", "range", "with", "define", "template", "block", "break", "\"a\"", "\"", "`", "'", "'é'", "(", ")",
    ":=", "=", ",", "1", "0x", "+2i", "/*", "*/", "{{/*", "*/}}",
];

/// Faults as `start..end message (help)`, then uses as `start..end what`, with `?` for those only asked.
fn told(text: &str) -> Vec<String> {
    let template = parse(text, Version::NEWEST);
    let faults = template.faults.iter().map(|fault| {
        let help = fault.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}..{} {}{help}", fault.span.start, fault.span.end, fault.message)
    });
    let uses = template.uses.iter().map(|it| {
        let what = match &it.what {
            What::Value => "value".to_owned(),
            What::Label(name) => format!("label {name}"),
            What::Field(name) => format!("field {name}"),
        };
        format!("{}..{} {what}{}", it.span.start, it.span.end, if it.shown { "" } else { "?" })
    });
    faults.chain(uses).collect()
}

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    assert_eq!(told(text), expect, "{text}");
}

#[test]
fn uses_of_labels_and_of_the_value_are_told() {
    check("plain", &[]);
    check("{{ $labels.job }} {{ .Labels.job }}", &["3..14 label job", "21..32 label job"]);
    check("{{ index $labels \"my-job\" }}", &["9..25 label my-job"]);
    check("{{ $value | humanize }}{{ printf \"%.2f\" .Value }}", &["3..9 value", "40..46 value"]);
    check("{{ if gt $value 3.0 }}{{ $.Value }}{{ end }}", &["9..15 value?", "25..32 value"]);
    check("{{ with query \"up\" }}{{ . | first | value }}{{ end }}{{ .value }}", &["56..62 field value"]);
    check("{{ range $i, $x := query \"up\" }}{{ .Labels.x }}{{ $x }}{{ end }}", &[]);
    check("{{ $v := $value }}{{ $v -}} \n", &["9..15 value?"]);
}

#[test]
fn faults_of_names_do_not_end_the_reading() {
    check(
        "{{ $label.job }} {{ $lables.job }} {{ $host }}",
        &[
            "3..9 there is no variable `$label` (did you mean `$labels`?)",
            "20..27 there is no variable `$lables` (did you mean `$labels`?)",
            "38..43 there is no variable `$host` (rules have `$labels`, `$value`, `$externalLabels` and `$externalURL`)",
        ],
    );
    check(
        "{{ labels.job }}{{ $value | humanise }}",
        &[
            "3..9 there is no function `labels` (did you mean `$labels`?)",
            "28..36 there is no function `humanise` (did you mean `humanize`?)",
            "19..25 value",
        ],
    );
    assert!(parse("{{ now }}", Version::new(3, 5)).faults[0].message.contains("needs Prometheus >= 3.6"));
}

#[test]
fn faults_of_actions_end_the_action_alone() {
    check("{{ $labels.job", &["0..2 the action is not closed (close it with `}}`)", "3..14 label job"]);
    check(
        "{{ $labels.a }} {{ .Labels.b } and {{ $labels.c }}",
        &["29..30 unexpected `}` in a command", "3..12 label a", "19..28 label b"],
    );
    check(
        "{{ $labels.my-label }}{{ $labels.ok }}",
        &[
            "13..14 this character is not allowed in a name (a label with such a character is `{{ index $labels \"my-label\" }}`)",
            "25..35 label ok",
        ],
    );
    check("{{}}", &["2..4 the action is empty"]);
    check("{{ \"a\\q\" }}", &["5..6 unknown escape sequence"]);
    check("{{ 'ab' }}", &["3..7 single quotes hold one character (strings stand in double quotes)"]);
    check(
        "{{ $value | \"x\" }}",
        &[
            "12..15 a constant takes no value from the `|` before it (name a function behind the `|`)",
            "3..9 value",
        ],
    );
}

#[test]
fn blocks_are_held_against_their_ends() {
    check("{{ if true }}a{{ else if false }}b{{ else }}c{{ end }}", &[]);
    check("{{ if true }}a", &["3..5 `if` has no `{{ end }}` (add `{{ end }}` where it ends)"]);
    check("{{ end }}", &["3..6 there is nothing open that this `end` could end"]);
    check("{{ if 1 }}{{ else }}{{ else }}{{ end }}", &["23..27 a second `else` of the same block"]);
    check("{{ break }}", &["3..8 `break` stands outside of `range`"]);
    check("{{ define \"a\" }}x{{ end }}{{ template \"a\" $value }}", &["42..48 value?"]);
    check(
        "{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}",
        &[
            "38..40 there is no variable `$x` (rules have `$labels`, `$value`, `$externalLabels` and `$externalURL`)",
        ],
    );
    check("{{/* a */}}{{- /* b */ -}}{{ /* c */ }}", &["29..30 unexpected `/` in an action"]);
}

#[test]
fn deep_parentheses_end_the_reading() {
    check(&format!("{{{{ {}{} }}}}", "(".repeat(50), ")".repeat(50)), &["53..54 parentheses has no value"]);
    check(&format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)), &[]);
}

proptest! {
    /// Whatever the text, the reading ends, and every place is one of the text.
    #[test]
    fn places_are_of_the_text(parts in proptest::collection::vec(prop::sample::select(&PARTS[..]), 0..24)) {
        let text = parts.concat();
        let template = parse(&text, Version::NEWEST);
        let spans = template.faults.iter().map(|fault| fault.span).chain(template.uses.iter().map(|it| it.span));
        for span in spans {
            prop_assert!(span.start <= span.end && text.get(span.start..span.end).is_some(), "{text:?} {span:?}");
        }
    }
}
