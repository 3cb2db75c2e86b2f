//! Programs that run beside a test: their output kept, themselves killed when the test is done with them.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::wait;

/// A running program. Dropping it kills it (SIGKILL) and, when the test is failing, prints what it said.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts `command` with no input; stdout and stderr become the log.
    pub(crate) fn start(mut command: Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|err| panic!("cannot start `{name}`: {err}"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let stdout = child.stdout.take().expect("piped");
        let stderr = child.stderr.take().expect("piped");
        let readers = vec![keep(stdout, Arc::clone(&log)), keep(stderr, Arc::clone(&log))];
        Self { name, child, log, readers }
    }

    /// What `pick` makes of the first line it takes, once the program has written that line.
    #[track_caller]
    pub(crate) fn wait_for<T>(&mut self, what: &str, pick: impl Fn(&str) -> Option<T>) -> T {
        wait::until(what, Duration::from_secs(20), || {
            // Asked first: what it wrote before it ended is then in the log, or on its way there.
            let ended = self.child.try_wait().expect("a child of ours");
            if ended.is_some() {
                self.readers.drain(..).for_each(|reader| reader.join().expect("reading does not panic"));
            }
            if let Some(found) = self.lines().iter().find_map(|line| pick(line)) {
                return Ok(found);
            }
            match ended {
                Some(status) => panic!("`{}` ended ({status}) before {what}:\n{}", self.name, self.text()),
                None => Err(format!("not yet; `{}` said:\n{}", self.name, self.text())),
            }
        })
    }

    /// Waits until it ends by itself, and until its output is read. Panics when it does not.
    #[track_caller]
    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        let status = wait::until("its end", Duration::from_secs(20), || {
            self.child.try_wait().expect("a child of ours").ok_or_else(|| self.text())
        });
        self.readers.drain(..).for_each(|reader| reader.join().expect("reading does not panic"));
        status
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything written so far, stdout and stderr mixed by line.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.log.lock().expect("no reader panics").clone()
    }

    fn text(&self) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// SIGTERM, then the exit status. Panics when the program is still there after a while.
    #[track_caller]
    pub(crate) fn terminate(mut self) -> (ExitStatus, Vec<String>) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill is part of every system");
        assert!(sent.success(), "cannot send SIGTERM to `{}`", self.name);
        let status = wait::until("the end after SIGTERM", Duration::from_secs(20), || {
            self.child.try_wait().expect("a child of ours").ok_or_else(|| self.text())
        });
        (status, self.end())
    }

    fn end(&mut self) -> Vec<String> {
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        self.lines()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("--- the last lines of `{}`:\n{}", self.name, self.text());
        }
    }
}

fn keep(stream: impl Read + Send + 'static, log: Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            log.lock().expect("no reader panics").push(String::from_utf8_lossy(&line).into_owned());
        }
    })
}

/// A loopback address that was free a moment ago, for programs that must know their port before they start.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
    listener.local_addr().expect("it is bound")
}
