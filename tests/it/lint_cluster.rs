//! `obsctl lint --cluster` against a real API server with RBAC: what it finds is what it finds in the files, it needs the
//! rights that `docs/lint-cluster.md` grants and no other, and it goes on without some of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use obsctl::k8s::Object;
use obsctl::yaml::{Budget, File};
use serde_json::Value;

use crate::support::cluster::Cluster;
use crate::support::http::{Reply, Server};

/// Every fault of it stands in a line that says what would be right.
const BROKEN: &str = include_str!("../../testdata/cluster/broken.yaml");

/// The page that people copy rights from.
const PAGE: &str = include_str!("../../docs/lint-cluster.md");

/// The rules that say that something is not there, each with a fault in [`BROKEN`].
const ABSENT: [&str; 9] = [
    "reference/monitor-not-selected",
    "reference/namespace-not-covered",
    "reference/no-pod-matches",
    "reference/no-service-matches",
    "reference/port-not-on-service",
    "reference/rbac",
    "reference/rule-not-selected",
    "reference/secret-ref",
    "reference/service-selects-no-pod",
];

/// A cluster of its own is half a gigabyte and a core for a while: one at a time.
static ONE: Mutex<()> = Mutex::new(());

/// A finding: rule, object, message.
type Finding = (String, String, String);

#[test]
fn a_cluster_is_linted_as_its_files_are() {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(cluster) = Cluster::own("lint_cluster") else { return };
    let Some(()) = cluster.install_crds("lint_cluster") else { return };
    let [role, _, secrets] = rights();
    apply(&cluster, &[&account("default"), &role, &bound("obsctl-lint"), BROKEN]);
    let config = cluster.account("default", "linter");
    let lint = |more: &[&str]| lint(config.path(), more);

    // Without the right to read Secrets, and without a need for it.
    let done = lint(&["-A"]);
    let mut expect = of_files(BROKEN);
    let rules: BTreeSet<&str> = expect.iter().map(|finding| finding.0.as_str()).collect();
    assert!(ABSENT.iter().all(|rule| rules.contains(rule)), "{rules:?}");
    expect.retain(|finding| finding.0 != "reference/secret-ref");
    assert_eq!((findings(&done), notes(&done).as_str()), (expect, ""));
    assert_eq!(done.status.code(), Some(1));

    // Only what has these labels is shown.
    let done = lint(&["-A", "-l", "release in (other)"]);
    let shown: Vec<String> = findings(&done).into_iter().map(|finding| finding.1).collect();
    assert_eq!(shown, ["shop/servicemonitors/lost", "shop/prometheusrules/rules"]);

    // Secrets: refused and said; then granted, and no value is shown in any form.
    let done = lint(&["-A", "--secrets"]);
    let who = "`system:serviceaccount:default:linter`";
    let expect = format!(
        "warning: {who} may not `list` secrets: they are not checked; silent for want of them: reference/secret-ref"
    );
    assert_eq!(notes(&done), expect);
    apply(&cluster, &[&secrets, &bound("obsctl-lint-secrets")]);
    let done = lint(&["-A", "--secrets"]);
    assert_eq!((findings(&done), notes(&done).as_str()), (of_files(BROKEN), ""));
    for form in ["pretty", "json", "sarif", "github", "junit", "compact"] {
        let shown = String::from_utf8(lint(&["-A", "--secrets", "--select", "all", "-o", form]).stdout);
        let shown = shown.expect("it is text");
        assert!(shown.contains("reference/secret-ref") && !shown.contains("canary"), "{form}: {shown}");
        assert!(!shown.contains("Y2FuYXJ5"), "{form}: {shown}");
    }

    // Everything mended: nothing is found.
    let mended = mended();
    assert_eq!(of_files(&mended), BTreeSet::new());
    apply(&cluster, &[&mended]);
    let done = lint(&["-A", "--secrets"]);
    assert_eq!((findings(&done), notes(&done).as_str()), (BTreeSet::new(), ""));
    assert_eq!(done.status.code(), Some(0));
}

