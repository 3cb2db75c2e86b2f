//! The client: requests over a few connections that are kept, bounded in number and in time.
//!
//! HTTP/1.1 only. No redirects, cookies, proxies or decompression: a redirect would carry credentials and data to where
//! nobody sent them, and is an answer like any other.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{
    CONTENT_ENCODING, CONTENT_TYPE, DATE, HOST, HeaderMap, HeaderName, LOCATION, RETRY_AFTER, USER_AGENT,
};
use hyper::http::response::Parts;
use hyper::{Method, Request};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::answer::{Response, Timing, Written, retry_after};
use super::config::{Config, ConfigError, Note, Timeouts};
use super::connect::Connection;
use super::error::Error;
use super::fields::{Fields, Said};
use super::format::Format;
use super::tls::Connector;
use super::url::{Redacted, Url};
use crate::base::time::{Stopwatch, UnixNanos};

/// What this program calls itself to a receiver. Spec 2.0: `name/version` as RFC 9110 has it.
pub const AGENT: &str = concat!("obsctl/", env!("CARGO_PKG_VERSION"));

/// Bytes of an answer's text that are kept; Prometheus reads no more either.
pub(super) const MAX_TEXT: usize = 1024;
/// Bytes of an answer that are read past what is kept, so that its connection can be used again.
const MAX_DRAIN: usize = 64 << 10;
/// Time for the body of an answer whose status is known already.
const TEXT_TIME: Duration = Duration::from_secs(5);
/// A connection that nobody used for so long is not used again: what stands between may have forgotten it.
const IDLE: Duration = Duration::from_secs(90);

const VERSION: HeaderName = HeaderName::from_static("x-prometheus-remote-write-version");
const RETRY_ATTEMPT: HeaderName = HeaderName::from_static("retry-attempt");

/// Sends to one receiver. Share it by reference: its connections serve all that send at the same time.
pub struct Client {
    url: Url,
    fields: Fields,
    tls: Option<Connector>,
    timeouts: Timeouts,
    notes: Vec<Note>,
    /// One for each connection that may be in use.
    permits: Semaphore,
    /// Connections that wait for a request, the last used one at the end.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

/// An answer as far as it was read.
struct Exchange {
    head: Parts,
    body: Vec<u8>,
    /// How the body ended.
    end: End,
    timing: Timing,
    said: Said,
}

/// How the reading of a body ended.
enum End {
    Whole,
    /// There is more than was wanted.
    Cut,
    /// It stopped coming.
    Broken(Option<hyper::Error>),
}

impl Client {
    /// Reads the files that `config` names; connects to nobody.
    ///
    /// # Errors
    ///
    /// When a file cannot be used, or a header may not be set.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let fields = Fields::new(&config)?;
        let peer = config.url.peer();
        let mut notes = Vec::new();
        let tls = if config.url.tls {
            if config.tls.insecure_skip_verify {
                notes.push(Note::NotVerified { peer });
            }
            let connector = Connector::new(config.tls)?;
            connector.name(&config.url.host)?;
            Some(connector)
        } else {
            if fields.have_credentials() && !config.url.is_loopback() {
                notes.push(Note::CredentialsInClear { peer: peer.clone() });
            }
            if config.tls != super::tls::Tls::default() {
                notes.push(Note::TlsUnused { peer });
            }
            None
        };
        Ok(Self {
            url: config.url,
            fields,
            tls,
            timeouts: config.timeouts,
            notes,
            permits: Semaphore::new(config.connections.get().min(Semaphore::MAX_PERMITS)),
            idle: Mutex::default(),
        })
    }

    /// What its user should know before anything is sent.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// `host:port` of the receiver.
    #[must_use]
    pub fn peer(&self) -> String {
        self.url.peer()
    }

    /// Sends one remote-write request, whose `body` is as `format` says, and reads the answer.
    ///
    /// `retry` is 0 at first, and then says how often the body was sent before (header `Retry-Attempt`).
    ///
    /// # Errors
    ///
    /// When there is no answer; any status is an answer.
    pub async fn send(&self, format: Format, body: Bytes, retry: u32) -> Result<Response, Error> {
        let request = |headers: &mut HeaderMap| {
            headers.insert(CONTENT_TYPE, from_static(format.protocol.content_type()));
            headers.insert(CONTENT_ENCODING, from_static(format.encoding.as_str()));
            headers.insert(VERSION, from_static(format.protocol.version_header()));
            if retry > 0 {
                headers.insert(RETRY_ATTEMPT, retry.into());
            }
        };
        let answer = self.exchange(Method::POST, body, request, (MAX_TEXT, TEXT_TIME)).await?;
        let headers = &answer.head.headers;
        let text =
            |name| headers.get(name).and_then(|value: &hyper::header::HeaderValue| value.to_str().ok());
        let now = UnixNanos::now().millis();
        Ok(Response {
            status: answer.head.status.as_u16(),
            written: Written::of(headers),
            retry_after: text(RETRY_AFTER).and_then(|after| retry_after(after, text(DATE), now)),
            location: text(LOCATION).map(Redacted::new),
            text: answer.said.remove_from(String::from_utf8_lossy(&answer.body).into_owned()),
            timing: answer.timing,
        })
    }

