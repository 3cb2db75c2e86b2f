//! What builds and tests a project, with everything it keeps in the folder of the peers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::peers;

/// Of Python's tools; what the project itself needs is in its own files.
const PYTHON_TOOLS: [&str; 4] = ["pytest==9.2.0", "ruff==0.17.6", "jsonschema==4.25.1", "PyYAML==6.0.3"];
const MUSL: &str = "x86_64-unknown-linux-musl";

pub(super) struct Toolchain {
    language: String,
    /// In front of the `PATH`.
    programs: Option<PathBuf>,
    /// Where cargo builds.
    target: PathBuf,
    /// Whether cargo can build for musl.
    musl: bool,
}

impl Toolchain {
    /// That of a language, or `None` (said loudly) when it or its registry is out of reach.
    pub(super) fn find(test: &str, language: &str) -> Option<Self> {
        let program = match language {
            "python" => "python3",
            "rust" => "cargo",
            _ => "go",
        };
        let [program] = peers::find(test, [program])?;
        let folder = peers::folder().expect("a peer was found in it").join("exporters");
        let programs = match language {
            "python" => Some(venv(test, &program, &folder)?),
            _ => None,
        };
        let target = folder.join("target");
        std::fs::create_dir_all(&target).expect("the folder of peers is ours");
        let toolchain =
            Self { language: language.to_owned(), programs, target, musl: language == "rust" && has_musl() };
        Some(toolchain)
    }

    /// Runs a line of shell in `folder` as the project's own people would. Panics with what it said when it fails.
    #[track_caller]
    pub(super) fn run(&self, folder: &Path, line: &str) {
        let mut command = Command::new("bash");
        command.args(["-euc", line]).current_dir(folder).env_remove("RUSTFLAGS");
        // Of the cargo that runs this test.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CARGO_") && name != "CARGO_HOME") {
                command.env_remove(name);
            }
        }
        if let Some(programs) = &self.programs {
            let path = std::env::var("PATH").expect("a path");
            command.env("PATH", format!("{}:{path}", programs.display()));
        }
        if self.language == "rust" {
            command.env("CARGO_TARGET_DIR", &self.target);
            if self.musl {
                command.env("CARGO_BUILD_TARGET", MUSL);
            }
        }
        let done = command.output().expect("bash starts");
        let said = [done.stdout, done.stderr].concat();
        assert!(done.status.success(), "{line}: {}\n{}", done.status, String::from_utf8_lossy(&said));
    }

    /// The folder that stands for cargo's `target` in a build for the machine that an image is of.
    pub(super) fn cargo_target(&self) -> PathBuf {
        if self.musl { self.target.join(MUSL) } else { self.target.clone() }
    }

    /// Whether what is built runs without a libc.
    pub(super) fn is_static(&self) -> bool {
        self.language == "go" || self.musl
    }

    /// The project's unit tests, format and linters; those that build everything once more only when `all` is asked for.
    #[track_caller]
    pub(super) fn run_tests(&self, folder: &Path, all: bool) {
        let lines: &[&str] = match self.language.as_str() {
            "python" => &["python -m pytest", "ruff check --no-cache", "ruff format --no-cache --check"],
            "rust" => &["cargo fmt --check", "cargo test --release --locked"],
            _ => &["test -z \"$(gofmt -l .)\"", "go vet ./...", "go test ./...", "go mod tidy -diff"],
        };
        lines.iter().for_each(|line| self.run(folder, line));
        if all && self.language == "rust" {
            self.run(folder, "cargo clippy --release --locked --all-targets -- -D warnings");
        }
    }
}

/// The programs of a virtual environment with what Python's tests need, made once.
pub(super) fn venv(test: &str, python: &Path, folder: &Path) -> Option<PathBuf> {
    let requirements = include_str!("../../../src/manifest/exporter/templates/python/requirements.txt");
    let client = requirements.lines().find_map(|line| line.strip_suffix(" \\")).expect("a requirement");
    let wanted: Vec<&str> = PYTHON_TOOLS.into_iter().chain([client]).collect();
    // A folder for each set of versions; the name says which.
    let name: String =
        wanted.join("-").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let made = folder.join(name);
    let programs = made.join("bin");
    if programs.join("ruff").is_file() {
        return Some(programs);
    }
    // Made beside its place, so that one that was not finished is never taken for one that was.
    std::fs::create_dir_all(folder).expect("the folder of peers is ours");
    let fresh = tempfile::tempdir_in(folder).expect("the folder of peers is ours");
    let run = |program: &Path, args: &[&str]| {
        let done = Command::new(program).args(args).arg(fresh.path()).output();
        done.map_err(|err| err.to_string()).and_then(|done| {
            if done.status.success() {
                Ok(())
            } else {
                Err(String::from_utf8_lossy(&done.stderr).into_owned())
            }
        })
    };
    let installed = run(python, &["-m", "venv"]).and_then(|()| {
        let python = fresh.path().join("bin/python");
        let mut command = Command::new(python);
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(&wanted);
        let done = command.output().map_err(|err| err.to_string())?;
        if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
    });
    if let Err(why) = installed {
        let help = "it needs Python's venv, and its registry";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{test}: {why}; {help}");
        // `eprintln!` would be captured, and dropped with the test's success.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {help}: {why}");
        return None;
    }
    if std::fs::rename(fresh.path(), &made).is_ok() {
        let _ = fresh.keep(); // it is not there any more
    }
    assert!(programs.join("ruff").is_file(), "another test made it meanwhile, or this one did");
    Some(programs)
}

fn has_musl() -> bool {
    let done = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = done.ok().and_then(|done| String::from_utf8(done.stdout).ok()).unwrap_or_default();
    Path::new(sysroot.trim()).join("lib/rustlib").join(MUSL).join("lib").is_dir()
}