#[test]
fn the_rights_of_the_page_are_enough_and_no_more() {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(cluster) = Cluster::own("lint_cluster rights") else { return };
    let Some(()) = cluster.install_crds("lint_cluster rights") else { return };
    let [cluster_role, role, _] = rights();
    let in_namespace = "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: lint, namespace: shop}, \
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: obsctl-lint}, subjects: [{kind: ServiceAccount, name: \
        linter, namespace: shop}]}";
    let role = role.replacen("name: obsctl-lint", "name: obsctl-lint\n  namespace: shop", 1);
    apply(&cluster, &[BROKEN, &account("shop"), &role, in_namespace]);

    // A Role: one namespace is read, cluster roles are not, and what only all namespaces can say is not said.
    let config = cluster.account("shop", "linter");
    let done = lint(config.path(), &[]);
    let who = "`system:serviceaccount:shop:linter`";
    let expect = format!(
        "warning: {who} may not `list` clusterroles.rbac.authorization.k8s.io, clusterrolebindings.rbac.authorization.k8s.io: they \
         are not checked; silent for want of them: reference/rbac"
    );
    assert_eq!(notes(&done), expect);
    let rules: Vec<String> = findings(&done).into_iter().map(|finding| finding.0).collect();
    let expect = [
        "reference/no-pod-matches",
        "reference/no-service-matches",
        "reference/port-not-on-service",
        "reference/service-selects-no-pod",
        "scrape/duration",
    ];
    assert_eq!(rules, expect, "nothing of Prometheus, which is in another namespace");
    let done = lint(config.path(), &["-n", "monitoring"]);
    assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0));
    assert_eq!(
        notes(&done).lines().next(),
        Some(&*format!("error: {who} may not read anything that lint looks at"))
    );

    // The ClusterRole, and then without one right after the other.
    let all = cluster_role.as_str();
    apply(&cluster, &[&account("default"), all, &bound("obsctl-lint")]);
    let config = cluster.account("default", "linter");
    let granted =
        cluster.kubectl(&["auth", "can-i", "--list", "--as=system:serviceaccount:default:linter"], "");
    let verbs: BTreeSet<&str> =
        granted.lines().skip(1).filter_map(|line| line.rsplit_once('[')).map(|it| it.1).collect();
    let known = BTreeSet::from(["list]", "get list]", "get]", "create]"]);
    assert!(verbs.is_subset(&known), "`create` is of what every account may ask of itself: {granted}");
    for (resource, silent) in [
        ("services, ", "reference/namespace-not-covered, reference/no-service-matches"),
        ("pods, ", "reference/no-pod-matches, reference/service-selects-no-pod"),
        ("deployments, ", "reference/no-pod-matches, reference/service-selects-no-pod"),
        ("rolebindings, ", "reference/rbac"),
    ] {
        apply(&cluster, &[&all.replacen(resource, "", 1)]);
        let done = lint(config.path(), &["-A"]);
        let note = notes(&done);
        let resource = resource.trim_end_matches(", ");
        assert!(note.contains(&format!("may not `list` {resource}")), "{note}");
        assert!(note.ends_with(silent), "{note}");
        let rules: BTreeSet<String> = findings(&done).into_iter().map(|finding| finding.0).collect();
        let expect: BTreeSet<String> = of_files(BROKEN)
            .into_iter()
            .map(|finding| finding.0)
            .filter(|rule| !silent.contains(rule.as_str()) && rule != "reference/secret-ref")
            .filter(|rule| {
                resource != "services"
                    || !["reference/port-not-on-service", "reference/service-selects-no-pod"]
                        .contains(&&**rule)
            })
            .collect();
        assert_eq!(rules, expect, "without {resource}");
    }
}

