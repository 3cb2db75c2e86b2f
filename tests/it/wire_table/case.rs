//! The text form of the table: one [`Case`] per `case`, or errors that name file and line.

use std::fmt;

use obsctl::wire::Protocol;

/// One request and the answer it deserves.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    file: String,
    line: usize,
    /// Numbers of the requirements in `docs/remote-write.md`: 4 for `R4`.
    pub(super) rules: Vec<u8>,
    /// Why the answer is our choice, where the specification does not ask for it.
    pub(super) own: Option<String>,
    pub(super) why: String,
    pub(super) send: Send,
    pub(super) body: Body,
    pub(super) expect: Answer,
    /// Headers of the answer, by name and what is said of the value.
    pub(super) headers: Vec<(String, HeaderRule)>,
    /// What the error text must contain.
    pub(super) texts: Vec<String>,
    /// Answers that are as correct from another receiver.
    pub(super) also: Vec<Status>,
    pub(super) kept: Kept,
    /// What other receivers were seen to answer: name and version, answer.
    pub(super) seen: Vec<(String, Answer)>,
}

#[derive(Clone, Debug)]
pub(super) struct Send {
    pub(super) version: Protocol,
    pub(super) method: String,
    pub(super) path: Option<String>,
    /// Headers in the order they are sent.
    pub(super) headers: Vec<(String, String)>,
    pub(super) twice: bool,
    /// Chunk length of a body sent without a length in front.
    pub(super) chunked: Option<usize>,
    /// A `Content-Length` that is not the body's.
    pub(super) length: Option<usize>,
}

