//! HTTP/1.1 in the few lines that tests need: a blocking client, and a server that runs a closure.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::wait;

/// A request or an answer: its first line, headers (names in lower case) and whole body.
pub(crate) struct Message {
    pub(crate) first_line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Status code of an answer.
    pub(crate) fn status(&self) -> u16 {
        self.first_line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("read as an answer")
    }

    /// Reads one message. `None` when the connection ended before it.
    fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let first_line = line(stream)?;
        if first_line.is_empty() {
            return Ok(None);
        }
        let mut headers = Vec::new();
        loop {
            let line = line(stream)?;
            match line.split_once(':') {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
                None => break,
            }
        }
        let mut message = Self { first_line, headers, body: Vec::new() };
        if message.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = line(stream)?;
                let size = size.split(';').next().and_then(|size| usize::from_str_radix(size, 16).ok());
                let size = size.ok_or_else(|| io::Error::other("a chunk without a size"))?;
                let begin = message.body.len();
                message.body.resize(begin + size, 0);
                stream.read_exact(&mut message.body[begin..])?;
                line(stream)?;
                if size == 0 {
                    break;
                }
            }
        } else if let Some(len) = message.header("content-length") {
            let len = len.parse().map_err(io::Error::other)?;
            message.body.resize(len, 0);
            stream.read_exact(&mut message.body)?;
        } else if message.first_line.starts_with("HTTP/") && ![204, 304].contains(&message.status()) {
            stream.read_to_end(&mut message.body)?;
        }
        Ok(Some(message))
    }
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// One request over a connection of its own.
pub(crate) fn request(
    method: &str,
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Message> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let headers = [&[("Connection", "close")], headers].concat();
    exchange(&mut BufReader::new(stream), method, address, path, &headers, body)
}

/// One request and its answer over a connection that stays open if both sides leave it so.
pub(crate) fn exchange(
    stream: &mut BufReader<TcpStream>,
    method: &str,
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Message> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
    let answer = Message::read(stream)?;
    answer
        .filter(|answer| answer.first_line.starts_with("HTTP/1."))
        .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended before an answer"))
}

pub(crate) fn get(address: SocketAddr, path: &str) -> io::Result<Message> {
    request("GET", address, path, &[], &[])
}

/// Waits until `path` answers 200.
#[track_caller]
pub(crate) fn wait_ready(address: SocketAddr, path: &str) {
    wait::until(&format!("http://{address}{path}"), Duration::from_secs(30), || match get(address, path) {
        Ok(answer) if answer.status() == 200 => Ok(()),
        Ok(answer) => Err(answer.first_line),
        Err(err) => Err(err.to_string()),
    });
}

/// What a handler answers: status, headers, body.
pub(crate) type Reply = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// A server on a free loopback port, a thread per connection. Dropping it cuts every connection.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Open connections; `None` once the server is to end.
    connections: Arc<Mutex<Option<Vec<TcpStream>>>>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(handler: impl Fn(Message) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let connections = Arc::new(Mutex::new(Some(Vec::new())));
        let open = Arc::clone(&connections);
        let handler = Arc::new(handler);
        let acceptor = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("accept works on loopback");
                match open.lock().expect("no holder panics").as_mut() {
                    Some(open) => open.push(stream.try_clone().expect("a descriptor is free")),
                    None => return,
                }
                let handler = Arc::clone(&handler);
                // Ends with its connection, which the server's end shuts down.
                std::thread::spawn(move || serve(stream, &*handler));
            }
        });
        Self { address, connections, acceptor: Some(acceptor) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let open = self.connections.lock().map(|mut open| open.take()).unwrap_or_default();
        for stream in open.iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let _ = TcpStream::connect(self.address); // wakes the acceptor, which then sees the end
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// Answers requests until the connection ends; a broken one ends it.
fn serve(mut stream: TcpStream, handler: &dyn Fn(Message) -> Reply) {
    let Ok(reading) = stream.try_clone() else { return };
    let mut reading = BufReader::new(reading);
    while let Ok(Some(request)) = Message::read(&mut reading) {
        let (status, headers, body) = handler(request);
        let mut head = format!("HTTP/1.1 {status} .\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if status != 204 {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}