#[test]
fn who_is_not_known_is_told_so() {
    let Some(cluster) = Cluster::shared("lint_cluster who") else { return };
    let run = |credentials: &str, more: &[&str]| {
        let config = cluster.config_of(credentials, "default");
        let done = lint(config.path(), more);
        assert_eq!(done.status.code(), Some(2));
        notes(&done)
    };
    let said = run("token: not-a-token", &[]);
    assert!(said.starts_with("error: the cluster at `https://127.0.0.1:"), "{said}");
    assert!(said.contains("does not know who asks: Unauthorized") && said.contains("log in"), "{said}");
    assert!(!said.contains("not-a-token"), "{said}");
    let plugin = "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: [-c, 'echo \
                  canary; echo session expired >&2; exit 7']}";
    let said = run(plugin, &[]);
    let expect = "error: no credentials for the cluster: the plugin of the kubeconfig ended with exit status: 7, and said: session expired";
    assert_eq!(said, expect);
    let token = "token: of-a-server-that-lives-for-one-test";
    let said = run(token, &["-n", "no-such"]);
    assert!(said.starts_with("error: there is no namespace `no-such`"), "{said}");
    let said = run(token, &["--context", "no-such"]);
    assert!(said.starts_with("error: the kubeconfig has no context `no-such`"), "{said}");

    // Tokens from a file and from a plugin, and a certificate that nobody signed who is known.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "of-a-server-that-lives-for-one-test").unwrap();
    let plugin = "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: [-c, 'echo \
         \"{\\\"apiVersion\\\": \\\"client.authentication.k8s.io/v1\\\", \\\"kind\\\": \\\"ExecCredential\\\", \\\"status\\\": {\\\"token\\\": \
         \\\"of-a-server-that-lives-for-one-test\\\"}}\"']}";
    for credentials in [&format!("tokenFile: {}", file.path().display()), plugin] {
        let config = cluster.config_of(credentials, "default");
        let done = lint(config.path(), &["-n", "kube-system"]);
        assert_eq!(done.status.code(), Some(0), "{}", notes(&done));
    }
    let config = cluster.config_of(token, "default");
    let text = std::fs::read_to_string(config.path()).unwrap();
    let (before, rest) = text.split_once(", certificate-authority: \"").unwrap();
    let rest = rest.split_once('"').unwrap().1;
    for (more, status) in [("", 2), (", insecure-skip-tls-verify: true", 0)] {
        std::fs::write(config.path(), format!("{before}{more}{rest}")).unwrap();
        let done = lint(config.path(), &["-n", "kube-system"]);
        assert_eq!(done.status.code(), Some(status), "{}", notes(&done));
        assert_eq!(notes(&done).contains("certificate"), status == 2, "{}", notes(&done));
    }
}

/// The Services of a server that is made up, one of them a page, and nothing else.
fn pages(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        let path = request.first_line.split(' ').nth(1).unwrap_or_default().to_owned();
        match path.split('?').next().unwrap_or_default() {
            "/api/v1/services" => answer(&path),
            "/api/v1/namespaces" => json(200, r#"{"metadata": {}, "items": []}"#),
            _ => json(404, r#"{"kind": "Status", "message": "not here"}"#),
        }
    })
}

fn json(status: u16, body: &str) -> Reply {
    (status, vec![("Content-Type", "application/json".to_owned())], body.as_bytes().to_vec())
}

/// What lint says of the server, and its status.
fn lint_server(server: &Server) -> (String, Option<i32>) {
    let done = lint(config_of(server).path(), &["-A"]);
    (format!("{}{}", notes(&done), findings(&done).len()), done.status.code())
}

/// A kubeconfig that leads to the server.
fn config_of(server: &Server) -> tempfile::NamedTempFile {
    let config = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "{{apiVersion: v1, kind: Config, current-context: a, contexts: [{{name: a, context: {{cluster: a, user: a}}}}], clusters: \
         [{{name: a, cluster: {{server: 'http://{}'}}}}], users: []}}",
        server.address
    );
    std::fs::write(config.path(), text).unwrap();
    config
}

