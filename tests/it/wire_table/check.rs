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

mod tests {
    use super::super::{case, http};
    use super::*;

    const CASE: &str = "case a-b\nrule R1\nwhy  w\nsend 2.0\nbody none\nexpect 400 written 2 0 0\n  text \"$metric\"\n  \
                        Allow ~ POST\nkept as 2.0\n  $metric 1 @now-1s\n";
    const WRITTEN: &str = "x-prometheus-remote-write-samples-written: 2\r\n\
                           x-prometheus-remote-write-histograms-written: 0\r\n\
                           x-prometheus-remote-write-exemplars-written: 0\r\nallow: PUT, POST";

    #[track_caller]
    fn check(case: &str, head: &str, text: &str, problems: &[&str]) {
        let case = &case::parse("f", case).unwrap()[0];
        let response = http::parse(format!("HTTP/1.1 {head}\r\n\r\n{text}").as_bytes(), false).unwrap();
        let mut found = answer(case, response.as_ref());
        found.retain(|problem| !problem.starts_with("the text was"));
        assert_eq!(found.len(), problems.len(), "{found:?}");
        found.iter().zip(problems).for_each(|(found, part)| assert!(found.contains(part), "{found}"));
    }

    #[test]
    fn answer_is_held_against_every_part_of_the_case() {
        let good = format!("400 Bad Request\r\n{WRITTEN}");
        check(CASE, &good, "series a_b", &[]);
        check(CASE, &good.replacen("400", "500", 1), "series a_b", &["status 500"]);
        check(CASE, &good.replace("written: 2", "written: 1"), "series a_b", &["written Counts([1, 0, 0])"]);
        check(CASE, &good.replace("histograms", "other"), "series a_b", &["Written headers"]);
        check(CASE, &good.replace("POST", "GET"), "series a_b", &["header Allow"]);
        check(CASE, &good, "series", &["text without"]);
        check(CASE, &good, "a_b\u{1b}[31m", &["control characters"]);
        check(CASE, &good, &"a_b".repeat(400), &["1200 bytes of text"]);
        let first = CASE.replace("2.0", "1.0").replace("written 2 0 0", "written none");
        check(&first, &good, "a_b", &["written Counts", "1.0, and written"]);
        let success = CASE.replace("400", "204").replace("  text \"$metric\"\n", "");
        check(&success, &good.replacen("400", "204", 1), "done", &["a success with a body"]);
    }

    #[test]
    fn what_is_kept_is_held_against_dialect_and_lines() {
        let case = &case::parse("f", CASE).unwrap()[0];
        let found = |dialect: &str, line: &str| compare(case, 5_000, &[dialect], &[line.to_owned()]).len();
        assert_eq!(found("2.0", "a_b 1 @4000"), 0);
        assert_eq!(found("2.0-rc.3", "a_b 1 @4000"), 1);
        assert_eq!(found("2.0", "a_b 1 @4001"), 1);
    }
}
