//! The receiver against the table of requests in `testdata/wire/`: status, headers, text, and what the capture holds.
//!
//! The cases are data and say nothing of Rust; `testdata/README.md` describes their form. All cases run before
//! the failures are shown together.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod body;
mod case;
mod check;
mod http;
mod kept;
mod receiver;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use case::Case;
use http::Response;
use obsctl::base::time::UnixNanos;

/// All cases, file by file in the order of their names, or every error in them.
fn table() -> Result<Vec<Case>, Vec<String>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/wire");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        let file = format!("testdata/wire/{}", path.file_name().unwrap().display());
        match case::parse(&file, &std::fs::read_to_string(&path).unwrap()) {
            Ok(more) => cases.extend(more),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(cases) } else { Err(errors) }
}

#[test]
fn table_reads_without_errors() {
    let cases = table().unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
    assert!(cases.len() >= 94, "{} cases", cases.len());
    let mut names = BTreeSet::new();
    let twice: Vec<_> =
        cases.iter().filter(|case| !names.insert(&case.name)).map(|case| &case.name).collect();
    assert!(twice.is_empty(), "names that stand twice: {twice:?}");
}

#[test]
fn table_covers_every_requirement() {
    let cases = table().unwrap();
    let rules: BTreeSet<_> = cases.iter().flat_map(|case| case.rules.iter().copied()).collect();
    // R13 is about writes that fail for the receiver's own reasons: no request shows it.
    let missing: Vec<_> = (1..=17).filter(|rule| *rule != 13 && !rules.contains(rule)).collect();
    assert!(missing.is_empty(), "requirements without a case: {missing:?}");
}

#[test]
fn every_body_can_be_built() {
    let mut errors = Vec::new();
    for case in table().unwrap().iter().filter(|case| !case.is_large()) {
        if let Err(err) = body::build(case, NOW) {
            errors.push(format!("{}: {err}", case.place()));
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn receiver_answers_as_the_table_says() {
    let receiver = receiver::Running::start();
    let (mut failures, mut count) = (Vec::new(), 0);
    for case in chosen() {
        count += 1;
        let now = UnixNanos::now().millis().0;
        let sent = body::build(&case, now).unwrap_or_else(|reason| panic!("{}: {reason}", case.place()));
        let mut problems = Vec::new();
        for _ in 0..if case.send.twice { 2 } else { 1 } {
            match exchange(&case, receiver.address(), sent.as_deref()) {
                Ok(response) => problems.extend(check::answer(&case, response.as_ref())),
                Err(reason) => problems.push(reason),
            }
        }
        let kept = receiver.kept();
        if kept.iter().any(|request| Some(&request.body) != sent.as_ref()) {
            problems.push("the body in the capture is not the one that was sent".to_owned());
        }
        problems.extend(check::kept(&case, now, &kept));
        report(&case, problems, &mut failures);
    }
    receiver.stop();
    assert!(failures.is_empty(), "{} of {count} cases fail\n{}", failures.len(), failures.join("\n"));
}

/// Puts the cases to a receiver that somebody started, and compares with what the table says of it.
///
/// `OBSCTL_TABLE_PEER='prometheus-3.5.3 127.0.0.1:9090' cargo test wire_table::peer`; `OBSCTL_TABLE_ONLY=part-of-a-name`
/// chooses cases.
#[test]
fn peer_answers_as_seen() {
    let Some(peer) = environment("OBSCTL_TABLE_PEER") else { return };
    let (peer, address) = peer.split_once(' ').expect("a name and an address");
    let address = address.parse().expect("an IP address and a port");
    let mut failures = Vec::new();
    for case in chosen() {
        let expect =
            case.seen.iter().find(|(name, _)| name == peer).map_or(case.expect, |(_, answer)| *answer);
        let now = UnixNanos::now().millis().0;
        let found = body::build(&case, now)
            .and_then(|body| exchange(&case, address, body.as_deref()))
            .and_then(|response| http::answer(response.as_ref()));
        match found {
            Ok(found) if found.fits(expect) => {}
            Ok(found) => failures.push(format!("{}: seen {peer} {found}", case.place())),
            Err(reason) => failures.push(format!("{}: {reason}", case.place())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The cases whose names contain what `OBSCTL_TABLE_ONLY` says, or all.
fn chosen() -> Vec<Case> {
    let only = environment("OBSCTL_TABLE_ONLY").unwrap_or_default();
    table().unwrap().into_iter().filter(|case| case.name.contains(&only)).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test has no command line of its own")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Sends the request of a case once.
fn exchange(case: &Case, to: SocketAddr, body: Option<&[u8]>) -> Result<Option<Response>, String> {
    let path = case.send.path.as_deref().unwrap_or(WRITE_PATH);
    http::exchange(to, path, &case.send, body).map_err(|err| err.to_string())
}

/// The path of the requests that name none.
const WRITE_PATH: &str = "/api/v1/write";

fn report(case: &Case, problems: Vec<String>, failures: &mut Vec<String>) {
    if !problems.is_empty() {
        failures.push(format!("{} ({})\n    {}", case.place(), case.why, problems.join("\n    ")));
    }
}

/// A moment for tests that talk to nobody.
const NOW: i64 = 1_750_000_000_000;
