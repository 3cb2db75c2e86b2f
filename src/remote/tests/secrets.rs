//! Credentials: they reach the receiver, follow their files, and appear nowhere else.

use super::pki::{Authority, BOTH, Valid};
use super::script::{Script, Step};
use super::*;
use crate::ui::Verbosity;
use crate::ui::log::{Format as LogFormat, Log};
use crate::ui::testing::Shared;

/// Part of every secret here: wherever it appears, something leaks.
const CANARY: &str = "CANARY";

fn given(text: &str) -> SecretSource {
    SecretSource::Given(Secret::new(text))
}

/// A configuration with a secret wherever one can be.
fn full(url: &str, auth: Auth) -> Config {
    let mut config = config(&format!("{url}?token={CANARY}-query"));
    config.auth = Some(auth);
    config.headers.push(Header { name: "X-Api-Key".into(), value: given("CANARY-header") });
    config
}

fn basic() -> Auth {
    Auth::Basic { user: "user".into(), password: given("CANARY-password") }
}

#[tokio::test]
async fn credentials_reach_the_receiver() {
    let script = Script::start([]).await;
    for (auth, expect) in [
        // printf 'user:CANARY-password' | base64
        (basic(), "authorization: Basic dXNlcjpDQU5BUlktcGFzc3dvcmQ="),
        (
            Auth::Credentials { scheme: "Token".into(), credentials: given("CANARY-token") },
            "authorization: Token CANARY-token",
        ),
    ] {
        let client = Client::new(full(&script.url, auth)).unwrap();
        client.send(Format::V1, BODY, 0).await.unwrap();
        let (_, asked) = script.asked().pop().unwrap();
        let lines: Vec<_> = asked.lines().collect();
        for expect in [expect, "x-api-key: CANARY-header", "POST /api/v1/write?token=CANARY-query HTTP/1.1"] {
            assert!(lines.contains(&expect), "{expect} in {asked}");
        }
    }
}

