//! The floors of the crate hold: which module may import which, and which crates each may use.
//!
//! Read from the text of `src/`: `crate::x` anywhere in code is an arrow to the top-level module `x`. Comments are not
//! code; items under `#[cfg(test)]` may use anything.

use std::collections::BTreeSet;
use std::path::Path;

/// Arrows: a top-level module, and the ones it may use. A module that stands in no row is a violation.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("exit", &[]),
    ("wire", &["base"]),
    ("capture", &["wire", "base"]),
    ("selector", &["wire", "base"]),
    ("relabel", &["selector", "base"]),
    ("exposition", &["wire", "base"]),
    ("promql", &["selector", "wire", "base"]), // only regular expressions, and the stale marker
    ("yaml", &["base"]),
    ("diagnostic", &["base"]),
    ("k8s", &["selector", "yaml", "diagnostic", "base"]),
    ("telegraf", &["k8s", "yaml", "diagnostic", "base"]),
    ("series", &["wire", "base"]),
    ("remote", &["wire", "base"]),
    ("render", &["wire", "capture", "base"]),
    ("receive", &["wire", "capture", "selector", "base"]),
    ("inspect", &["wire", "capture", "series", "selector", "base"]),
    ("lint", &["telegraf", "k8s", "relabel", "promql", "selector", "yaml", "diagnostic", "base"]),
    ("manifest", &["k8s", "selector", "yaml", "diagnostic", "base"]),
    ("ui", &["base"]),
    ("commands", LIBRARIES_AND_DOMAINS),
    ("cli", &["commands", "base", "ui"]),
    ("lib", &["cli", "commands", "ui", "exit"]),
    ("main", &["cli", "commands", "ui", "exit"]),
];

/// What a command may put together: everything below it.
const LIBRARIES_AND_DOMAINS: &[&str] = &[
    "base",
    "exit",
    "wire",
    "capture",
    "selector",
    "relabel",
    "yaml",
    "diagnostic",
    "k8s",
    "telegraf",
    "series",
    "exposition",
    "remote",
    "render",
    "receive",
    "inspect",
    "lint",
    "manifest",
    "promql",
    "ui",
];

/// External crates that only some modules may use. `wire::proto` stands for the part of `wire` that is `src/wire/proto.rs` and
/// what is below `src/wire/proto/`.
const CRATES: &[(&str, &[&str])] = &[
    ("tokio", &["receive", "remote", "commands", "k8s::client"]),
    ("hyper", &["receive", "remote", "commands"]),
    ("hyper_util", &["receive", "remote", "commands"]),
    ("http_body_util", &["receive", "remote", "commands", "k8s::client"]),
    ("kube", &["k8s::client"]),
    ("k8s_openapi", &[]), // kube wants one of its versions chosen, and that is all
    ("clap", &["cli", "commands", "lib", "ui"]), // ui: says what clap has to say, and has values of flags
    ("indicatif", &["ui"]),
    ("comfy_table", &["ui"]),
    ("prost", &["wire::proto", "capture"]),
    ("granit_parser", &["yaml"]),
    ("annotate_snippets", &["diagnostic"]),
    ("toml_edit", &["telegraf"]),
    ("rustls", &["remote"]),
    ("tokio_rustls", &["remote"]),
    ("rustls_native_certs", &["remote"]),
    ("anyhow", &["commands", "lib", "ui"]), // ui: shows the error that ended a command
];

