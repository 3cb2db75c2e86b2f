//! One case held against one answer, and against what was kept.

use obsctl::wire::{self, Dialect, Encoding, Limits, Protocol, Scratch};

use super::case::{Case, HeaderRule, Kept, Status, Written};
use super::http::Response;
use super::{body, kept};

/// Bytes of an error text at most: Prometheus reads no further.
const MAX_TEXT: usize = 1024;

/// What of the answer is not as the case says; empty when all is.
pub(super) fn answer(case: &Case, response: Option<&Response>) -> Vec<String> {
    let Some(response) = response else {
        let fine = case.expect.status == Status::Closed || case.also.contains(&Status::Closed);
        return if fine { Vec::new() } else { vec!["the connection ended without an answer".to_owned()] };
    };
    let mut problems = Vec::new();
    let text = String::from_utf8_lossy(&response.body).into_owned();
    if std::str::from_utf8(&response.body).is_err() {
        problems.push("a text that is not UTF-8".to_owned());
    }
    if Status::Code(response.status) != case.expect.status {
        problems.push(format!("status {}, expected {:?}", response.status, case.expect.status));
    }
    match response.written() {
        Err(reason) => problems.push(reason),
        Ok(found) => {
            if case.expect.written != Written::Any && found != case.expect.written {
                problems.push(format!("written {found:?}, expected {:?}", case.expect.written));
            }
            if case.send.version == Protocol::V1 && found != Written::None {
                problems.push(format!("1.0, and written {found:?}"));
            }
        }
    }
    for (name, rule) in &case.headers {
        let found = response.header(name);
        let fits = match rule {
            HeaderRule::Is(value) => found == Some(value),
            HeaderRule::Contains(part) => found.is_some_and(|value| value.contains(part)),
            HeaderRule::Absent => found.is_none(),
        };
        if !fits {
            problems.push(format!("header {name} is {found:?}, expected {rule:?}"));
        }
    }
    for part in &case.texts {
        let part = body::fill(case, part);
        if !text.contains(&part) {
            problems.push(format!("text without {part:?}"));
        }
    }
    match response.status {
        200..=299 if !text.is_empty() => problems.push("a success with a body".to_owned()),
        400.. if text.trim().is_empty() && case.send.method != "HEAD" => {
            problems.push("a refusal without a word".to_owned());
        }
        _ => {}
    }
    if text.len() > MAX_TEXT {
        problems.push(format!("{} bytes of text", text.len()));
    }
    if text.trim_end_matches('\n').contains(char::is_control) {
        problems.push("control characters in the text".to_owned());
    }
    if !problems.is_empty() && !text.is_empty() {
        problems.push(format!("the text was: {}", text.escape_debug()));
    }
    problems
}

/// A request as it was kept.
pub(super) struct Request {
    pub(super) protocol: Protocol,
    pub(super) encoding: Encoding,
    pub(super) dialect: Dialect,
    pub(super) body: Vec<u8>,
    /// Positions of the series that were refused.
    pub(super) refused: Vec<u32>,
}

/// What of the kept requests is not as the case says; empty when all is. Only parts count that were accepted.
pub(super) fn kept(case: &Case, now_ms: i64, requests: &[Request]) -> Vec<String> {
    match lines(requests) {
        Err(reason) => vec![format!("what was kept cannot be read: {reason}")],
        Ok((dialects, found)) => compare(case, now_ms, &dialects, &found),
    }
}

/// Dialect of every request, and the lines of all.
fn lines(requests: &[Request]) -> Result<(Vec<&'static str>, Vec<String>), String> {
    let (mut dialects, mut found) = (Vec::new(), Vec::new());
    let mut scratch = Scratch::default();
    let mut message = Vec::new();
    let limits = Limits::default();
    for request in requests {
        wire::decompress(request.encoding, &request.body, limits.decoded, &mut message)
            .map_err(|err| err.to_string())?;
        let entries =
            wire::decode(request.protocol, &message, &limits, &mut scratch).map_err(|err| err.to_string())?;
        let mut more = kept::lines(entries, &request.refused)?;
        dialects.push(request.dialect.as_str());
        found.append(&mut more);
    }
    Ok((dialects, found))
}

fn compare(case: &Case, now_ms: i64, dialects: &[&str], found: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    match &case.kept {
        Kept::Nothing if found.is_empty() => {}
        Kept::Nothing => problems.push(format!("kept {} lines, expected nothing: {}", found.len(), found[0])),
        Kept::Count(expect) => {
            let counts = count(found);
            if counts != *expect {
                problems.push(format!("kept {counts:?}, expected {expect:?}"));
            }
        }
        Kept::Lines { dialect, lines } => {
            let expect: Vec<_> = lines.iter().map(|line| times(&body::fill(case, line), now_ms)).collect();
            if expect != found {
                problems.push(format!(
                    "kept\n      {}\n    expected\n      {}",
                    found.join("\n      "),
                    expect.join("\n      ")
                ));
            }
            if dialects.iter().any(|found| *found != dialect.as_str()) {
                problems.push(format!("kept as {}, expected {dialect}", dialects.join(", ")));
            }
        }
    }
    problems
}

/// Samples, histograms, exemplars.
fn count(lines: &[String]) -> [u64; 3] {
    let mut counts = [0; 3];
    for line in lines.iter().filter(|line| !line.starts_with("metadata ")) {
        let kind = if line.contains(" {{") { 1 } else { usize::from(line.contains(" # {")) * 2 };
        counts[kind] += 1;
    }
    counts
}

/// Puts milliseconds in for `@now`, `@now-3h` and the like.
fn times(line: &str, now_ms: i64) -> String {
    let mut words = line.split(' ').map(|word| match word.strip_prefix("@now") {
        None => word.to_owned(),
        Some("") => format!("@{now_ms}"),
        Some(shift) => match shift_ms(shift) {
            Some(shift) => format!("@{}", now_ms + shift),
            None => word.to_owned(),
        },
    });
    let first = words.next().unwrap_or_default();
    words.fold(first, |line, word| line + " " + &word)
}

/// `-3h`, `+500ms` as milliseconds.
fn shift_ms(text: &str) -> Option<i64> {
    let at = text.find(char::is_alphabetic)?;
    let unit = match &text[at..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    text[..at].parse::<i64>().ok().map(|number| number * unit)
}

#[test]
fn times_are_put_in() {
    assert_eq!(times("up 1 @now-2s start @now+1h", 10_000), "up 1 @8000 start @3610000");
    assert_eq!(times("up 1 @0", 5), "up 1 @0");
}
