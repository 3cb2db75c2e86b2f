//! DEV STUB
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use obsctl::wire::Protocol;
use obsctl::wire::proto::{v1, v2};
use prost::Message as _;

use super::http::Server;
use super::traffic::Traffic;

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    _server: Server,
    bodies: Arc<Mutex<Vec<(bool, bool, Vec<u8>)>>>,
}

impl Receiver {
    pub(crate) fn start(_folder: &Path) -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        let server = Server::start(move |request| {
            let v2 = request.header("content-type").unwrap_or_default().contains("v2");
            let zstd = request.header("content-encoding") == Some("zstd");
            kept.lock().unwrap().push((v2, zstd, request.body));
            (
                204,
                if v2 { vec![("X-Prometheus-Remote-Write-Samples-Written", "1".to_owned())] } else { vec![] },
                Vec::new(),
            )
        });
        Self { address: server.address, _server: server, bodies }
    }

    pub(crate) fn traffic(&self, protocol: Protocol) -> Traffic {
        let mut traffic = Traffic::default();
        for (v2, zstd, body) in self.bodies.lock().expect("no handler panics").iter() {
            if *v2 != (protocol == Protocol::V2) {
                continue;
            }
            let message = if *zstd {
                zstd::decode_all(&body[..]).unwrap()
            } else {
                snap::raw::Decoder::new().decompress_vec(body).expect("snappy")
            };
            if *v2 {
                traffic.request_v2(&v2::Request::decode(&*message).expect("a 2.0 request"));
            } else {
                traffic.request_v1(&v1::WriteRequest::decode(&*message).expect("a 1.0 request"));
            }
        }
        traffic
    }
}
