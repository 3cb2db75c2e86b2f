//! One HTTP/1.1 request to a remote-write receiver, or to any page: no pool, no retries, no redirects.
//!
//! Sends a body as it is given; encoding it is the caller's business. Plain `http://` only: TLS is refused
//! with a sentence, never silently left out. What comes back is bounded.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::wire::{Encoding, Protocol};

/// What this program calls itself to a receiver. Spec 2.0: `name/version` as RFC 9110 has it.
pub const AGENT: &str = concat!("obsctl/", env!("CARGO_PKG_VERSION"));

/// Bytes of an answer's text that are read; Prometheus reads no more either.
const MAX_TEXT: usize = 1024;

const VERSION: &str = "x-prometheus-remote-write-version";

/// A receiver's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The `X-Prometheus-Remote-Write-*-Written` headers.
    pub written: Written,
    /// Seconds of `Retry-After`; `None` when absent or a date.
    pub retry_after: Option<u64>,
    /// The first 1,024 bytes of the body; what is not UTF-8 is replaced.
    pub text: String,
}

/// What a 2.0 receiver says it has written; `None` where the header is absent or no number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Written {
    pub samples: Option<u64>,
    pub histograms: Option<u64>,
    pub exemplars: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{url}` is no URL of the form `http://host[:port]/path`")]
    Url { url: Redacted },
    #[error("`{url}`: TLS is not supported yet, use `http://`")]
    Tls { url: Redacted },
    #[error("cannot connect to {host}")]
    Connect { host: String, source: std::io::Error },
    #[error("no answer from {host} within {seconds} s")]
    Timeout { host: String, seconds: f64 },
    #[error("the connection to {host} broke")]
    Http { host: String, source: hyper::Error },
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge { host: String, limit: usize },
}

/// A URL without user name, password, query and fragment: those may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    fn new(url: &str) -> Self {
        let plain = url.split(['?', '#']).next().unwrap_or_default();
        let Some((scheme, rest)) = plain.split_once("://") else { return Self(plain.to_owned()) };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Self(format!("{scheme}://{host}{path}"))
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Sends one remote-write request and reads its answer.
///
/// `body` is already compressed as `encoding` says. `time` is for everything from the connection on.
///
/// # Errors
///
/// When there is no answer; any status is an answer.
pub async fn send(
    url: &str,
    protocol: Protocol,
    encoding: Encoding,
    body: Bytes,
    time: Duration,
) -> Result<Response, Error> {
    let target = Target::parse(url)?;
    let request = target
        .request(Method::POST)
        .header(CONTENT_TYPE, protocol.content_type())
        .header(CONTENT_ENCODING, encoding.as_str())
        .header(VERSION, protocol.version_header())
        .body(Full::new(body))
        .map_err(|_| Error::Url { url: Redacted::new(url) })?;
    let answer = target.exchange(request, MAX_TEXT, time).await?;
    Ok(Response {
        status: answer.status,
        written: Written {
            samples: number(&answer.headers, "x-prometheus-remote-write-samples-written"),
            histograms: number(&answer.headers, "x-prometheus-remote-write-histograms-written"),
            exemplars: number(&answer.headers, "x-prometheus-remote-write-exemplars-written"),
        },
        retry_after: number(&answer.headers, RETRY_AFTER.as_str()),
        text: String::from_utf8_lossy(&answer.body).into_owned(),
    })
}

/// Reads a page: its status and its body.
///
/// # Errors
///
/// When there is no answer, or one of more than `max` bytes.
pub async fn get(url: &str, max: usize, time: Duration) -> Result<(u16, Bytes), Error> {
    let target = Target::parse(url)?;
    let request = target
        .request(Method::GET)
        .body(Full::default())
        .map_err(|_| Error::Url { url: Redacted::new(url) })?;
    let answer = target.exchange(request, max, time).await?;
    if answer.cut {
        return Err(Error::TooLarge { host: target.host, limit: max });
    }
    Ok((answer.status, Bytes::from(answer.body)))
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    /// There was more than `body`.
    cut: bool,
}

/// Where a request goes.
#[derive(PartialEq, Eq, Debug)]
struct Target {
    /// `host:port` to connect to.
    host: String,
    /// The `Host` header.
    authority: String,
    path: String,
}

