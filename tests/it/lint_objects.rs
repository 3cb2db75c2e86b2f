//! What lint says the API server refuses, against a real one: every object of the rules' pages and cases is created by a
//! dry run with strict validation of fields. Refused are those of which lint says so, and no others.

use std::path::{Path, PathBuf};

use obsctl::diagnostic::{Finding, Severity};
use obsctl::lint::{Options, World};
use obsctl::yaml::{Budget, File, Node};

use super::support::cluster::Cluster;

/// Families whose rules are about objects.
const FAMILIES: [&str; 4] = ["annotation", "operator", "security", "yaml"];
/// Rules by which a text is no YAML, or has fields that strict validation refuses.
const REFUSED: [&str; 7] = [
    "operator/selector-type",
    "yaml/bad-tag",
    "yaml/duplicate-key",
    "yaml/tab-indentation",
    "yaml/unindented-block",
    "yaml/unknown-field",
    "yaml/yaml-syntax",
];

#[test]
fn the_api_server_refuses_what_lint_says() {
    let Some(cluster) = Cluster::shared("lint_objects") else { return };
    let Some(()) = cluster.install_crds("lint_objects") else { return };
    let mut server = cluster.connect();
    let (mut accepted, mut refused, mut wrong) = (0, 0, Vec::new());
    for (path, object) in objects() {
        let Some(url) = url(&object) else { continue };
        let says: Vec<Finding> = findings(&object).into_iter().filter(is_refusal).collect();
        // Namespaces that are not there would be refused for that.
        let sent = without_namespace(&object);
        let path_and_query = format!("{url}?dryRun=All&fieldValidation=Strict");
        let answer = server.request("POST", &path_and_query, "application/yaml", sent.as_bytes());
        // 403: there is no service account for pods here, which is looked for once the object has been read.
        let takes = answer.status() < 300 || answer.status() == 403;
        match (takes, says.is_empty()) {
            (true, true) => accepted += 1,
            (false, false) => refused += 1,
            _ => wrong.push(format!(
                "{}: lint says {:?}, the server {} {}\n{object}",
                path.display(),
                says.iter().map(|it| &it.message).collect::<Vec<_>>(),
                answer.status(),
                String::from_utf8_lossy(&answer.body)
            )),
        }
    }
    eprintln!("{accepted} accepted and {refused} refused by both");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(accepted > 60 && refused > 20, "{accepted} accepted, {refused} refused");
}

/// The object without the namespace of its metadata, which stands in one line with its name, or in one of its own.
fn without_namespace(object: &str) -> String {
    let line = |line: &str| match line.split_once(", namespace: ") {
        Some((before, after)) if line.starts_with("metadata: {") => {
            let rest = after.find([',', '}']).map_or("", |at| &after[at..]);
            format!("{before}{rest}\n")
        }
        _ => format!("{line}\n"),
    };
    object.lines().filter(|line| !line.starts_with("  namespace: ")).map(line).collect()
}

fn is_refusal(finding: &Finding) -> bool {
    let why = finding.why.as_deref().unwrap_or_default();
    let says =
        ["API server refuses", "Kubernetes refuses", "the file is refused"].iter().any(|it| why.contains(it));
    finding.severity == Severity::Error && (says || REFUSED.contains(&finding.rule))
}

fn findings(text: &str) -> Vec<Finding> {
    let mut world = World::new(Options::default());
    world.add("object.yaml", text.to_owned());
    world.check().into_iter().flat_map(|checked| checked.findings).collect()
}

/// Every document in the YAML of pages and cases, with the file it is of.
fn objects() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in ["docs/rules", "testdata/lint"] {
        for family in FAMILIES {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(family);
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
                let documents = blocks.flat_map(|block| block.split("---\n"));
                found.extend(documents.map(|document| (path.clone(), document.to_owned())));
            }
        }
    }
    found
}

/// Where objects of this kind are created; `None` of what is no object, or of a kind that no server knows.
fn url(text: &str) -> Option<String> {
    let file = File::parse(text, &Budget::default());
    let root = file.documents().first()?.root()?;
    let of = |key: &str| root.get(key).and_then(Node::as_str);
    let (version, kind) = (of("apiVersion")?, of("kind")?);
    if version.starts_with("example.com/") {
        return None;
    }
    let plural = match kind.to_lowercase() {
        name if name.ends_with('s') => format!("{name}es"),
        name => format!("{name}s"),
    };
    let root = if version.contains('/') { "apis" } else { "api" };
    let namespace = if kind == "Namespace" { "" } else { "namespaces/default/" };
    Some(format!("/{root}/{version}/{namespace}{plural}"))
}