#[tokio::test]
async fn a_rotated_file_is_used_for_the_next_request() {
    let script = Script::start([]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let write = |text: &str| std::fs::write(file.path(), text).unwrap();
    write("token-1\n");
    let credentials = SecretSource::File(file.path().to_owned());
    let client =
        Client::new(full(&script.url, Auth::Credentials { scheme: "Bearer".into(), credentials })).unwrap();
    for token in ["token-1", "token-2", "token-3"] {
        write(&format!("{token}\n"));
        client.send(Format::V1, BODY, 0).await.unwrap();
        let (connection, asked) = script.asked().pop().unwrap();
        assert_eq!(connection, 1, "the connection is kept");
        assert!(asked.contains(&format!("authorization: Bearer {token}\r\n")), "{asked}");
    }
    write("");
    let err = client.send(Format::V1, BODY, 0).await.unwrap_err();
    assert!(matches!(err, Error::Secret(_)), "{err}");
}

#[test]
fn credentials_in_the_clear_are_noted() {
    let notes = |url: &str, auth: Option<Auth>| {
        let mut config = config(url);
        config.auth = auth;
        Client::new(config).unwrap().notes().to_vec()
    };
    let clear = Note::CredentialsInClear { peer: "receiver:80".into() };
    assert_eq!(notes("http://receiver/", Some(basic())), [clear]);
    for url in ["http://localhost/", "http://127.0.0.1/", "http://[::1]/", "https://receiver/"] {
        assert_eq!(notes(url, Some(basic())), []);
    }
    assert_eq!(notes("http://receiver/", None), []);
    let mut config = config("http://localhost/");
    config.tls.server_name = Some("x".into());
    assert_eq!(Client::new(config).unwrap().notes(), [Note::TlsUnused { peer: "localhost:80".into() }]);
}

/// Every kind of answer and of failure, with a receiver that says all it heard back; and nothing that this program
/// shows of it, to people or in its log at the highest level, holds a secret.
#[tokio::test]
async fn no_secret_is_ever_shown() {
    let shared = Shared::default();
    let log = Log::new(LogFormat::Logfmt, Verbosity::Trace, shared.clone());
    let guard = tracing::subscriber::set_default(log);
    let mut shown = Vec::new();
    let echo = "POST /?x Authorization: Basic dXNlcjpDQU5BUlktcGFzc3dvcmQ= CANARY-password CANARY-header";
    let location = "Location: https://u:CANARY@h/p?token=CANARY";
    let steps = || {
        [
            Step::status(503, &[], echo),
            Step::status(429, &["Retry-After: 0"], echo),
            Step::last(""), // of a kept connection
            Step::last(""),
            Step::last("HTTP/1.1 2"),
            Step::last("nonsense\r\n\r\n"),
            Step::hang(""),
            Step::status(415, &[], echo),
            Step::status(307, &[location], echo),
        ]
    };
    let ca = Authority::new();
    let (plain, tls) = (
        Script::start(steps()).await,
        Script::tls(ca.server("127.0.0.1", Valid::Now, BOTH, None), steps()).await,
    );
    let policy = Policy {
        first: Duration::from_millis(1),
        longest_asked: Duration::ZERO,
        longest: Duration::from_millis(1),
        ..Policy::default()
    };
    for url in [&plain.url, &tls.url] {
        let mut config = full(url, basic());
        config.tls.ca_file = Some(ca.file());
        config.timeouts.request = Duration::from_millis(300);
        shown.push(format!("{config:?}"));
        let client = Client::new(config).unwrap();
        shown.push(format!("{client:?} {:?}", client.notes()));
        let sender = Sender::new(client, policy, Ladder::new(Format::V2, &[Format::V1]), 1);
        let body = |_| Some(Body { bytes: BODY, holds: HOLDS });
        let delivery = sender.deliver(body, std::future::pending(), |event| {
            let (Event::Retry { .. } | Event::FellBack { .. }) = event;
            if let Event::Retry { why, .. } = &event {
                shown.push(why.to_string());
            }
            shown.push(format!("{event:?}"));
        });
        let delivery = delivery.await;
        assert_eq!(delivery.requests, 8, "{delivery:?}");
        shown.push(format!("{delivery:?}"));
        let Outcome::Dropped(refusal) = delivery.outcome else { panic!("a redirect is refused") };
        shown.push(refusal.to_string());
    }
    for mut config in [
        full("http://127.0.0.1:1/", basic()),
        full("http://receiver.invalid/", basic()),
        full(&tls.url, basic()),
        full(&plain.url.replace("http", "https"), basic()),
    ] {
        config.timeouts.connect = Duration::from_millis(300); // one of them says nothing at all
        let err = Client::new(config).unwrap().send(Format::V1, BODY, 0).await.unwrap_err();
        shown.push(format!("{err} {err:?} {:?}", err.help()));
    }
    let content = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(content.path(), "CANARY\nCANARY").unwrap();
    let bad = [
        full("http://h/", Auth::Basic { user: "a:b".into(), password: given("CANARY") }),
        full("http://h/", Auth::Basic { user: "a".into(), password: given("CANARY\n") }),
        full(
            "http://h/",
            Auth::Basic { user: "a".into(), password: SecretSource::File(content.path().into()) },
        ),
        Config {
            headers: vec![Header { name: "Authorization".into(), value: given("CANARY") }],
            ..full("http://h/", basic())
        },
    ];
    for config in bad {
        let err = Client::new(config).unwrap_err();
        shown.push(format!("{err} {err:?}"));
    }
    let url = format!("https://user:{CANARY}@h/?{CANARY}").parse::<Url>().unwrap_err();
    shown.push(format!("{url} {url:?}"));
    drop(guard);
    shown.push(shared.text());
    // What is looked for is really there to be found: the receiver did say it, and it was cut out.
    assert!(shown.iter().any(|text| text.contains("Authorization: Basic <redacted> <redacted> <redacted>")));
    for text in shown {
        assert!(!text.contains(CANARY) && !text.contains("dXNlcjpDQU5B"), "{text}");
    }
}
