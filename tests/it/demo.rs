//! `obsctl demo` does what it says, and what it says to type next works as printed.

use std::process::Command;

use crate::support::receiver::obsctl;

#[test]
fn the_demo_runs_and_its_next_steps_work() {
    let folder = tempfile::tempdir().unwrap();
    let done = obsctl().args(["demo", "--capture", "demo"]).current_dir(&folder).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    let shown = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{said}");
    assert!(said.contains("10 of 10 requests accepted"), "{said}");
    assert!(shown.starts_with("metric "), "{shown}");
    assert!(shown.contains("obsctl_receive_samples_total"), "{shown}");

    let program = env!("CARGO_BIN_EXE_obsctl");
    let steps: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert!(steps.len() >= 4 && steps.iter().all(|step| step.starts_with(program)), "{said}");
    for step in steps.iter().filter(|step| !step.ends_with(" receive")) {
        let next = Command::new("bash").args(["-c", step]).current_dir(&folder).output().unwrap();
        assert!(next.status.success() && !next.stdout.is_empty(), "{step}: {next:?}");
    }
}
