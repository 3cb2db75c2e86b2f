//! The servers that are watched over, as they run in earnest: PostgreSQL, Redis, nginx, and Gunicorns.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::support::http;
use crate::support::process::{self, Process};

pub(super) const USER: &str = "shop";
pub(super) const PASSWORD: &str = "not-a/secret@all?%";

/// A server, gone with the value.
pub(super) struct Backend {
    pub(super) address: SocketAddr,
    _process: Process,
    folder: tempfile::TempDir,
}

/// PostgreSQL refuses to run as root: then it runs as somebody else in a namespace of users of its own.
fn as_somebody(program: &Path) -> Command {
    use std::os::unix::fs::MetadataExt as _;
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-user=65534", "--"]).arg(program);
    command
}

/// A cluster whose superuser needs a password.
pub(super) fn postgres(postgres: &Path, initdb: &Path) -> Backend {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    std::fs::write(&password, PASSWORD).expect("the folder is ours");
    let mut command = as_somebody(initdb);
    command.arg("--pgdata").arg(&data).arg(format!("--username={USER}")).arg("--pwfile").arg(&password);
    command.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    let done = command.output().expect("it starts");
    assert!(done.status.success(), "initdb: {}", String::from_utf8_lossy(&done.stderr));
    let address = process::free_address();
    let mut command = as_somebody(postgres);
    command.arg("-D").arg(&data).arg(format!("--port={}", address.port()));
    command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]);
    let mut process = Process::start(command);
    process.wait_for("connections", |line| line.contains("ready to accept connections").then_some(()));
    Backend { address, _process: process, folder }
}

/// Rows that come, change and go, and a transaction that is rolled back, by the real client.
pub(super) fn transactions(pgbench: &Path, postgres: &Backend) {
    let script = postgres.folder.path().join("script.sql");
    let text = "CREATE TABLE IF NOT EXISTS item (id int, note text);\n\
                INSERT INTO item SELECT id, 'new' FROM generate_series(1, 50) id;\n\
                UPDATE item SET note = 'seen' WHERE id > 25;\n\
                SELECT count(*) FROM item;\n\
                DELETE FROM item;\n\
                BEGIN;\n\
                INSERT INTO item VALUES (0, 'never');\n\
                ROLLBACK;\n";
    std::fs::write(&script, text).expect("the folder is ours");
    let mut command = Command::new(pgbench);
    command.args(["--no-vacuum", "--transactions=1", "--file"]).arg(&script);
    command.arg("--host=127.0.0.1").arg(format!("--port={}", postgres.address.port()));
    command.args(["--username", USER, "postgres"]).env("PGPASSWORD", PASSWORD);
    let done = command.output().expect("it starts");
    assert!(done.status.success(), "pgbench: {}", String::from_utf8_lossy(&done.stderr));
}

/// With a password and a limit of memory.
pub(super) fn redis(redis: &Path) -> Backend {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address = process::free_address();
    let mut command = Command::new(redis);
    command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string(), "--save", ""]);
    command.args(["--requirepass", PASSWORD, "--maxmemory", "64mb"]).current_dir(folder.path());
    let mut process = Process::start(command);
    process.wait_for("connections", |line| line.contains("Ready to accept connections").then_some(()));
    Backend { address, _process: process, folder }
}

/// In front of `behind`, with `stub_status`.
pub(super) fn nginx(nginx: &Path, behind: SocketAddr) -> Backend {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address = process::free_address();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|what| format!("  {what}_temp_path {what};\n"))
        .collect();
    let config = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n  access_log off;\n\
         {temporary}  server {{\n    listen {address};\n    location = /stub_status {{ stub_status; }}\n    \
         location / {{ proxy_pass http://{behind}; }}\n  }}\n}}\n"
    );
    std::fs::write(folder.path().join("nginx.conf"), config).expect("the folder is ours");
    let mut command = Command::new(nginx);
    command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
    let process = Process::start(command);
    http::wait_ready(address, "/stub_status");
    Backend { address, _process: process, folder }
}

/// What the front end runs: it asks the back end, and says what that says.
const FRONT: &str = r#"
import os, urllib.error, urllib.request

def app(environ, start_response):
    try:
        answer = urllib.request.urlopen(os.environ["BACK"] + environ["PATH_INFO"])
    except urllib.error.HTTPError as error:
        answer = error
    body = answer.read()
    start_response(f"{answer.status} As Behind", [("Content-Length", str(len(body)))])
    return [body]
"#;

/// What the back end runs: one page, and one that fails.
const BACK: &str = r#"
PAGES = {"/": "200 OK", "/fail": "503 Service Unavailable"}

def app(environ, start_response):
    body = b"said by the back end"
    start_response(PAGES.get(environ["PATH_INFO"], "404 Not Found"), [("Content-Length", str(len(body)))])
    return [body]
"#;

/// A Gunicorn on a port of its own; the front end asks `behind`.
pub(super) fn gunicorn(mut command: Command, behind: Option<SocketAddr>) -> Backend {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let address = process::free_address();
    let program = if behind.is_some() { FRONT } else { BACK };
    std::fs::write(folder.path().join("shop.py"), program).expect("the folder is ours");
    let behind = behind.map(|address| format!("http://{address}")).unwrap_or_default();
    // A proxy of the machine is not asked for what is on it.
    command.env("BACK", behind).env("no_proxy", "*");
    command.arg(format!("--bind={address}")).arg("shop:app").current_dir(folder.path());
    let process = Process::start(command);
    http::wait_ready(address, "/");
    Backend { address, _process: process, folder }
}