    /// Reads the page of the URL: its status and its body.
    ///
    /// # Errors
    ///
    /// When there is no answer, or one of more than `max` bytes.
    pub async fn get(&self, max: usize) -> Result<(u16, Bytes), Error> {
        let answer = self.exchange(Method::GET, Bytes::new(), |_| {}, (max, self.timeouts.request)).await?;
        match answer.end {
            End::Whole => Ok((answer.head.status.as_u16(), Bytes::from(answer.body))),
            End::Cut => Err(Error::TooLarge { peer: self.peer(), limit: max }),
            End::Broken(Some(source)) => Err(Error::exchange(&self.peer(), source, false)),
            End::Broken(None) => Err(self.late()),
        }
    }

    /// Sends a request when a connection is free for it, and reads its answer within the time of a request; of the
    /// body so many bytes, and no longer than so.
    async fn exchange(
        &self,
        method: Method,
        body: Bytes,
        more: impl Fn(&mut HeaderMap),
        (max, patience): (usize, Duration),
    ) -> Result<Exchange, Error> {
        let _permit = self.permits.acquire().await.expect("nobody closes the semaphore");
        let watch = Stopwatch::start();
        let deadline = Instant::now() + self.timeouts.request;
        let mut connected = None;
        let mut fresh = false;
        loop {
            let mut connection = match (!fresh).then(|| self.take()).flatten() {
                Some(connection) => connection,
                None => {
                    fresh = true;
                    let open = Connection::open(&self.url, self.tls.as_ref(), self.timeouts.connect);
                    let connection = timeout_at(deadline, open).await.map_err(|_| self.late())??;
                    connected = Some(watch.elapsed());
                    connection
                }
            };
            let (request, said) = self.request(&method, body.clone(), &more)?;
            match timeout_at(deadline, connection.exchange(request)).await {
                Err(_) => return Err(self.late()),
                // The peer closed a connection that it had kept: no fault of anybody's. Only once, on a new one; that
                // the peer has seen the request cannot be excluded, but the same samples twice are the same samples.
                Ok(Err(failed)) if !fresh && failed.is_stale() => fresh = true,
                Ok(Err(failed)) => {
                    return Err(Error::exchange(&self.peer(), failed.source, failed.silent));
                }
                Ok(Ok(answer)) => {
                    let timing = Timing { connected, answered: watch.elapsed() };
                    let (head, incoming) = answer.into_parts();
                    let patience = deadline.min(Instant::now() + patience);
                    let (body, end, reusable) = read(incoming, max, patience).await;
                    if reusable && connection.is_open() {
                        self.keep(connection);
                    }
                    return Ok(Exchange { head, body, end, timing, said });
                }
            }
        }
    }

    fn request(
        &self,
        method: &Method,
        body: Bytes,
        more: impl Fn(&mut HeaderMap),
    ) -> Result<(Request<Full<Bytes>>, Said), Error> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method.clone();
        // Parsed before, as part of the URL.
        *request.uri_mut() = self.url.path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        if let Ok(host) = self.url.authority.parse() {
            headers.insert(HOST, host);
        }
        headers.insert(USER_AGENT, from_static(AGENT));
        more(headers);
        let said = self.fields.write(headers)?;
        Ok((request, said))
    }

    /// The connection that was used last, if one is open.
    fn take(&self) -> Option<Connection> {
        let now = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.connection.is_open() && now.duration_since(idle.since) < IDLE);
        idle.pop().map(|idle| idle.connection)
    }

    /// There are never more than permits: each was in use by one.
    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(Idle { connection, since: Instant::now() });
    }

    fn late(&self) -> Error {
        Error::Timeout { peer: self.peer(), time: self.timeouts.request }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("url", &self.url).field("fields", &self.fields).finish_non_exhaustive()
    }
}

fn from_static(text: &'static str) -> hyper::header::HeaderValue {
    hyper::header::HeaderValue::from_static(text)
}

/// Up to `max` bytes of a body, and whether its connection can be used again.
async fn read(mut incoming: Incoming, max: usize, deadline: Instant) -> (Vec<u8>, End, bool) {
    let mut body = Vec::new();
    let mut past = 0;
    loop {
        let cut = || if past == 0 { End::Whole } else { End::Cut };
        let data = match timeout_at(deadline, incoming.frame()).await {
            Ok(None) => return (body, cut(), true),
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Ok(Some(Err(err))) => return (body, End::Broken(Some(err)), false),
            Err(_) => return (body, End::Broken(None), false),
        };
        let take = data.len().min(max - body.len());
        body.extend_from_slice(&data[..take]);
        past += data.len() - take;
        if past > MAX_DRAIN {
            return (body, End::Cut, false);
        }
    }
}
