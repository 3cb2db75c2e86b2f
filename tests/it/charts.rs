//! What real charts render, in the folder that `OBSCTL_CHARTS` names: `docs/quality.md` says how it comes about.
//!
//! Each `*.yaml` there is the output of one `helm template`. Nothing in it may be called an error, as a part or as all
//! there is, but for what is listed here: faults of the charts.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use obsctl::diagnostic::Severity;
use obsctl::lint::{Options, World};

/// Faults of the charts themselves: part of the file's name, rule, part of the message.
const FAULTS: [(&str, &str, &str); 3] = [
    // Its values give what the chart writes too.
    ("kube-prometheus-stack--03-non-defaults", "yaml/duplicate-key", "`log"),
    ("prometheus-druid-exporter", "annotation/annotation-value", "`prometheus.io/port` is `metrics`"),
    // With rules switched on and none given, a PrometheusRule has no `spec`: the API server refuses it.
    ("--monitors", "yaml/missing-field", "`spec` is missing"),
];

#[test]
fn charts_render_without_errors() {
    let Some(folder) = std::env::var_os("OBSCTL_CHARTS") else {
        // `eprintln!` would be captured.
        let _ = writeln!(std::io::stderr(), "SKIPPED: charts: OBSCTL_CHARTS names no folder");
        return;
    };
    let entries = std::fs::read_dir(folder).expect("OBSCTL_CHARTS is a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "yaml")).collect();
    paths.sort();
    assert!(paths.len() > 100, "{} files are few", paths.len());
    let (mut wrong, mut faults) = (Vec::new(), 0);
    let mut warnings: BTreeMap<&'static str, usize> = BTreeMap::new();
    for path in &paths {
        for complete in [false, true] {
            for (rule, severity, line) in findings(path, complete) {
                let known = |(name, of, part): &(&str, &str, &str)| {
                    line.contains(name) && rule == *of && line.contains(part)
                };
                match severity {
                    Severity::Error if FAULTS.iter().any(known) => faults += 1,
                    Severity::Error => wrong.push(line),
                    Severity::Warning if complete => *warnings.entry(rule).or_default() += 1,
                    _ => {}
                }
            }
        }
    }
    let said = format!("charts: {} files, {faults} faults of theirs, warnings {warnings:?}\n", paths.len());
    let _ = std::io::stderr().write_all(said.as_bytes());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn findings(path: &Path, complete: bool) -> Vec<(&'static str, Severity, String)> {
    let mut world = World::new(Options { complete, ..Options::default() });
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    world.add(&name, std::fs::read_to_string(path).expect("readable"));
    let checked = world.check();
    let findings = checked.iter().flat_map(|checked| &checked.findings);
    findings.map(|it| (it.rule, it.severity, format!("{name}: {}: {}", it.rule, it.message))).collect()
}
