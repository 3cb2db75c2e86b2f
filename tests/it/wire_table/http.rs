//! A client that sends what it is told, right or wrong, and reads one answer.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::case::{Answer, Send, Status, Written};

/// One answer as it came.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

const WRITTEN: [&str; 3] = [
    "X-Prometheus-Remote-Write-Samples-Written",
    "X-Prometheus-Remote-Write-Histograms-Written",
    "X-Prometheus-Remote-Write-Exemplars-Written",
];

impl Response {
    /// The value of the first header of that name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The Written headers: all three, none, or in words what stands there instead.
    pub(super) fn written(&self) -> Result<Written, String> {
        let values = WRITTEN.map(|name| self.header(name));
        if values == [None; 3] {
            return Ok(Written::None);
        }
        let counts: Vec<u64> =
            values.iter().filter_map(|value| value.and_then(|value| value.parse().ok())).collect();
        counts.try_into().map(Written::Counts).map_err(|_| format!("Written headers {values:?}"))
    }
}

/// The short form of what came; `Err` with words when the Written headers make no sense.
pub(super) fn answer(response: Option<&Response>) -> Result<Answer, String> {
    Ok(match response {
        None => Answer { status: Status::Closed, written: Written::Any },
        Some(response) => Answer { status: Status::Code(response.status), written: response.written()? },
    })
}

/// Sends one request and reads the answer; `None` when the connection ends without one.
pub(super) fn exchange(
    to: SocketAddr,
    path: &str,
    send: &Send,
    body: Option<&[u8]>,
) -> io::Result<Option<Response>> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(300)))?;
    stream.set_write_timeout(Some(Duration::from_secs(60)))?;
    // A receiver may answer and close before it has read the whole body: what it said still counts.
    let _ = write(&mut stream, to, path, send, body);
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(err) if matches!(err.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            return Err(err);
        }
        _ => {}
    }
    parse(&bytes, send.method == "HEAD").map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))
}

fn write(
    stream: &mut TcpStream,
    to: SocketAddr,
    path: &str,
    send: &Send,
    body: Option<&[u8]>,
) -> io::Result<()> {
    let mut head = format!("{} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n", send.method);
    for (name, value) in &send.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match (body, send.chunked) {
        (Some(_), Some(_)) => head.push_str("Transfer-Encoding: chunked\r\n"),
        (Some(body), None) => {
            head.push_str(&format!("Content-Length: {}\r\n", send.length.unwrap_or(body.len())));
        }
        (None, _) => {}
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let body = body.unwrap_or_default();
    let Some(chunk) = send.chunked else {
        stream.write_all(body)?;
        if send.length.is_some() {
            stream.shutdown(Shutdown::Write)?;
        }
        return Ok(());
    };
    for part in body.chunks(chunk) {
        write!(stream, "{:x}\r\n", part.len())?;
        stream.write_all(part)?;
        stream.write_all(b"\r\n")?;
    }
    stream.write_all(b"0\r\n\r\n")
}

/// The last answer in `bytes`; those of status 1xx before it are passed over.
pub(super) fn parse(mut bytes: &[u8], is_head: bool) -> Result<Option<Response>, String> {
    loop {
        if bytes.is_empty() {
            return Ok(None);
        }
        let end = find(bytes, b"\r\n\r\n").ok_or("the answer's head does not end")?;
        let head = std::str::from_utf8(&bytes[..end]).map_err(|_| "the answer's head is not text")?;
        bytes = &bytes[end + 4..];
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status: u16 = status.ok_or_else(|| format!("`{status_line}` is no status line"))?;
        if status < 200 {
            continue;
        }
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let mut response = Response { status, headers, body: bytes.to_vec() };
        let length = response.header("Content-Length").filter(|_| !is_head).map(str::parse::<usize>);
        if response.header("Transfer-Encoding").is_some() {
            response.body = dechunk(bytes)?;
        } else if length.is_some_and(|length| length != Ok(bytes.len())) {
            return Err(format!("{} bytes came, Content-Length says otherwise", bytes.len()));
        }
        return Ok(Some(response));
    }
}

fn dechunk(mut bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    loop {
        let end = find(bytes, b"\r\n").ok_or("a chunk without its length")?;
        let length =
            std::str::from_utf8(&bytes[..end]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let length = length.ok_or("a chunk without its length")?;
        bytes = &bytes[end + 2..];
        if length == 0 {
            return Ok(out);
        }
        out.extend(bytes.get(..length).ok_or("a chunk cut short")?);
        bytes = bytes.get(length + 2..).ok_or("a chunk cut short")?;
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[test]
fn reads_the_answer_after_a_continue() {
    let text =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad Request\r\nx-a: 1\r\ncontent-length: 2\r\n\r\nno";
    let response = parse(text, false).unwrap().unwrap();
    assert_eq!((response.status, response.header("X-A"), &response.body[..]), (400, Some("1"), &b"no"[..]));
    assert_eq!(response.written(), Ok(Written::None));
    assert!(parse(b"", false).unwrap().is_none());
    assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nno", false).is_err());
}