impl Target {
    fn parse(url: &str) -> Result<Self, Error> {
        let bad = || Error::Url { url: Redacted::new(url) };
        let uri: Uri = url.parse().map_err(|_| bad())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(Error::Tls { url: Redacted::new(url) }),
            _ => return Err(bad()),
        }
        let authority = uri.authority().ok_or_else(bad)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(bad()); // credentials do not belong into a URL
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            host: format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80)),
            authority: authority.to_string(),
            path: path.to_owned(),
        })
    }

    fn request(&self, method: Method) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(&self.path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, AGENT)
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        max: usize,
        time: Duration,
    ) -> Result<Answer, Error> {
        match timeout(time, self.exchange_unhurried(request, max)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Timeout { host: self.host.clone(), seconds: time.as_secs_f64() }),
        }
    }

    async fn exchange_unhurried(&self, request: Request<Full<Bytes>>, max: usize) -> Result<Answer, Error> {
        let broke = |source| Error::Http { host: self.host.clone(), source };
        let stream = TcpStream::connect(&self.host)
            .await
            .map_err(|source| Error::Connect { host: self.host.clone(), source })?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broke)?;
        // Driven beside the exchange, so that nothing outlives this call.
        let exchange = async {
            let response = sender.send_request(request).await.map_err(broke)?;
            let (head, mut incoming) = response.into_parts();
            let mut body = Vec::new();
            let mut cut = false;
            while let Some(frame) = incoming.frame().await {
                let Ok(data) = frame.map_err(broke)?.into_data() else { continue };
                let take = data.len().min(max - body.len());
                body.extend_from_slice(&data[..take]);
                if take < data.len() {
                    cut = true;
                    break;
                }
            }
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, cut })
        };
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            biased;
            answer = &mut exchange => answer,
            // The connection may end before what it has read is taken; its error comes out of the exchange.
            _ = connection => exchange.await,
        }
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const TIME: Duration = Duration::from_secs(10);

    /// Answers one connection with `answer`; gives back what was asked.
    async fn server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut got = Vec::new();
            let mut piece = [0; 1024];
            while !got.ends_with(b"BODY") && !got.ends_with(b"\r\n\r\n") || got.ends_with(b"4\r\n\r\n") {
                let n = stream.read(&mut piece).await.unwrap();
                got.extend_from_slice(&piece[..n]);
            }
            stream.write_all(answer).await.unwrap();
            String::from_utf8(got).unwrap()
        });
        (url, asked)
    }

    #[tokio::test]
    async fn sends_the_reserved_headers_and_reads_the_counts() {
        let (url, asked) = server(
            b"HTTP/1.1 400 Bad Request\r\nX-Prometheus-Remote-Write-Samples-Written: 2\r\n\
              X-Prometheus-Remote-Write-Histograms-Written: x\r\nretry-after: 7\r\n\
              content-length: 3\r\n\r\nbad",
        )
        .await;
        let url = format!("{url}/api/v1/write?x=y");
        let body = Bytes::from_static(b"BODY");
        let response = send(&url, Protocol::V2, Encoding::Zstd, body, TIME).await.unwrap();
        assert_eq!((response.status, response.text.as_str()), (400, "bad"));
        assert_eq!(response.written, Written { samples: Some(2), histograms: None, exemplars: None });
        assert_eq!(response.retry_after, Some(7));
        let asked = asked.await.unwrap().to_ascii_lowercase();
        assert!(asked.starts_with("post /api/v1/write?x=y http/1.1\r\n"), "{asked}");
        for header in [
            "content-type: application/x-protobuf;proto=io.prometheus.write.v2.request",
            "content-encoding: zstd",
            "x-prometheus-remote-write-version: 2.0.0",
            &format!("user-agent: {AGENT}"),
            "content-length: 4",
        ] {
            assert!(asked.contains(&format!("\r\n{header}\r\n")), "{header} in {asked}");
        }
    }

    #[tokio::test]
    async fn error_text_is_cut_and_a_page_is_not() {
        const ANSWER: &[u8] = b"HTTP/1.1 500 E\r\nconnection: close\r\n\r\n";
        let long: &'static [u8] = [ANSWER, &[b'x'; 5000]].concat().leak();
        let (url, asked) = server(long).await;
        let response =
            send(&url, Protocol::V1, Encoding::Snappy, Bytes::from_static(b"BODY"), TIME).await.unwrap();
        assert_eq!((response.status, response.text.len()), (500, MAX_TEXT));
        asked.await.unwrap();
        let (url, _asked) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
        assert_eq!(get(&url, 5, TIME).await.unwrap(), (200, Bytes::from_static(b"hello")));
        let (url, _asked) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
        assert!(matches!(get(&url, 4, TIME).await, Err(Error::TooLarge { limit: 4, .. })));
    }

    #[tokio::test]
    async fn no_answer_is_an_error_that_says_why() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let err = get(&url, 10, Duration::from_millis(20)).await.unwrap_err();
        assert!(err.to_string().ends_with("within 0.02 s"), "{err}");
        drop(silent);
        assert!(matches!(get(&url, 10, TIME).await, Err(Error::Connect { .. })));
    }

    #[track_caller]
    fn check(url: &str, expect: &str) {
        let got = match Target::parse(url) {
            Ok(target) => format!("{} {}", target.host, target.path),
            Err(err) => err.to_string(),
        };
        assert_eq!(got, expect, "{url}");
    }

    #[test]
    fn urls() {
        check("http://localhost", "localhost:80 /");
        check("http://[::1]:9201/api/v1/write", "[::1]:9201 /api/v1/write");
        check("http://h:9201/a?b=c", "h:9201 /a?b=c");
        check("https://u:p@h/a?token=x#y", "`https://h/a`: TLS is not supported yet, use `http://`");
        let no_url = "is no URL of the form `http://host[:port]/path`";
        check("http://u:secret@h/a", &format!("`http://h/a` {no_url}"));
        check("localhost:9201", &format!("`localhost:9201` {no_url}"));
        check("ftp://h/", &format!("`ftp://h/` {no_url}"));
        check("", &format!("`` {no_url}"));
        check("http:///x", &format!("`http:///x` {no_url}"));
    }
}