#[test]
fn a_list_that_expires_is_begun_anew() {
    let page = |next: &str| {
        let item = r#"{"metadata": {"name": "a", "namespace": "b"}, "spec": {"selector": {"app": "c"}}}"#;
        json(200, &format!(r#"{{"metadata": {{"continue": "{next}"}}, "items": [{item}]}}"#))
    };
    let asked = std::sync::Arc::new(Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&asked);
    let server = pages(move |path| {
        let mut asked = asked.lock().unwrap();
        asked.push(path.to_owned());
        match (path.contains("continue"), asked.len()) {
            (true, 2) => {
                json(410, r#"{"kind": "Status", "message": "the provided continue parameter is too old"}"#)
            }
            (true, _) => page(""),
            (false, _) => page("x/y="),
        }
    });
    assert_eq!(lint_server(&server), ("0".to_owned(), Some(0)));
    let (first, second) = ("/api/v1/services?limit=500", "/api/v1/services?limit=500&continue=x%2Fy%3D");
    assert_eq!(*seen.lock().unwrap(), [first, second, first, second]);

    let server = pages(move |path| if path.contains("continue") { json(410, "{}") } else { page("x") });
    let (said, status) = lint_server(&server);
    assert!(said.contains("the list `/api/v1/services` changed three times"), "{said}");
    assert_eq!(status, Some(2));
}

#[test]
fn what_a_server_sends_is_bounded() {
    let item = r#"{"metadata": {"name": "a", "namespace": "b"}},"#.repeat(1000);
    let item = item.trim_end_matches(',').to_owned();
    let server =
        pages(move |_| json(200, &format!(r#"{{"metadata": {{"continue": "x"}}, "items": [{item}]}}"#)));
    let (said, status) = lint_server(&server);
    assert!(said.starts_with("error: the cluster has more than 100000 objects to read"), "{said}");
    assert_eq!(status, Some(2));

    let server = pages(|_| json(500, r#"{"message": "etcd is\u001b[31m away"}"#));
    let (said, status) = lint_server(&server);
    assert!(said.contains("answers 500 to `/api/v1/services") && said.contains("etcd is"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert_eq!(status, Some(2));

    let server = pages(|_| json(200, "[[[["));
    let (said, status) = lint_server(&server);
    assert!(said.contains("no list"), "{said}");
    assert_eq!(status, Some(2));
}

/// More objects than a page has, of two kinds, each with a fault of its own.
#[test]
fn lists_are_read_to_their_end() {
    const EACH: usize = 600;
    let Some(cluster) = Cluster::shared("lint_cluster pages") else { return };
    let namespace = "obsctl-lint-pages";
    let pods = "spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, \
                image: a}]}}}";
    let made = [
        format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}}}}}"),
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a, namespace: {namespace}}}, {pods}}}"
        ),
    ];
    apply(&cluster, &[&made[0], &made[1]]);
    let mut connection = cluster.connect();
    let mut create = |resource: &str, body: &str| {
        let path = format!("/api/v1/namespaces/{namespace}/{resource}");
        let answer = connection.request("POST", &path, "application/yaml", body.as_bytes());
        assert_eq!(answer.status(), 201, "{}", String::from_utf8_lossy(&answer.body));
    };
    for at in 0..EACH {
        let spec = format!("{{selector: {{app: a{at}}}, ports: [{{port: 80}}], clusterIP: None}}");
        create(
            "services",
            &format!("{{apiVersion: v1, kind: Service, metadata: {{name: s{at}}}, spec: {spec}}}"),
        );
    }
    for at in 0..60 {
        let data = "{p.yml: \"scrape_configs:\\n- job_name: a\\n  scrape_interval: 10\\n\"}";
        create(
            "configmaps",
            &format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{at}}}, data: {data}}}"),
        );
    }
    let config = cluster.config_of("token: of-a-server-that-lives-for-one-test", namespace);
    let found = findings(&lint(config.path(), &[]));
    let of = |rule: &str| found.iter().filter(|finding| finding.0 == rule).count();
    assert_eq!((of("reference/service-selects-no-pod"), of("scrape/duration")), (EACH, 60));
}

