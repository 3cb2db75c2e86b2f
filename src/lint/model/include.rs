//! Which texts of a world a configuration names: `scrape_config_files`, and the files of `file_sd_configs`.
//!
//! A path counts from the folder of the file that names it. Only texts of the same world are found: nothing is read.

use super::Document;
use crate::lint::kind::Kind;

/// The documents of `kind` in texts that `pattern` names, as `holder` means it.
pub(in crate::lint) fn included<'d, 'w>(
    documents: &'d [Document<'w>],
    holder: &Document<'w>,
    pattern: &str,
    kind: Kind,
) -> impl Iterator<Item = &'d Document<'w>> {
    let path = beside(holder.name, pattern);
    documents.iter().filter(move |it| it.kind == kind && !it.held && matches(&path, &clean(it.name)))
}

/// Gives the jobs of files that another one includes the `global` section of that one: they have none of their own.
pub(super) fn share_globals(documents: &mut [Document<'_>]) {
    for at in 0..documents.len() {
        let holder = &documents[at];
        let Some(global) = holder.root.get("global") else { continue };
        let patterns = holder.root.get("scrape_config_files").into_iter().flat_map(|list| list.items());
        let paths: Vec<String> =
            patterns.filter_map(|pattern| Some(beside(holder.name, pattern.text()?))).collect();
        if paths.is_empty() {
            continue;
        }
        for document in documents.iter_mut().filter(|it| it.kind == Kind::Prometheus && !it.held) {
            let name = clean(document.name);
            if paths.iter().any(|path| matches(path, &name)) {
                document.jobs.iter_mut().for_each(|job| job.global = job.global.or(Some(global)));
            }
        }
    }
}

/// `pattern` as it is meant in the file `holder`.
fn beside(holder: &str, pattern: &str) -> String {
    match holder.rsplit_once('/') {
        Some((folder, _)) if !pattern.starts_with('/') => clean(&format!("{folder}/{pattern}")),
        _ => clean(pattern),
    }
}

/// Without `.` and what `..` takes back.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            "" if !parts.is_empty() => {}
            ".." if parts.last().is_some_and(|it| !matches!(*it, "" | "..")) => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a path fits a pattern, as Go's `filepath.Match`: `*` and `?` stay within a name. Sets in brackets fit any one
/// character.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if name_matches(pattern, part) => {}
            _ => return false,
        }
    }
}

/// Backtracks to the last `*` alone, which is enough for patterns without alternatives.
fn name_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let width = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => pattern[p..].iter().position(|c| *c == ']').map(|end| end + 1),
            Some('\\') if pattern.get(p + 1) == Some(&name[n]) => Some(2),
            Some(c) if *c == name[n] => Some(1),
            _ => None,
        };
        match (width, star) {
            (Some(width), _) => {
                p += width;
                n += 1;
            }
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(holder: &str, pattern: &str, path: &str, expect: bool) {
        assert_eq!(matches(&beside(holder, pattern), &clean(path)), expect, "{pattern} in {holder}: {path}");
    }

    #[test]
    fn paths_count_from_the_file_that_names_them() {
        check("conf/prometheus.yml", "jobs/*.yml", "conf/jobs/a.yml", true);
        check("conf/prometheus.yml", "./jobs/a*.yml", "./conf/jobs/abc.yml", true);
        check("conf/prometheus.yml", "../jobs/a.yml", "jobs/a.yml", true);
        check("prometheus.yml", "a.yml", "a.yml", true);
        check("/etc/prometheus.yml", "/srv/a?.yml", "/srv/ab.yml", true);
        check("conf/prometheus.yml", "jobs/*.yml", "conf/jobs/deep/a.yml", false);
        check("conf/prometheus.yml", "*.yml", "a.yml", false);
        check("prometheus.yml", "a[0-9]b*c", "a7bxxcyc", true);
        check("prometheus.yml", "a*b", "acd", false);
    }
}
