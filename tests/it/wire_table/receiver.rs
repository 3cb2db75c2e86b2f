//! `obsctl receive` in this process, with a capture in a folder of its own.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};

use obsctl::base::time::UnixNanos;
use obsctl::capture::{Item, Options, Queue, Reader};
use obsctl::receive::{Config, Receiver, Store, Summary};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::check::Request;

/// A receiver on a free port.
pub(super) struct Running {
    runtime: Runtime,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Summary>,
    /// At what came since it was asked last.
    reader: RefCell<Reader>,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts with the limits that the command has without flags.
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let capture = folder.path().join("capture");
        let (store, _) =
            Store::open(&capture, Options::default(), Queue::default(), UnixNanos::now()).unwrap();
        let reader = RefCell::new(Reader::follow(&capture).unwrap());
        let runtime = Runtime::new().unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let receiver = runtime.block_on(Receiver::bind(any_port, Config::default(), store, None)).unwrap();
        let address = receiver.address();
        let (stop, stopped) = oneshot::channel();
        let serving = runtime.spawn(receiver.run(async {
            let _ = stopped.await;
        }));
        Self { runtime, address, stop, serving, reader, _folder: folder }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests that were kept since this was called last.
    pub(super) fn kept(&self) -> Vec<Request> {
        let mut kept = Vec::new();
        for item in &mut *self.reader.borrow_mut() {
            match item.unwrap() {
                Item::Request { request, .. } => kept.push(Request {
                    protocol: request.protocol,
                    encoding: request.encoding,
                    dialect: request.dialect,
                    refused: request.outcome.rejections.iter().flat_map(|r| r.series.clone()).collect(),
                    body: request.body.to_vec(),
                }),
                other => panic!("the capture holds {other:?}"),
            }
        }
        kept
    }

    /// Stops it, and sees that it stops without cutting anybody off.
    pub(super) fn stop(self) {
        self.stop.send(()).unwrap();
        let summary = self.runtime.block_on(self.serving).unwrap();
        assert_eq!(summary.cut_off, 0);
    }
}
