//! Text that a template engine has yet to render: Helm's charts, Jinja's files.
//!
//! Recognised from the text in one pass, not parsed: an unrendered template is hardly ever YAML, and one sentence
//! about it is worth more than a fault per line. Rules of Prometheus and templates of Alertmanager hold `{{ … }}` for
//! good, in quotes, in block scalars and behind other text; there, and in comments, nothing is looked for. Elsewhere
//! no YAML begins with `{{`. Files whose braces all stand in quotes (values for Helm's `tpl`) are no templates here.

use crate::base::span::Span;

/// A place that shows that a text is a template, not YAML.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unrendered {
    /// From the first brace to the last one, or to the end of the line; of a left-over, that text.
    pub span: Span,
    pub kind: Template,
}

/// What a text is to be rendered by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Template {
    /// `{{ .Values.x }}`, `{{- if … }}`, `{{/* … */}}`: a chart.
    Helm,
    /// `{{ x }}` where YAML cannot have it, without a sign of whose it is.
    Braces,
    /// `{% if x %}` or `{# … #}`: Jinja, as Ansible and Salt have it.
    Jinja,
    /// `<no value>`: rendered already, from a value that was not there.
    NoValue,
}

/// The first sign in the text that a template engine has yet to render it, or did so without a value.
#[must_use]
pub fn unrendered(text: &str) -> Option<Unrendered> {
    // Most files have none of it.
    if !["{{", "{%", "{#", NO_VALUE].iter().any(|sign| text.contains(sign)) {
        return None;
    }
    let mut scan = Scan { fresh: true, ..Scan::default() };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((at, length, kind)) = scan.line(line) {
            let start = start + at;
            return Some(Unrendered { span: Span::new(start, start + length), kind });
        }
        start += line.len();
    }
    None
}

const NO_VALUE: &str = "<no value>";

/// Said by charts alone.
const CHART: &[&str] = &[
    ".Values",
    ".Release.",
    ".Chart.",
    ".Capabilities.",
    ".Files.",
    ".Template.",
    "include \"",
    "define \"",
    "toYaml",
    "indent ",
    "tpl ",
];
/// Said by rules of Prometheus and templates of Alertmanager.
const ALERTS: &[&str] = &[
    "$labels",
    "$value",
    "$external",
    ".Labels",
    ".Value",
    ".CommonLabels",
    ".CommonAnnotations",
    ".GroupLabels",
    ".Alerts",
    ".Annotations",
    ".ExternalURL",
    ".Receiver",
    ".Status",
    "humanize",
    "query \"",
];
/// First words of an action that renders nothing itself.
const CONTROL: &[&str] = &["if", "else", "end", "range", "with", "block", "define", "template"];

/// Offset in a line, length, and what is there.
type Found = (usize, usize, Template);

/// Where in the YAML a line begins.
#[derive(Default)]
struct Scan {
    /// The least indentation of the lines of an open block scalar.
    block: Option<usize>,
    /// The quote that is open.
    quote: Option<u8>,
    /// Open brackets and braces.
    depth: usize,
    /// A node may begin here.
    fresh: bool,
    /// The least indentation of what is inside of the last key or item.
    inner: usize,
    /// Where the last node of this line began.
    node: usize,
}

impl Scan {
    fn line(&mut self, line: &str) -> Option<Found> {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        if content.trim_end().is_empty() {
            return None;
        }
        if self.block.is_some_and(|least| indent >= least) {
            return None;
        }
        self.block = None;
        if self.quote.is_some() {
            return self.nodes(line, 0);
        }
        let marker = line.starts_with("---");
        if marker {
            (self.depth, self.inner) = (0, 0);
        }
        // Otherwise it goes on with the plain scalar of the line before.
        if self.depth == 0 && (self.fresh || marker || indent < self.inner) || content.starts_with('#') {
            self.fresh = true;
            self.node = indent;
        }
        if self.depth == 0 && indent < self.inner {
            self.inner = indent;
        }
        self.nodes(line, if marker { 3 } else { indent })
    }