#[test]
fn every_import_follows_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 10, "the sources are read");
    let sources: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(&root).expect("below it").to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(file).expect("a source file is text"))
        })
        .collect();
    let for_tests: Vec<String> = sources.iter().flat_map(|(name, text)| test_modules(name, text)).collect();
    let built = sources.iter().filter(|(name, _)| !for_tests.iter().any(|module| is_part_of(name, module)));
    let faults: Vec<String> = built.flat_map(|(name, text)| check(name, text)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn violations_are_found() {
    let found = |file: &str, text: &str| check(file, text).len();
    assert_eq!(found("base/time.rs", "//! Doc.\nuse crate::wire::Limits;"), 1, "an arrow that points up");
    assert_eq!(found("wire/decode.rs", "//! Doc.\nuse crate::{base::time, ui};"), 1, "one of a group");
    assert_eq!(
        found("wire/decode.rs", "//! Doc.\nuse crate::{\n    base::{a, b},\n    capture::{c},\n};"),
        1
    );
    assert_eq!(found("receive/edge.rs", "//! Doc.\nfn f() { crate::inspect::top() }"), 1, "a path in code");
    assert_eq!(found("inspect/top.rs", "//! Doc.\nuse tokio::spawn;"), 1, "a crate of others");
    assert_eq!(found("inspect/top.rs", "//! Doc.\nfn f() -> anyhow::Result<()> { g::<::clap::Id>() }"), 2);
    assert_eq!(found("wire/decode.rs", "//! Doc.\nuse prost::Message;"), 1, "prost outside wire::proto");
    assert_eq!(
        found("base/a.rs", "//! Doc.\n#[cfg(test)]\nmod testing;\nuse crate::wire;"),
        1,
        "below test code"
    );
    assert_eq!(found("k8s/object.rs", "//! Doc.\nuse kube::Client;"), 1, "a crate of another part");
    assert_eq!(found("newcomer.rs", "//! Doc.\nfn f() {}"), 1, "a module that no row knows");
    assert_eq!(found("base/time.rs", "use std::fmt;"), 1, "no module doc");
}

#[test]
fn modules_for_tests_are_known() {
    let text = "//! Doc.\nmod a;\n#[cfg(test)]\nmod b;\nmod c;\n#[cfg(test)]\n#[allow(x)]\nmod d;\n#[cfg(test)]\nmod tests {\n}";
    assert_eq!(test_modules("wire/mod.rs", text), ["wire/b.rs", "wire/d.rs"]);
    assert_eq!(test_modules("wire/v1.rs", text), ["wire/v1/b.rs", "wire/v1/d.rs"]);
    assert_eq!(test_modules("lib.rs", text), ["b.rs", "d.rs"]);
    assert_eq!(test_modules("lib.rs", "#[cfg(any(test, fuzzing))]\npub mod a;"), ["a.rs"]);
    assert!(is_part_of("a.rs", "a.rs") && is_part_of("a/b.rs", "a.rs") && !is_part_of("ab.rs", "a.rs"));
}

#[test]
fn what_is_allowed_is_silent() {
    let silent = |file: &str, text: &str| assert_eq!(check(file, text), Vec::<String>::new());
    silent(
        "capture/frame.rs",
        "//! Doc.\nuse crate::base::time;\nuse crate::wire::Limits;\nuse prost::Message;",
    );
    silent("k8s/client/list.rs", "//! Doc.\nuse kube::Client;");
    silent("wire/proto/v1.rs", "//! Doc.\n#[derive(::prost::Message)]\nstruct A;");
    silent("base/time.rs", "//! Doc.\n// crate::ui is above\n/// See `tokio::time`.\nfn my_tokio() {}");
    silent("base/a.rs", "//! Doc.\nfn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::wire;\n}");
    silent("base/a.rs", "//! Doc.\n#[cfg(test)]\n#[allow(x)]\nmod testing;\nfn f() {}");
    silent("receive/edge.rs", "//! Doc.\nuse tokio::net;\nuse crate::receive::body;");
    silent("ui/table.rs", "//! Doc.\npub(crate) fn f() {}\nuse comfy_table::Table;");
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() && path.ends_with("exporter/templates") {
            continue; // code of projects that are made, not of this one
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The violations of one file; `file` is its path below `src`.
fn check(file: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push(format!("src/{file}: does not begin with `//!`, what the module is"));
    }
    let module = file.split('/').next().unwrap_or(file).trim_end_matches(".rs");
    let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == module) else {
        faults.push(format!("src/{file}: module `{module}` has no row in the table of arrows"));
        return faults;
    };
    let code = code(text);
    for to in crate_paths(&code) {
        let module_of_ours = ARROWS.iter().any(|(from, _)| *from == to);
        if module_of_ours && to != module && !allowed.contains(&to.as_str()) {
            faults.push(format!("src/{file}: `{module}` may not use `crate::{to}`"));
        }
    }
    for (name, users) in CRATES {
        let may = users.iter().any(|user| is_part_of(file, &format!("{}.rs", user.replace("::", "/"))));
        if names_crate(&code, name) && !may {
            faults.push(format!("src/{file}: only {} may use the crate `{name}`", users.join(", ")));
        }
    }
    faults
}

/// The files of the modules that `text` has for tests alone (`#[cfg(test)] mod x;`).
fn test_modules(file: &str, text: &str) -> Vec<String> {
    let folder = file.strip_suffix(".rs").unwrap_or(file);
    let folder = match folder.rsplit_once('/').unwrap_or(("", folder)) {
        (parent, "mod" | "lib" | "main") => parent,
        _ => folder,
    };
    let mut found = Vec::new();
    let mut lines = text.lines();
    while lines.any(is_for_tests) {
        let item = lines.find(|line| !line.trim_start().starts_with("#["));
        let module = item.and_then(|item| item.trim().strip_suffix(';')?.rsplit_once("mod "));
        found
            .extend(module.map(|(_, name)| format!("{folder}/{name}.rs").trim_start_matches('/').to_owned()));
    }
    found
}

/// Whether `file` is the module's (`a.rs`), or one below it (`a/b.rs`).
fn is_part_of(file: &str, module: &str) -> bool {
    let folder = module.strip_suffix(".rs").unwrap_or(module);
    file == module || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The text without comments and without items under `#[cfg(test)]`.
fn code(text: &str) -> String {
    let mut code = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if is_for_tests(line) {
            // The item ends with its first line (`mod testing;`), or with the brace below its first letter.
            let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
            let item = lines.by_ref().find(|line| !line.trim_start().starts_with("#["));
            if item.is_some_and(|item| item.trim_end().ends_with('{')) {
                lines.by_ref().find(|line| *line == end);
            }
            continue;
        }
        code.push(match line.find("//") {
            Some(at) if !line[..at].contains('"') => &line[..at],
            _ => line,
        });
    }
    code.join("\n")
}

/// First segments of all paths that begin with `crate::`, those of groups (`crate::{a, b::{c}}`) too.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => found.extend(identifier(rest)),
            Some(group) => {
                let mut depth = 0_usize;
                let mut begins = true;
                for (at, character) in group.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => begins = true,
                        c if begins && !c.is_whitespace() => {
                            begins = false;
                            found.extend(identifier(&group[at..]));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

/// Whether the line keeps the item below it to tests, and to the fuzz targets that share them.
fn is_for_tests(line: &str) -> bool {
    matches!(line.trim(), "#[cfg(test)]" | "#[cfg(any(test, fuzzing))]")
}

fn identifier(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Whether a path of `code` begins with the crate `name`.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].strip_suffix("::").unwrap_or(&code[..at]);
        let starts = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let inner = code[..at].ends_with("::") && before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let ends = code[at + name.len()..].starts_with("::") || code[at + name.len()..].starts_with(';');
        starts && !inner && ends
    })
}
