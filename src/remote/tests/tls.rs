//! TLS with authorities of our own: what is accepted, and how each refusal reads.

use std::sync::Arc;

use rustls::ServerConfig;

use super::pki::{Authority, BOTH, OLD, Valid};
use super::script::{Script, Step};
use super::*;

/// What becomes of a request to `server` from a client that `change` has made.
async fn attempt(server: Arc<ServerConfig>, change: impl FnOnce(&mut Tls)) -> Result<Response, Error> {
    let script = Script::tls(server, []).await;
    let mut config = config(&script.url);
    change(&mut config.tls);
    Client::new(config).unwrap().send(Format::V1, BODY, 0).await
}

#[track_caller]
fn is_fault(got: Result<Response, Error>, expect: &TlsFault) {
    match got {
        Err(Error::Tls { fault, peer }) => {
            assert_eq!(fault, *expect);
            assert_eq!(Error::Tls { peer, fault }.help().is_some(), expect.help().is_some());
        }
        got => panic!("{got:?} is not {expect:?}"),
    }
}

#[tokio::test]
async fn a_trusted_receiver_is_reached() {
    let ca = Authority::new();
    for versions in [BOTH, OLD] {
        let server = ca.server("127.0.0.1", Valid::Now, versions, None);
        let got = attempt(server, |tls| tls.ca_file = Some(ca.file())).await;
        assert_eq!(got.unwrap().status, 204);
    }
    let server = ca.server("receiver.example", Valid::Now, BOTH, None);
    let got = attempt(server, |tls| {
        tls.ca_file = Some(ca.file());
        tls.server_name = Some("receiver.example".into());
        tls.min_version = TlsVersion::Tls13;
    });
    assert_eq!(got.await.unwrap().status, 204);
}

#[tokio::test]
async fn connections_are_kept_with_tls_too() {
    let ca = Authority::new();
    let script = Script::tls(
        ca.server("127.0.0.1", Valid::Now, BOTH, None),
        [Step::status(204, &[], ""), Step::last("")],
    )
    .await;
    let mut config = config(&script.url);
    config.tls.ca_file = Some(ca.file());
    let client = Client::new(config).unwrap();
    for _ in 0..3 {
        assert_eq!(client.send(Format::V1, BODY, 0).await.unwrap().status, 204);
    }
    // The second request is closed upon, and goes out again: session tickets and alerts of TLS are no answer.
    assert_eq!(script.by(), [1, 1, 2, 2]);
}

#[tokio::test]
async fn every_bad_certificate_says_what_is_wrong() {
    let (ca, other) = (Authority::new(), Authority::new());
    let trust = |tls: &mut Tls| tls.ca_file = Some(ca.file());
    let now = ca.server("127.0.0.1", Valid::Now, BOTH, None);
    let stranger = attempt(Arc::clone(&now), |tls| tls.ca_file = Some(other.file())).await;
    is_fault(stranger, &TlsFault::UnknownAuthority);
    is_fault(attempt(Arc::clone(&now), |_| {}).await, &TlsFault::UnknownAuthority); // the system's own
    let [first, again] = [(); 2].map(|()| Authority::named("made anew"));
    let namesake = again.server("127.0.0.1", Valid::Now, BOTH, None);
    is_fault(attempt(namesake, |tls| tls.ca_file = Some(first.file())).await, &TlsFault::UnknownAuthority);
    is_fault(attempt(ca.server("elsewhere", Valid::Now, BOTH, None), trust).await, &TlsFault::Name);
    is_fault(attempt(ca.server("127.0.0.1", Valid::Before, BOTH, None), trust).await, &TlsFault::Expired);
    is_fault(attempt(ca.server("127.0.0.1", Valid::Later, BOTH, None), trust).await, &TlsFault::NotYetValid);
    let old = attempt(ca.server("127.0.0.1", Valid::Now, OLD, None), |tls| {
        trust(tls);
        tls.min_version = TlsVersion::Tls13;
    });
    is_fault(old.await, &TlsFault::Versions);
}

#[tokio::test]
async fn without_verification_any_certificate_will_do() {
    let ca = Authority::new();
    for versions in [BOTH, OLD] {
        let server = ca.server("elsewhere", Valid::Before, versions, None);
        let got = attempt(server, |tls| tls.insecure_skip_verify = true).await;
        assert_eq!(got.unwrap().status, 204);
    }
    let mut config = config("https://h/");
    config.tls.insecure_skip_verify = true;
    let notes = Client::new(config).unwrap().notes().to_vec();
    assert_eq!(notes, [Note::NotVerified { peer: "h:443".into() }]);
}