#[test]
fn an_interrupt_ends_it_with_130() {
    let (tell, told) = std::sync::mpsc::channel();
    // Answers nothing until the test is over.
    let (over, waits) = std::sync::mpsc::channel::<()>();
    let (tell, waits) = (Mutex::new(tell), Mutex::new(waits));
    let server = Server::start(move |_| {
        let _ = tell.lock().unwrap().send(());
        let _ = waits.lock().unwrap().recv();
        json(500, "{}")
    });
    let config = config_of(&server);
    let mut child = Command::new(env!("CARGO_BIN_EXE_obsctl"))
        .args(["lint", "--cluster", "-A", "--kubeconfig"])
        .arg(config.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    told.recv().unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(over);
}

/// The YAML blocks of the page: the ClusterRole, the Role, and what Secrets need.
fn rights() -> [String; 3] {
    let blocks =
        PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
    blocks.collect::<Vec<_>>().try_into().expect("three blocks")
}

fn account(namespace: &str) -> String {
    format!("{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: linter, namespace: {namespace}}}}}")
}

/// The binding of a ClusterRole to the account in `default`.
fn bound(role: &str) -> String {
    format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {{name: {role}}}, roleRef: {{apiGroup: \
         rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}, subjects: [{{kind: ServiceAccount, name: linter, namespace: \
         default}}]}}"
    )
}

fn apply(cluster: &Cluster, manifests: &[&str]) {
    let text = manifests.join("\n---\n");
    cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &text);
}

/// [`BROKEN`] with what each line says is right.
fn mended() -> String {
    let line = |line: &str| match line.split_once("  # fault: ") {
        None => line.to_owned(),
        Some((line, fault)) => {
            let (wrong, right) = fault.split_once(" is ").expect("`WRONG is RIGHT`");
            let at = line.rfind(wrong).expect("what is wrong stands in the line");
            format!("{}{right}{}", &line[..at], &line[at + wrong.len()..])
        }
    };
    BROKEN.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn lint(kubeconfig: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
    command.env_remove("HTTPS_PROXY").env_remove("https_proxy").env_remove("KUBECONFIG");
    command.current_dir(std::env::temp_dir());
    command.args(["lint", "--quiet", "--cluster", "--kubeconfig"]).arg(kubeconfig);
    if !more.contains(&"-o") {
        command.args(["-o", "json"]);
    }
    command.args(more).output().expect("it was built")
}

/// What was said on stderr.
fn notes(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).trim_end().to_owned()
}

/// What was found, by the object that it was found in.
fn findings(done: &Output) -> BTreeSet<Finding> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let json: Value = match serde_json::from_slice(&done.stdout) {
        Ok(json) => json,
        Err(_) if done.stdout.is_empty() => return BTreeSet::new(),
        Err(err) => panic!("{err}: {}", String::from_utf8_lossy(&done.stdout)),
    };
    let all = json["findings"].as_array().expect("a list").iter();
    all.map(|finding| {
        let file = text(finding, "file");
        let object = file.trim_start_matches("./").trim_start_matches("cluster:").trim_end_matches(".yaml");
        (text(finding, "rule"), object.to_owned(), text(finding, "message"))
    })
    .collect()
}

/// What is found in the same objects, each in a file of its own.
fn of_files(manifests: &str) -> BTreeSet<Finding> {
    let folder = tempfile::tempdir().unwrap();
    for document in manifests.split("\n---\n") {
        let file = File::parse(document.to_owned(), &Budget::default());
        let object = Object::all(&file).pop().expect("an object");
        let name = object.name().expect("a name").value;
        let namespace = object.namespace().map_or(String::new(), |it| format!("{}/", it.value));
        let path = folder.path().join(format!("{namespace}{}/{name}.yaml", object.kind().resource()));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, document).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsctl"));
    let done = command.current_dir(folder.path()).args(["lint", "--complete", "-o", "json", "."]).output();
    findings(&done.expect("it was built"))
}
