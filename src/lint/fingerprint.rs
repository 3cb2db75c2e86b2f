//! What a finding is known by when lines above it come and go: its rule, its file, the text of its line.

use std::collections::HashMap;

use crate::diagnostic::{Finding, Source};

/// A fingerprint for each of `findings` of one source: 32 hexadecimal digits.
///
/// Of the rule, the name of the file (with `/`, and without `./` before it), the text of the line where the finding
/// begins, without blanks around it and without secrets, and which of the findings alike it is. It is the same for ever:
/// baselines hold it.
#[must_use]
pub fn fingerprints(source: &Source<'_>, findings: &[&Finding]) -> Vec<String> {
    let file = file_name(source.name());
    // Of each rule and line, which may be long and have many findings; and how often that text came.
    let mut lines: HashMap<(&str, usize), Fnv> = HashMap::new();
    let mut seen: HashMap<u128, u64> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let line = source.located(finding.span).line;
            let mut hash = *lines.entry((finding.rule, line)).or_insert_with(|| {
                let mut hash = Fnv::default();
                for part in [finding.rule, &file, source.shown_line(line).trim()] {
                    hash.add(part.as_bytes());
                    hash.add(b"\0");
                }
                hash
            });
            let occurrence = seen.entry(hash.0).or_default();
            hash.add(&occurrence.to_le_bytes());
            *occurrence += 1;
            format!("{:032x}", hash.0)
        })
        .collect()
}

/// The name of a file as it is written down: with `/`, relative where it is.
#[must_use]
pub fn file_name(name: &str) -> String {
    let name = name.replace('\\', "/");
    let mut rest = name.as_str();
    while let Some(inner) = rest.strip_prefix("./") {
        rest = inner.trim_start_matches('/');
    }
    rest.to_owned()
}

/// FNV-1a with 128 bits: a hash that any program can compute, for things that nobody forges.
#[derive(Clone, Copy)]
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u128::from(*byte);
            self.0 = self.0.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::Span;
    use crate::diagnostic::Mask;

    fn of(name: &str, text: &str, starts: &[usize]) -> Vec<String> {
        let source = Source::new(name, text, Mask::default());
        let at = |start: &usize| Finding::error("a/b", Span::new(*start, *start + 1), "m");
        let findings: Vec<Finding> = starts.iter().map(at).collect();
        fingerprints(&source, &findings.iter().collect::<Vec<_>>())
    }

    #[test]
    fn they_stay_when_other_lines_change_and_are_those_of_ever() {
        let before = of("a.yml", "x: 1\n", &[0]);
        assert_eq!(before, of("./a.yml", "# new\n\n  x: 1\n", &[9]));
        assert_eq!(before, ["a83773fc48c3de6ee267a6e86ddc0471"]);
        assert_ne!(before, of("b.yml", "x: 1\n", &[0]));
        assert_ne!(before, of("a.yml", "x: 2\n", &[0]));
    }

    #[test]
    fn findings_alike_are_told_apart() {
        let all = of("a.yml", "x: 1\nx: 1\n", &[0, 5]);
        assert_ne!(all[0], all[1]);
    }

    #[test]
    fn fnv_is_fnv() {
        let mut hash = Fnv::default();
        hash.add(b"a");
        assert_eq!(hash.0, 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