#[tokio::test]
async fn client_certificates_are_shown_when_asked_for() {
    let (ca, clients) = (Authority::new(), Authority::new());
    for versions in [BOTH, OLD] {
        let server = || ca.server("127.0.0.1", Valid::Now, versions, Some(&clients));
        let with = |of: Option<&Authority>| {
            let files = of.map(Authority::client);
            let ca_file = Some(ca.file());
            move |tls: &mut Tls| {
                tls.ca_file = ca_file;
                [tls.cert_file, tls.key_file] = files.map_or([None, None], |files| files.map(Some));
            }
        };
        assert_eq!(attempt(server(), with(Some(&clients))).await.unwrap().status, 204);
        is_fault(attempt(server(), with(None)).await, &TlsFault::CertificateRequired);
        match attempt(server(), with(Some(&ca))).await {
            Err(Error::Tls { fault: TlsFault::OurCertificate(_), .. }) => {}
            got => panic!("{got:?}"),
        }
    }
}

#[tokio::test]
async fn a_port_of_the_other_kind_is_recognised() {
    let script = Script::start([]).await;
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        for answer in [b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), b""] {
            let (mut stream, _) = plain.accept().await.unwrap();
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    let https = client(&url);
    is_fault(https.send(Format::V1, BODY, 0).await, &TlsFault::NotTls);
    is_fault(https.send(Format::V1, BODY, 0).await, &TlsFault::Closed);
    assert!(script.asked().is_empty());
    let ca = Authority::new();
    let script = Script::tls(ca.server("127.0.0.1", Valid::Now, BOTH, None), []).await;
    let err = client(&script.url.replace("https", "http")).send(Format::V1, BODY, 0).await.unwrap_err();
    assert!(matches!(err, Error::NotHttp { .. }), "{err}");
}

#[tokio::test]
async fn new_files_are_used_for_new_connections() {
    let (old, new) = (Authority::new(), Authority::new());
    let file = tempfile::NamedTempFile::new().unwrap();
    old.write_to(file.path());
    let server = new.server("127.0.0.1", Valid::Now, BOTH, None);
    let script = Script::tls(server, []).await;
    let mut config = config(&script.url);
    config.tls.ca_file = Some(file.path().to_owned());
    let client = Client::new(config).unwrap();
    is_fault(client.send(Format::V1, BODY, 0).await, &TlsFault::UnknownAuthority);
    new.write_to(file.path());
    assert_eq!(client.send(Format::V1, BODY, 0).await.unwrap().status, 204);
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_sent() {
    let (ca, other) = (Authority::new(), Authority::new());
    let ([cert, key], [_, wrong_key]) = (ca.client(), other.client());
    let refused = |change: &dyn Fn(&mut Tls)| {
        let mut config = config("https://h/");
        change(&mut config.tls);
        Client::new(config).unwrap_err().to_string()
    };
    let half = "a certificate needs its key, and a key its certificate: give both files or none";
    assert_eq!(refused(&|tls| tls.cert_file = Some(cert.clone())), half);
    assert_eq!(refused(&|tls| tls.key_file = Some(key.clone())), half);
    let missing = refused(&|tls| tls.ca_file = Some("/nowhere/ca.pem".into()));
    assert!(missing.starts_with("cannot read `/nowhere/ca.pem`: "), "{missing}");
    let no_pem = refused(&|tls| tls.ca_file = Some(key.clone()));
    assert!(no_pem.ends_with("holds no PEM certificate"), "{no_pem}");
    let no_key = refused(&|tls| [tls.cert_file, tls.key_file] = [Some(cert.clone()), Some(cert.clone())]);
    assert!(no_key.ends_with("holds no PEM private key"), "{no_key}");
    let pair = refused(&|tls| [tls.cert_file, tls.key_file] = [Some(cert.clone()), Some(wrong_key.clone())]);
    assert!(pair.starts_with("certificate and key do not work together: "), "{pair}");
    let name = refused(&|tls| tls.server_name = Some("a b".into()));
    assert_eq!(name, "`a b` is no name or address that a certificate could have");
}