#[derive(Debug)]
pub(super) enum Body {
    /// No body and no `Content-Length`.
    None,
    /// Lines of protobuf text.
    Text { version: Protocol, lines: Vec<String>, encodings: Vec<Wrap> },
    /// Lines of hexadecimal bytes.
    Hex { lines: Vec<String>, encodings: Vec<Wrap> },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wrap {
    Snappy,
    Framed,
    Zstd,
    Gzip,
    Identity,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Status {
    Code(u16),
    /// The connection ends without an answer.
    Closed,
}

/// Status and Written headers: the short form of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) written: Written,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Written {
    /// Nothing is said of them.
    Any,
    /// None of the three headers.
    None,
    /// Samples, histograms, exemplars.
    Counts([u64; 3]),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum HeaderRule {
    Is(String),
    Contains(String),
    Absent,
}

#[derive(Debug)]
pub(super) enum Kept {
    /// `lines` in the form of the `kept` module; `dialect` as `Dialect::as_str` has it.
    Lines {
        dialect: String,
        lines: Vec<String>,
    },
    /// Samples, histograms, exemplars.
    Count([u64; 3]),
    Nothing,
}

impl Case {
    /// File and line, for messages.
    pub(super) fn place(&self) -> String {
        format!("{}:{}: {}", self.file, self.line, self.name)
    }

    /// The metric name that `$metric` stands for.
    pub(super) fn metric(&self) -> String {
        self.name.replace('-', "_")
    }

    /// Whether the body takes megabytes, and with them time.
    pub(super) fn is_large(&self) -> bool {
        let (Body::Text { lines, .. } | Body::Hex { lines, .. }) = &self.body else { return false };
        lines.iter().filter_map(|line| super::body::repeated(line)).any(|(count, _)| count > 5_000)
    }

    fn new(name: &str, file: &str, line: usize) -> Self {
        Self {
            name: name.to_owned(),
            file: file.to_owned(),
            line,
            rules: Vec::new(),
            own: None,
            why: String::new(),
            send: Send::of(Protocol::V1),
            body: Body::None,
            expect: Answer { status: Status::Closed, written: Written::Any },
            headers: Vec::new(),
            texts: Vec::new(),
            also: Vec::new(),
            kept: Kept::Nothing,
            seen: Vec::new(),
        }
    }
}

impl Answer {
    /// Whether it is `expect`, which may leave the Written headers open.
    pub(super) fn fits(self, expect: Self) -> bool {
        self.status == expect.status && (expect.written == Written::Any || self.written == expect.written)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Status::Code(code) => write!(f, "{code}")?,
            Status::Closed => f.write_str("closed")?,
        }
        match self.written {
            Written::Any => Ok(()),
            Written::None => f.write_str(" written none"),
            Written::Counts([samples, histograms, exemplars]) => {
                write!(f, " written {samples} {histograms} {exemplars}")
            }
        }
    }
}

impl Send {
    /// What a sender of that version sends.
    fn of(version: Protocol) -> Self {
        let headers = [
            ("User-Agent", "obsctl-table/1"),
            ("Content-Type", version.content_type()),
            ("Content-Encoding", "snappy"),
            ("X-Prometheus-Remote-Write-Version", version.version_header()),
        ];
        Self {
            version,
            method: "POST".to_owned(),
            path: None,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            twice: false,
            chunked: None,
            length: None,
        }
    }
}

/// The words that every case needs, once each.
const NEEDED: [&str; 6] = ["rule", "why", "send", "body", "expect", "kept"];

/// Reads one file of the table. Errors begin with `file:line:`.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Case>, Vec<String>> {
    let mut cases: Vec<Case> = Vec::new();
    let mut errors = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let at = |reason: String| format!("{file}:{}: {reason}", index + 1);
        let mut block = Vec::new();
        while let Some((index, line)) = lines.next_if(|(_, line)| line.starts_with(' ')) {
            block.push((index + 1, &line[line.len().min(2)..]));
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        if word == "case" {
            finish(cases.last(), &words, &mut errors);
            words.clear();
            cases.push(Case::new(rest, file, index + 1));
            continue;
        }
        let Some(case) = cases.last_mut() else {
            errors.push(at(format!("`{word}` before the first `case`")));
            continue;
        };
        if words.contains(&word) && word != "seen" {
            errors.push(at(format!("a second `{word}`")));
        }
        words.push(word);
        if let Err((line, reason)) = set(case, word, rest, &block) {
            errors.push(format!("{file}:{}: {reason}", line.unwrap_or(index + 1)));
        }
    }
    finish(cases.last(), &words, &mut errors);
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

/// What must hold of a whole case.
fn finish(case: Option<&Case>, words: &[&str], errors: &mut Vec<String>) {
    let Some(case) = case else { return };
    for word in NEEDED.iter().filter(|word| !words.contains(word)) {
        errors.push(format!("{}: no `{word}`", case.place()));
    }
    let Status::Code(status) = case.expect.status else { return };
    if matches!(status, 204 | 400 | 413) && case.expect.written == Written::Any && case.send.length.is_none()
    {
        errors.push(format!("{}: say `written`: counts, or `none`", case.place()));
    }
    if case.send.version == Protocol::V1 && matches!(case.expect.written, Written::Counts(_)) {
        errors.push(format!("{}: 1.0 never has Written headers", case.place()));
    }
    if status == 204 && !case.texts.is_empty() {
        errors.push(format!("{}: 204 has no text", case.place()));
    }
}

/// Line (where it is not the word's own) and reason.
type Fault = (Option<usize>, String);

/// Takes one word of a case, the rest of its line and the indented lines below it.
fn set(case: &mut Case, word: &str, rest: &str, block: &[(usize, &str)]) -> Result<(), Fault> {
    let here = |reason: String| (None, reason);
    let owned = || block.iter().map(|(_, line)| (*line).to_owned()).collect::<Vec<_>>();
    if !block.is_empty() && !matches!(word, "why" | "send" | "body" | "expect" | "kept") {
        return Err((Some(block[0].0), format!("nothing may stand below `{word}`")));
    }
    match word {
        "own" | "why" if rest.is_empty() => return Err(here(format!("`{word}` gives a reason"))),
        "rule" => {
            for rule in rest.split_whitespace() {
                let number = rule.strip_prefix('R').and_then(|number| number.parse().ok());
                let number = number.filter(|number| (1..=17).contains(number));
                case.rules.push(number.ok_or_else(|| here(format!("`{rule}` is none of R1 to R17")))?);
            }
        }
        "own" => case.own = Some(rest.to_owned()),
        "why" => case.why = rest.to_owned(),
        "send" => {
            case.send = Send::of(version(rest).map_err(here)?);
            let mut replaced = Vec::new();
            for (line, text) in block {
                send(&mut case.send, text, &mut replaced).map_err(|reason| (Some(*line), reason))?;
            }
        }
        "body" => {
            let (form, wraps) = rest.split_once(' ').unwrap_or((rest, ""));
            let wraps = wraps.split_whitespace().map(wrap).collect::<Result<Vec<_>, _>>();
            let encodings = wraps.map_err(here)?;
            case.body = match form {
                "none" => Body::None,
                _ if encodings.is_empty() => return Err(here("say how the body is wrapped".to_owned())),
                "hex" => Body::Hex { lines: owned(), encodings },
                _ => Body::Text { version: version(form).map_err(here)?, lines: owned(), encodings },
            };
        }
        "expect" => {
            case.expect = answer(rest).map_err(here)?;
            for (line, text) in block {
                expect(case, text).map_err(|reason| (Some(*line), reason))?;
            }
        }
        "also" => {
            case.also = rest.split_whitespace().map(status).collect::<Result<_, _>>().map_err(here)?;
        }
        "kept" => {
            case.kept = match rest.split_once(' ').unwrap_or((rest, "")) {
                ("nothing", "") if block.is_empty() => Kept::Nothing,
                ("count", counts) if block.is_empty() => Kept::Count(three(counts).map_err(here)?),
                ("as", dialect) if !block.is_empty() => {
                    Kept::Lines { dialect: dialect.to_owned(), lines: owned() }
                }
                _ => return Err(here(format!("`kept {rest}`: write `nothing`, `count`, or `as` and lines"))),
            };
        }
        "seen" => {
            let (peer, text) = rest.split_once(' ').unwrap_or((rest, ""));
            case.seen.push((peer.to_owned(), answer(text).map_err(here)?));
        }
        _ => return Err(here(format!("`{word}` is no word of a case"))),
    }
    Ok(())
}

/// One line below `send`: a header, or how the request differs from an ordinary one.
fn send(send: &mut Send, text: &str, replaced: &mut Vec<String>) -> Result<(), String> {
    if let Some((name, value)) = text.split_once(": ").filter(|(name, _)| !name.contains(' ')) {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        if !replaced.iter().any(|other| same(other)) {
            replaced.push(name.to_owned());
            send.headers.retain(|(other, _)| !same(other));
        }
        send.headers.push((name.to_owned(), value.to_owned()));
        return Ok(());
    }
    match text.split_once(' ').unwrap_or((text, "")) {
        ("without", name) => {
            let before = send.headers.len();
            send.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
            return if send.headers.len() < before {
                Ok(())
            } else {
                Err(format!("`{name}` is not sent anyway"))
            };
        }
        ("method", method) => send.method = method.to_owned(),
        ("path", path) => send.path = Some(path.to_owned()),
        ("twice", "") => send.twice = true,
        ("chunked", len) => send.chunked = Some(number(len)? as usize),
        ("length", len) => send.length = Some(number(len)? as usize),
        _ => return Err(format!("`{text}` is neither a header nor a word of `send`")),
    }
    Ok(())
}

/// One line below `expect`.
fn expect(case: &mut Case, text: &str) -> Result<(), String> {
    if let Some(quoted) = text.strip_prefix("text ") {
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        case.texts.push(inner.ok_or("a text stands in quotes")?.to_owned());
    } else if let Some(name) = text.strip_prefix("without ") {
        case.headers.push((name.to_owned(), HeaderRule::Absent));
    } else if let Some((name, part)) = text.split_once(" ~ ") {
        case.headers.push((name.to_owned(), HeaderRule::Contains(part.to_owned())));
    } else if let Some((name, value)) = text.split_once(": ") {
        case.headers.push((name.to_owned(), HeaderRule::Is(value.to_owned())));
    } else {
        return Err(format!("`{text}` says nothing of an answer"));
    }
    Ok(())
}

fn version(text: &str) -> Result<Protocol, String> {
    [Protocol::V1, Protocol::V2]
        .into_iter()
        .find(|version| version.as_str() == text)
        .ok_or_else(|| format!("`{text}` is neither 1.0 nor 2.0"))
}

fn wrap(text: &str) -> Result<Wrap, String> {
    Ok(match text {
        "snappy" => Wrap::Snappy,
        "framed" => Wrap::Framed,
        "zstd" => Wrap::Zstd,
        "gzip" => Wrap::Gzip,
        "identity" => Wrap::Identity,
        _ => return Err(format!("`{text}` is no encoding of the table")),
    })
}

fn status(text: &str) -> Result<Status, String> {
    match text {
        "closed" => Ok(Status::Closed),
        _ => match text.parse() {
            Ok(code @ 100..=599) => Ok(Status::Code(code)),
            _ => Err(format!("`{text}` is no status")),
        },
    }
}

/// `204`, `204 written none`, `400 written 2 0 0` or `closed`.
fn answer(text: &str) -> Result<Answer, String> {
    let (code, rest) = text.split_once(' ').unwrap_or((text, ""));
    let written = match rest.strip_prefix("written ") {
        Some("none") => Written::None,
        Some(counts) => Written::Counts(three(counts)?),
        None if rest.is_empty() => Written::Any,
        None => return Err(format!("`{rest}`: write `written none` or three counts")),
    };
    Ok(Answer { status: status(code)?, written })
}

fn three(text: &str) -> Result<[u64; 3], String> {
    let counts = text.split(' ').map(number).collect::<Result<Vec<_>, _>>()?;
    counts.try_into().map_err(|_| format!("`{text}`: write samples, histograms and exemplars"))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

#[track_caller]
fn check(text: &str, expect: Result<usize, &str>) {
    let found = parse("f", text).map(|cases| cases.len()).map_err(|errors| errors.join("\n"));
    assert_eq!(found, expect.map_err(str::to_owned), "{text}");
}

const SMALL: &str =
    "case a\nrule R1 R8\nwhy  w\nsend 2.0\nbody 2.0 snappy\nexpect 204 written 0 0 0\nkept nothing\n";

#[test]
fn reads_a_case_and_its_defaults() {
    check(SMALL, Ok(1));
    let case = &parse("f", SMALL).unwrap()[0];
    assert_eq!(case.rules, [1, 8]);
    assert_eq!(case.send.headers[1].1, "application/x-protobuf;proto=io.prometheus.write.v2.Request");
    assert_eq!(case.expect.written, Written::Counts([0; 3]));
}

#[test]
fn header_replaces_the_default_and_a_second_one_is_added() {
    let text = SMALL.replace(
        "send 2.0\n",
        "send 2.0\n  content-encoding: a\n  Content-Encoding: b\n  without User-Agent\n",
    );
    let case = &parse("f", &text).unwrap()[0];
    let names: Vec<_> = case.send.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        names[1..],
        ["X-Prometheus-Remote-Write-Version=2.0.0", "content-encoding=a", "Content-Encoding=b"]
    );
}

#[test]
fn errors_name_file_and_line() {
    check("rule R1\n", Err("f:1: `rule` before the first `case`"));
    check(&SMALL.replace("why  w", "why"), Err("f:3: `why` gives a reason"));
    check(&SMALL.replace("R8", "R18"), Err("f:2: `R18` is none of R1 to R17"));
    check(&SMALL.replace("kept nothing\n", ""), Err("f:1: a: no `kept`"));
    check(&SMALL.replace("why", "because"), Err("f:3: `because` is no word of a case\nf:1: a: no `why`"));
    check(
        &SMALL.replace("send 2.0\n", "send 2.0\n  sideways\n"),
        Err("f:5: `sideways` is neither a header nor a word of `send`"),
    );
    check(&SMALL.replace("send 2.0", "send 1.0"), Err("f:1: a: 1.0 never has Written headers"));
    check(&SMALL.replace(" written 0 0 0", ""), Err("f:1: a: say `written`: counts, or `none`"));
    check(&format!("{SMALL}kept nothing\n"), Err("f:8: a second `kept`"));
}