    /// What stands in a line from here on, byte by byte.
    fn nodes(&mut self, line: &str, mut at: usize) -> Option<Found> {
        let bytes = line.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            if let Some(quote) = self.quote {
                if bytes[at..].starts_with(NO_VALUE.as_bytes()) {
                    return Some((at, NO_VALUE.len(), Template::NoValue));
                }
                at += self.in_quotes(quote, &bytes[at..]);
                continue;
            }
            let blank_next = bytes.get(at + 1).is_none_or(|byte| byte.is_ascii_whitespace());
            let was_fresh = self.fresh;
            match byte {
                b'#' if at == 0 || bytes[at - 1].is_ascii_whitespace() => return None,
                b' ' | b'\t' | b'\r' | b'\n' => {
                    at += 1;
                    continue;
                }
                b'<' if line[at..].starts_with(NO_VALUE) => {
                    return Some((at, NO_VALUE.len(), Template::NoValue));
                }
                b'{' if matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#')) => {
                    let (length, kind) = action(&line[at..], was_fresh, line[..at].trim().is_empty());
                    if let Some(kind) = kind {
                        return Some((at, length, kind));
                    }
                    self.fresh = false;
                    at += length;
                    continue;
                }
                b'|' | b'>' if was_fresh && self.depth == 0 && is_block_header(&line[at + 1..]) => {
                    self.block = Some(self.inner);
                    return None;
                }
                b'&' | b'!' if was_fresh => {
                    at += line[at..].find(char::is_whitespace).unwrap_or(line.len() - at);
                    continue;
                }
                _ => self.indicator(byte, at, blank_next),
            }
            at += 1;
        }
        None
    }

    /// What a byte outside of quotes opens and ends.
    fn indicator(&mut self, byte: u8, at: usize, blank_next: bool) {
        let was_fresh = self.fresh;
        match byte {
            b'"' | b'\'' if was_fresh => self.quote = Some(byte),
            b'{' | b'[' if was_fresh => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let node = self.node;
        self.fresh = match byte {
            b'-' | b'?' if was_fresh && blank_next => {
                self.inner = at + 1;
                true
            }
            b':' if blank_next => {
                if self.depth == 0 {
                    self.inner = node + 1;
                }
                true
            }
            b'{' | b'[' => was_fresh,
            b',' => self.depth > 0,
            _ => false,
        };
        if was_fresh && !self.fresh {
            self.node = at;
        }
    }

    /// How far to go on within quotes.
    fn in_quotes(&mut self, quote: u8, bytes: &[u8]) -> usize {
        match bytes {
            [b'\\', _, ..] if quote == b'"' => 2,
            [b'\'', b'\'', ..] if quote == b'\'' => 2,
            [byte, ..] if *byte == quote => {
                self.quote = None;
                1
            }
            _ => 1,
        }
    }
}

/// How long the braces at the start of a text are, and whose, if they are to be rendered.
///
/// `fresh`: where a node may begin. `first`: nothing is before it in the line.
fn action(text: &str, fresh: bool, first: bool) -> (usize, Option<Template>) {
    let whole = |end: &str| text.find(end).map_or(text.trim_end().len(), |at| at + end.len());
    match text.as_bytes()[1] {
        b'%' => {
            let jinja = fresh && text[2..].starts_with([' ', '-', '+']);
            (whole("%}"), jinja.then_some(Template::Jinja))
        }
        b'#' => {
            let jinja = fresh && first && text.contains("#}");
            (if jinja { whole("#}") } else { 1 }, jinja.then_some(Template::Jinja))
        }
        _ => {
            let length = whole("}}");
            (length, whose(&text[2..length], fresh))
        }
    }
}

fn whose(content: &str, fresh: bool) -> Option<Template> {
    let says = |words: &[&str]| words.iter().any(|word| content.contains(word));
    if says(CHART) {
        return Some(Template::Helm);
    }
    if !fresh || says(ALERTS) {
        return None;
    }
    let inner = content.trim_start_matches(['-', ' ']);
    let word = inner.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let helm = CONTROL.contains(&word)
        || inner.starts_with("/*")
        || content.starts_with('-')
        || inner.contains(":=");
    Some(if helm { Template::Helm } else { Template::Braces })
}

