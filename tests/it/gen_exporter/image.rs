//! The build stage of a Dockerfile, without Docker: its COPY and RUN lines, done on this machine.
//!
//! Not done: base images, `RUN apk` (packages of the image's system), and the second stage, of which only the file that
//! it copies is looked at.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::NAME;
use super::toolchain::Toolchain;

/// What a build stage left.
pub(super) struct Built {
    pub(super) program: PathBuf,
    _folder: tempfile::TempDir,
}

/// Does what the first stage says, and finds the program where the second one copies it from.
#[track_caller]
pub(super) fn build_stage(project: &Path, toolchain: &Toolchain) -> Built {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let build = folder.path().join("build");
    std::fs::create_dir(&build).expect("the folder is ours");
    if project.join("Cargo.toml").is_file() {
        std::os::unix::fs::symlink(toolchain.cargo_target(), build.join("target"))
            .expect("the folder is ours");
    }
    let dockerfile = std::fs::read_to_string(project.join("Dockerfile")).expect("it was made");
    let (first, second) = dockerfile.split_once("\n\nFROM ").expect("two stages");
    assert!(
        !second.contains("\nFROM ") && !second.contains("\nRUN "),
        "the second stage only copies:\n{second}"
    );
    let mut values = String::new();
    let mut done = 0;
    for line in first.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "#" | "FROM" => {}
            "WORKDIR" => assert_eq!(rest, "/build"),
            "ARG" => values.push_str(&format!("{rest}; ")),
            "COPY" => copy(project, &build, rest),
            "RUN" if rest.starts_with("apk ") => {}
            "RUN" => {
                toolchain.run(&build, &format!("{values}{rest}"));
                done += 1;
            }
            _ => panic!("what does `{line}` do?"),
        }
    }
    assert!(done > 0, "nothing was built");
    let copied =
        second.lines().find_map(|line| line.strip_prefix("COPY --from=build /build/")).expect("a copy");
    let (from, to) = copied.split_once(' ').expect("two paths");
    assert_eq!(to, format!("/usr/local/bin/{NAME}"));
    assert!(second.contains(&format!("ENTRYPOINT [\"{to}\"]")) && second.contains("\nUSER 65"), "{second}");
    let program = build.join(from);
    if toolchain.is_static() {
        let dynamic = Command::new("ldd").arg(&program).output().expect("ldd is part of every system");
        let said = String::from_utf8_lossy(&[dynamic.stdout, dynamic.stderr].concat()).into_owned();
        assert!(said.contains("not a dynamic executable") || said.contains("statically linked"), "{said}");
    }
    Built { program, _folder: folder }
}

/// `COPY FROM… TO`: of a folder its contents, as Docker does it. What `.dockerignore` leaves out is not there.
fn copy(project: &Path, build: &Path, paths: &str) {
    let ignore = std::fs::read_to_string(project.join(".dockerignore")).expect("it was made");
    let mut paths: Vec<&str> = paths.split(' ').collect();
    let to = build.join(paths.pop().expect("a place"));
    std::fs::create_dir_all(&to).expect("the folder is ours");
    for from in paths {
        let name = from.trim_end_matches('/');
        assert!(ignore.lines().any(|line| line == format!("!{name}")), "`.dockerignore` leaves out {from}");
        // The pattern is for the shell.
        let from = if from.ends_with('/') { format!("{from}.") } else { from.to_owned() };
        let line = format!("cp -r {from} \"$0\"");
        let done = Command::new("bash").args(["-euc", &line]).arg(&to).current_dir(project).status();
        assert!(done.expect("bash starts").success(), "{line}");
    }
}
