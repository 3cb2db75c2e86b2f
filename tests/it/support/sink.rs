//! A second opinion: a receiver of a few lines that shares no code with ours, and keeps requests in memory.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use obsctl::wire::proto::v1;
use prost::Message as _;

use super::http::Server;
use super::traffic::Traffic;

/// Takes remote write 1.0 in snappy on any path, and answers 204.
pub(crate) struct Sink {
    server: Server,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        let server = Server::start(move |request| {
            if request.header("content-encoding") != Some("snappy") {
                return (415, Vec::new(), Vec::new());
            }
            kept.lock().expect("no handler panics").push(request.body);
            (204, Vec::new(), Vec::new())
        });
        Self { server, bodies }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Everything received so far, decoded by snap and prost.
    pub(crate) fn traffic(&self) -> Traffic {
        let mut traffic = Traffic::default();
        for body in self.bodies.lock().expect("no handler panics").iter() {
            let message = snap::raw::Decoder::new().decompress_vec(body).expect("snappy");
            traffic.request_v1(&v1::WriteRequest::decode(&*message).expect("a 1.0 request"));
        }
        traffic
    }
}
