//! The real `obsctl receive` beside a test, and its capture read back through the library.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use obsctl::capture::{Item, Reader, Request};
use obsctl::wire::proto::{v1, v2};
use obsctl::wire::{self, Limits, Protocol, Scratch};
use prost::Message as _;

use super::process::Process;
use super::traffic::{Difference, Traffic};

/// The program that the tests are for.
pub(crate) fn obsctl() -> Command {
    Command::new(env!("CARGO_BIN_EXE_obsctl"))
}

/// A running receiver that captures into a folder.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    folder: PathBuf,
    process: Process,
}

impl Receiver {
    /// Starts it on a free port, and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start(folder: &Path) -> Self {
        let mut command = obsctl();
        // What a test sends is all kept, however much a long run sends.
        command
            .args(["receive", "--listen", "127.0.0.1:0", "--retain-size", "1TiB", "--capture"])
            .arg(folder);
        let mut process = Process::start(command);
        let address = process.wait_for("its address", listening);
        Self { address, folder: folder.to_owned(), process }
    }

    /// What arrives from now on.
    pub(crate) fn follow(&self) -> Captured {
        Captured::new(Reader::follow(&self.folder).expect("the capture's folder is there"))
    }

    /// SIGTERM; then everything it captured. Panics unless it ended well, the capture is whole, and both ways to
    /// read a message (the library's, and the generated types) agree on every request.
    #[track_caller]
    pub(crate) fn stop(self) -> Captured {
        let (status, log) = self.process.terminate();
        assert!(status.success(), "it drains and exits 0: {status}\n{}", log.join("\n"));
        let mut captured = Captured::new(Reader::open(&self.folder).expect("a capture"));
        captured.oracle = Some(Default::default());
        captured.read_on();
        captured.check_oracle();
        captured
    }

    /// Whether a line that it wrote so far contains `text`.
    pub(crate) fn said(&self, text: &str) -> bool {
        self.process.lines().iter().any(|line| line.contains(text))
    }

    /// SIGKILL.
    pub(crate) fn kill(self) {
        drop(self.process);
    }
}

/// The address in the line that says where it listens.
pub(crate) fn listening(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("listening on http://")?;
    address.split([' ', '/', ',', ';', '"']).next()?.parse().ok()
}

/// What a capture holds, as far as it was read.
pub(crate) struct Captured {
    reader: Reader,
    v1: Traffic,
    v2: Traffic,
    /// The same, decoded by the generated types.
    oracle: Option<(Traffic, Traffic)>,
    /// `User-Agent` without its version, and encoding, of the requests.
    pub(crate) senders: BTreeSet<(String, wire::Encoding)>,
}

impl Captured {
    fn new(reader: Reader) -> Self {
        Self {
            reader,
            v1: Traffic::default(),
            v2: Traffic::default(),
            oracle: None,
            senders: BTreeSet::new(),
        }
    }

    pub(crate) fn traffic(&self, protocol: Protocol) -> &Traffic {
        match protocol {
            Protocol::V1 => &self.v1,
            Protocol::V2 => &self.v2,
        }
    }

    /// Reads what came since the last time.
    #[track_caller]
    pub(crate) fn read_on(&mut self) -> &mut Self {
        while let Some(item) = self.reader.next() {
            match item.expect("the capture is readable") {
                Item::Request { request, .. } => self.add(&request),
                other => panic!("the capture is whole: {other:?}"),
            }
        }
        self
    }

    fn add(&mut self, request: &Request) {
        let limits = Limits::default();
        let mut message = Vec::new();
        wire::decompress(request.encoding, &request.body, limits.decoded, &mut message)
            .expect("it was accepted");
        let mut scratch = Scratch::default();
        let mut entries =
            wire::decode(request.protocol, &message, &limits, &mut scratch).expect("it was accepted");
        let traffic = match request.protocol {
            Protocol::V1 => &mut self.v1,
            Protocol::V2 => &mut self.v2,
        };
        while let Some(entry) = entries.next().expect("it was accepted") {
            traffic.entry(&entry);
        }
        let (agent, _) = request.user_agent.split_once('/').unwrap_or((&request.user_agent, ""));
        self.senders.insert((agent.to_owned(), request.encoding));
        if let Some((v1, v2)) = &mut self.oracle {
            match request.protocol {
                Protocol::V1 => v1.request_v1(&v1::WriteRequest::decode(&*message).expect("a 1.0 request")),
                Protocol::V2 => v2.request_v2(&v2::Request::decode(&*message).expect("a 2.0 request")),
            }
        }
    }

    #[track_caller]
    fn check_oracle(&self) {
        let (v1, v2) = self.oracle.as_ref().expect("filled by the caller");
        for (ours, generated) in [(&self.v1, v1), (&self.v2, v2)] {
            Difference::of(ours, generated).assert_none("the view against the generated types");
            Difference::of_sets(&ours.exemplars, &generated.exemplars).assert_none("exemplars");
            Difference::of_sets(&ours.metadata, &generated.metadata).assert_none("metadata");
        }
    }
}
