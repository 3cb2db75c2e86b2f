//! A real Kubernetes API server on loopback, with etcd behind it and without nodes: it takes objects, checks them and
//! selects them by label. Nothing in it runs a container.

use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use super::http::{self, Message};
use super::peers;
use super::process::{self, Process};
use super::wait;

/// A running control plane. The processes end with it, in the order of the fields: what talks to another one first.
pub(crate) struct Cluster {
    /// Where the API is to be had over plain HTTP, as an administrator.
    pub(crate) address: SocketAddr,
    /// For `kubectl` and for programs that find their cluster by `KUBECONFIG`.
    pub(crate) kubeconfig: PathBuf,
    /// Where the API itself listens, with TLS and RBAC.
    server: SocketAddr,
    kubectl: PathBuf,
    crds: Mutex<bool>,
    _proxy: Process,
    _server: Process,
    _etcd: Process,
    folder: tempfile::TempDir,
}

/// The one that running tests share: it takes five seconds to start and half a gigabyte.
static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

impl Cluster {
    /// The cluster that all tests running now share, started by the first; `None` (said loudly) without its programs.
    ///
    /// A test works in namespaces of its own, or with dry runs.
    pub(crate) fn shared(test: &str) -> Option<Arc<Self>> {
        let programs = programs(test)?;
        // A test that panicked while starting it leaves nothing behind that another one could not begin anew.
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return Some(cluster);
        }
        let cluster = Arc::new(Self::start(programs));
        *shared = Arc::downgrade(&cluster);
        Some(cluster)
    }

    /// One for a test that looks at all namespaces; `None` (said loudly) without its programs.
    pub(crate) fn own(test: &str) -> Option<Self> {
        programs(test).map(Self::start)
    }

    fn start([etcd, server, kubectl]: [PathBuf; 3]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);

        let client = format!("http://{}", process::free_address());
        let peer = format!("http://{}", process::free_address());
        let mut command = Command::new(etcd);
        command.arg("--data-dir").arg(at("etcd")).arg("--unsafe-no-fsync");
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.arg(format!("--initial-cluster=default={peer}"));
        let etcd = Process::start(command);

        // Signs the tokens of service accounts.
        let key = at("service-accounts.key");
        let made = Command::new("openssl")
            .args(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out"])
            .arg(&key)
            .status();
        assert!(made.expect("openssl is here").success(), "openssl made no key");
        let token = "of-a-server-that-lives-for-one-test";
        std::fs::write(at("tokens.csv"), format!("{token},admin,admin,\"system:masters\"\n"))
            .expect("the folder is ours");
        let secure = process::free_address();
        let mut command = Command::new(server);
        command.args([&format!("--etcd-servers={client}"), "--bind-address=127.0.0.1"]);
        command.arg(format!("--secure-port={}", secure.port())).arg("--cert-dir").arg(at("certificates"));
        command.arg(format!("--service-account-issuer=https://{secure}"));
        command
            .arg("--service-account-key-file")
            .arg(&key)
            .arg("--service-account-signing-key-file")
            .arg(&key);
        command.arg("--token-auth-file").arg(at("tokens.csv"));
        command.args(["--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16"]);
        command.args(["--endpoint-reconciler-type=none", "--profiling=false"]);
        let mut server = Process::start(command);
        server.wait_for("its certificate", |line| line.contains("Generated self-signed cert").then_some(()));

        let kubeconfig = at("kubeconfig");
        std::fs::write(
            &kubeconfig,
            client_config(secure, &at("certificates/apiserver.crt"), &format!("token: {token}")),
        )
        .expect("the folder is ours");
        let mut command = Command::new(&kubectl);
        command.arg("--kubeconfig").arg(&kubeconfig).args(["proxy", "--port=0"]);
        let mut proxy = Process::start(command);
        let address = proxy.wait_for("the proxy's address", |line| {
            line.strip_prefix("Starting to serve on ")?.trim().parse::<SocketAddr>().ok()
        });
        wait::until("the API server", Duration::from_secs(60), || match http::get(address, "/readyz") {
            Ok(answer) if answer.status() == 200 => Ok(()),
            Ok(answer) => Err(answer.first_line),
            Err(err) => Err(err.to_string()),
        });
        Self {
            address,
            kubeconfig,
            server: secure,
            kubectl,
            crds: Mutex::new(false),
            _proxy: proxy,
            _server: server,
            _etcd: etcd,
            folder,
        }
    }

    /// Runs `kubectl` with these arguments and this input; its stdout. Panics when it fails.
    #[track_caller]
    pub(crate) fn kubectl(&self, args: &[&str], input: &str) -> String {
        let file = tempfile::NamedTempFile::new_in(self.folder.path()).expect("the folder is ours");
        std::fs::write(file.path(), input).expect("the folder is ours");
        let output = Command::new(&self.kubectl)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(args)
            .stdin(file.reopen().expect("it is there"))
            .output()
            .expect("kubectl starts");
        assert!(output.status.success(), "kubectl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("kubectl writes UTF-8")
    }

    /// A kubeconfig of a user who shows `credentials`, such as `token: …`, with this namespace in its context.
    pub(crate) fn config_of(&self, credentials: &str, namespace: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new_in(self.folder.path()).expect("the folder is ours");
        let authority = self.folder.path().join("certificates/apiserver.crt");
        let config = client_config(self.server, &authority, credentials);
        let config = config.replace("user: admin}", &format!("user: admin, namespace: {namespace}}}"));
        std::fs::write(file.path(), config).expect("the folder is ours");
        file
    }

    /// A kubeconfig of a service account, which is there, with a token of its own.
    pub(crate) fn account(&self, namespace: &str, name: &str) -> tempfile::NamedTempFile {
        let token = self.kubectl(&["create", "token", name, "-n", namespace, "--duration=1h"], "");
        self.config_of(&format!("token: {}", token.trim()), namespace)
    }

    /// Makes the kinds of the Prometheus operator and of Argo CD known, once; `None` (said loudly) without their CRDs.
    pub(crate) fn install_crds(&self, test: &str) -> Option<()> {
        let crds = peers::crds(test)?;
        let mut installed = self.crds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !*installed {
            let newest = crds.join("prometheus-operator/0.94");
            for folder in [newest, crds.join("argo-cd")] {
                self.kubectl(&["apply", "--server-side", "-f", &folder.display().to_string()], "");
            }
            self.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"], "");
            *installed = true;
        }
        Some(())
    }

    /// A connection for many requests, one after the other.
    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).expect("the proxy listens");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
        Connection { address: self.address, stream: BufReader::new(stream) }
    }
}

/// A connection to the API that is kept open.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// One request with a body of this content type (`application/yaml`, `application/json`), and its answer.
    #[track_caller]
    pub(crate) fn request(&mut self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Message {
        let headers = [("Content-Type", content_type), ("Accept", "application/json")];
        http::exchange(&mut self.stream, method, self.address, path, &headers, body)
            .unwrap_or_else(|err| panic!("{method} {path}: {err}"))
    }
}

fn programs(test: &str) -> Option<[PathBuf; 3]> {
    peers::find(test, [peers::ETCD, peers::KUBE_APISERVER, peers::KUBECTL])
}

fn client_config(server: SocketAddr, authority: &Path, credentials: &str) -> String {
    let authority = authority.display();
    format!(
        "apiVersion: v1
kind: Config
clusters: [{{name: test, cluster: {{server: \"https://{server}\", certificate-authority: \"{authority}\"}}}}]
users: [{{name: admin, user: {{{credentials}}}}}]
contexts: [{{name: test, context: {{cluster: test, user: admin}}}}]
current-context: test
"
    )
}
