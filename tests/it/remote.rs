//! Our sender against real receivers: what it says was written is there when they are asked, and a receiver that
//! takes 2.0, answers 204 and stores nothing is seen through.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use obsctl::base::time::UnixNanos;
use obsctl::remote::{
    Auth, Body, Client, Config, Counts, Delivery, Event, Format, Ladder, Outcome, Policy, Secret,
    SecretSource, Sender, Verdict, judge,
};
use obsctl::wire::{self, Encoder, Encoding, Label, Metadata, MetricType, Protocol, Sample};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::runtime::Runtime;

use crate::support::peers::{self, PROMETHEUS, VICTORIA_METRICS};
use crate::support::process::{self, Process};
use crate::support::wait;

const USER: &str = "sender";
const PASSWORD: &str = "open sesame";
/// bcrypt of the password at cost 4, by bcrypt 5 of PyPI: `bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4))`.
const PASSWORD_HASH: &str = "$2b$04$0IsxaV9CwtaHH8gE9D8elO16S1.z9YnN3OdTMl5hI3jZuk4esMQVy";
const SAMPLES: u64 = 50;
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn prometheus_has_what_it_counts_over_tls_and_with_a_password() {
    let Some([binary]) = peers::find("remote to prometheus", [PROMETHEUS]) else { return };
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (address, _prometheus) = prometheus(&binary, folder.path());
    let config = |path: &str, password: &str| {
        let mut config = Config::new(format!("https://{address}{path}").parse().expect("a URL"));
        config.tls.ca_file = Some(folder.path().join("ca.pem"));
        let password = SecretSource::Given(Secret::new(password));
        config.auth = Some(Auth::Basic { user: USER.into(), password });
        config
    };
    wait::until("prometheus to be ready", PATIENCE, || {
        let client = Client::new(config("/-/ready", PASSWORD)).expect("it is configured");
        match runtime.block_on(client.get(4096)) {
            Ok((200, _)) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });

    let sender = |password| sender(config("/api/v1/write", password), &[Format::V1]);
    let counts = Counts { samples: SAMPLES, ..Counts::default() };
    for (format, name, expect) in
        [(Format::V1, "sent_by_1_0", None), (Format::V2, "sent_by_2_0", Some(counts))]
    {
        let client = Client::new(config("/api/v1/write", PASSWORD)).expect("it is configured");
        let body = body(format, name, 0..SAMPLES);
        let answer = runtime.block_on(client.send(format, body.bytes, 0)).expect("an answer");
        match judge(format, body.holds, &answer, true) {
            Verdict::Written(counts) => assert_eq!(counts, expect),
            other => panic!("{other:?}"),
        }
        let stored = Client::new(config(&format!("/api/v1/query?query={name}"), PASSWORD)).expect("a client");
        wait::until("the series to be there", PATIENCE, || stored_series(&runtime, &stored, "\"metric\":{"));
    }

    // A sample that is too far in the future (10 minutes at most) is refused, and the counts say how much was not.
    let delivery = deliver(&runtime, &sender(PASSWORD), |format| {
        let (name, hour) = ("sent_in_part", 3_600_000);
        Some(message(format, 3, |encoder, now| {
            for at in 0..3 {
                series(encoder, name, at, now + if at == 1 { hour } else { 0 });
            }
        }))
    });
    match &delivery.0.outcome {
        Outcome::Partial { written, refusal } => {
            assert_eq!((written.samples, refusal.status), (2, 400), "{refusal}");
        }
        other => panic!("{other:?}"),
    }

    let (delivery, _) = deliver(&runtime, &sender("open barley"), |format| Some(body(format, "never", 0..1)));
    match delivery.outcome {
        Outcome::Dropped(refusal) => assert_eq!(refusal.status, 401),
        other => panic!("{other:?}"),
    }
}

#[test]
fn victoria_metrics_is_seen_through_and_written_to_in_1_0() {
    let Some([binary]) = peers::find("remote to victoria-metrics", [VICTORIA_METRICS]) else { return };
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address = process::free_address();
    let mut command = Command::new(&binary);
    command
        .arg(format!("-storageDataPath={}", folder.path().join("data").display()))
        .arg(format!("-httpListenAddr={address}"));
    let _process = Process::start(command);
    crate::support::http::wait_ready(address, "/health");
    let config = |path: &str| Config::new(format!("http://{address}{path}").parse().expect("a URL"));
    let stored = |name: &str| {
        let flush = Client::new(config("/internal/force_flush")).expect("a client");
        assert_eq!(runtime.block_on(flush.get(4096)).expect("it flushes").0, 200);
        let export = config(&format!("/api/v1/export?match[]={name}"));
        stored_series(&runtime, &Client::new(export).expect("a client"), "\"metric\":{")
    };

    // Without leave to fall back the loss is noticed, and told.
    let sender_of_2_0 = sender(config("/api/v1/write"), &[]);
    let (delivery, _) = deliver(&runtime, &sender_of_2_0, |format| Some(body(format, "lost", 0..SAMPLES)));
    match delivery.outcome {
        Outcome::Dropped(refusal) => {
            assert_eq!(refusal.status, 204);
            assert!(refusal.to_string().contains("without counting"), "{refusal}");
        }
        other => panic!("{other:?}"),
    }
    // With it, the same request arrives, and the next one goes the right way at once.
    let sender = sender(config("/api/v1/write"), &[Format::V1]);
    for (name, expect) in [("first", vec![(Format::V2, Format::V1)]), ("second", vec![])] {
        let (delivery, fell) = deliver(&runtime, &sender, |format| Some(body(format, name, 0..SAMPLES)));
        assert!(matches!(delivery.outcome, Outcome::Written(None)), "{delivery:?}");
        assert_eq!((delivery.format, fell), (Format::V1, expect));
        wait::until("the series to be there", PATIENCE, || stored(name));
    }
    assert!(stored("lost").is_err(), "an answer of 204 and nothing stored: what the fall-back is for");
    // Its own encoding needs no fall-back.
    let zstd = Format { protocol: Protocol::V1, encoding: Encoding::Zstd };
    let client = Client::new(config("/api/v1/write")).expect("a client");
    let answer = runtime.block_on(client.send(zstd, body(zstd, "packed", 0..SAMPLES).bytes, 0));
    assert_eq!(answer.expect("an answer").status, 204);
    wait::until("the series to be there", PATIENCE, || stored("packed"));
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// A sender of 2.0 that may fall back to `others`.
fn sender(config: Config, others: &[Format]) -> Sender {
    let client = Client::new(config).expect("it is configured");
    Sender::new(client, Policy::default(), Ladder::new(Format::V2, others), 1)
}

/// Delivers, and says what it fell back from and to.
fn deliver(
    runtime: &Runtime,
    sender: &Sender,
    body: impl FnMut(Format) -> Option<Body>,
) -> (Delivery, Vec<(Format, Format)>) {
    let mut fell = Vec::new();
    let event = |event: Event<'_>| {
        if let Event::FellBack { from, to, .. } = event {
            fell.push((from, to));
        }
    };
    let delivery = runtime.block_on(sender.deliver(body, std::future::pending(), event));
    (delivery, fell)
}

/// `Ok` when all series of this test are in the page of `client`.
fn stored_series(runtime: &Runtime, client: &Client, mark: &str) -> Result<(), String> {
    let (status, page) = runtime.block_on(client.get(1 << 20)).map_err(|err| err.to_string())?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let all = (0..SAMPLES).all(|at| page.contains(&format!("\"at\":\"{at}\"")));
    let series = page.matches(mark).count() as u64;
    if status == 200 && all && series == SAMPLES { Ok(()) } else { Err(format!("{status} {page}")) }
}

/// Series of one sample each, of this moment.
fn body(format: Format, name: &str, all: std::ops::Range<u64>) -> Body {
    let samples = all.end - all.start;
    message(format, samples, |encoder, now| all.for_each(|at| series(encoder, name, at, now)))
}

fn message(format: Format, samples: u64, write: impl FnOnce(&mut Encoder, i64)) -> Body {
    let mut encoder = Encoder::new(format.protocol);
    write(&mut encoder, UnixNanos::now().millis().0);
    let (mut message, mut body) = (Vec::new(), Vec::new());
    encoder.finish(&mut message);
    wire::compress(format.encoding, &message, &mut body);
    Body { bytes: Bytes::from(body), holds: Counts { samples, ..Counts::default() } }
}

fn series(encoder: &mut Encoder, name: &str, at: u64, timestamp: i64) {
    let at_text = at.to_string();
    let labels = [Label { name: "__name__", value: name }, Label { name: "at", value: &at_text }];
    let metadata = Metadata { kind: MetricType(2), help: "of a test", unit: "" };
    encoder.series(labels, Some(metadata), None);
    encoder.sample(Sample { value: at as f64, timestamp, start: 0 });
}

/// A Prometheus that receives over TLS, from who knows the password. Its authority is in `ca.pem`.
fn prometheus(binary: &Path, folder: &Path) -> (SocketAddr, Process) {
    let write =
        |name: &str, text: String| std::fs::write(folder.join(name), text).expect("the folder is ours");
    let authority_key = KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write("ca.pem", authority.self_signed(&authority_key).expect("a certificate").pem());
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()])
        .and_then(|params| params.signed_by(&key, &Issuer::new(authority, authority_key)))
        .expect("a certificate");
    write("cert.pem", certificate.pem());
    write("key.pem", key.serialize_pem());
    write(
        "web.yml",
        format!(
            "tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\n\
             basic_auth_users: {{{USER}: {PASSWORD_HASH}}}\n"
        ),
    );
    write("prometheus.yml", String::new());
    let address = process::free_address();
    let mut command = Command::new(binary);
    command
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.config.file={}", folder.join("web.yml").display()))
        .arg(format!("--web.listen-address={address}"))
        .arg("--web.enable-remote-write-receiver");
    (address, Process::start(command))
}