/// What follows `|` or `>`: `-`, `+`, a digit, a comment.
fn is_block_header(rest: &str) -> bool {
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
    rest.trim().is_empty() || rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `text` with what is found between `«` and `»`.
    #[track_caller]
    fn check(marked: &str, kind: Template) {
        let text = marked.replace(['«', '»'], "");
        let found = unrendered(&text).expect("a template");
        let start = marked.find('«').expect("a mark");
        let end = marked.find('»').expect("a mark") - '«'.len_utf8();
        assert_eq!((found.span, found.kind), (Span::new(start, end), kind), "{}", found.span.of(&text));
    }

    #[track_caller]
    fn silent(text: &str) {
        assert_eq!(unrendered(text).map(|found| found.span.of(text).to_owned()), None);
    }

    #[test]
    fn charts_are_templates() {
        check("«{{- if .Values.serviceMonitor.enabled }}»\napiVersion: v1\n", Template::Helm);
        check("# a chart\n\n«{{/*»\nExpand the name\n*/}}\n", Template::Helm);
        check("metadata:\n  name: «{{ include \"prometheus.fullname\" . }}»\n", Template::Helm);
        check("metadata:\n  name: x-«{{ .Release.Name }}»-y\n", Template::Helm);
        check("metadata:\n  labels:\n«{{ toYaml .x | indent 4 }}»\n", Template::Helm);
        check("spec:\n  ports:\n  - port: 80\n  «{{- range $port := $ports }}»\n", Template::Helm);
        check("a: 'it''s'\nb: \"x\\\"\"\n«{{ end }}»\n", Template::Helm);
        check("args: [a, «{{ .Values.arg }}»]\n", Template::Helm);
        check("data:\n  x: |-\n    {{ $labels.a }}\n  «{{ $key }}»: 1\n", Template::Braces);
    }

    #[test]
    fn other_engines_have_their_signs() {
        check("name: «{{ app_name }}»\n", Template::Braces);
        check("a: 1\n«{% if x %}»\n", Template::Jinja);
        check("«{# a note #}»\na: 1\n", Template::Jinja);
        check("image: «<no value>»:v1\n", Template::NoValue);
        check("image: \"«<no value>»:v1\"\n", Template::NoValue);
    }

    #[test]
    fn rules_and_notifications_are_no_templates() {
        silent(
            "annotations:\n  summary: \"{{ $labels.instance }} down\"\n  text: '{{ $value | humanize }}'\n",
        );
        silent("summary: Instance {{ $labels.instance }} is down\n");
        silent("summary: Instance\n  {{ $labels.instance }} of\n  {{ $labels.job }}\n  {{ if true }}\n");
        silent("summary: |\n  {{ .Values.x }}\n\n  {{ end }}\nb: 1\n");
        silent("- alert: A\n  annotations:\n    text: >-\n      {{ if x }}\n      a: {{ y }}\n    b: 1\n");
        silent("text: \"a\n  {{ template \\\"x\\\" . }}\n  {{ end }}\"\n");
        silent("text: '{{ range .Alerts }}{{ .Annotations.x }}'\n");
        silent("env: ${{ github.ref }}\n# {{ .Values.x }}\na: b # {{ x }}\n");
        silent("--- |\n{{ if x }}\n");
        silent("list:\n- it's {{ x }}\n- don't\n");
        silent("{\"a\": {\"b\": \"{{ x }}\"}}\n");
        silent("summary: {{ $labels.instance }} is down\n");
        silent("a: [{b: 1}, {c: {d: 2}}]\n");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in r#"([{}%#"'|>:\-\[\], \nab\\é]|\{\{|\}\}|<no value>|\.Values|--- ){0,40}"#) {
            if let Some(found) = unrendered(&text) {
                prop_assert!(!found.span.of(&text).is_empty());
            }
        }

        #[test]
        fn quotes_hide_what_is_within(inner in r"[a-z .{}$-]{0,20}", before in "[a-z]{1,5}") {
            let text = format!("{before}: '{{{{ {inner}'\nx: \"{{{{ {inner}\"\ny: |\n  {{{{ {inner}\n");
            prop_assert_eq!(unrendered(&text), None);
        }
    }
}
