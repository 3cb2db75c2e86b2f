//! Any text through all of lint: checked, shown in every form, mended.

use crate::diagnostic::Look;
use crate::lint::render::{Form, Report};
use crate::lint::{Checked, FailOn, Options, Text, World, fix, secrets};

const FORMS: [Form; 6] = [
    Form::Pretty(Look { color: false, width: Some(80) }),
    Form::Compact,
    Form::Json,
    Form::Sarif,
    Form::Github,
    Form::Junit,
];

/// Findings are within the text and in order, documents are JSON, and what was mended is as good and needs no mending.
pub(super) fn lint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let count = findings(text, &|checked| {
        let spans: Vec<_> = checked.findings.iter().map(|finding| finding.span).collect();
        assert!(spans.is_sorted(), "{spans:?}");
        for span in spans.iter().chain(&secrets(text)) {
            assert!(text.get(span.start..span.end).is_some(), "{span:?}");
        }
        for form in FORMS {
            let (mut report, mut out) = (Report::new(form), Vec::new());
            report.add(checked, FailOn::Warning, &mut out).expect("memory takes it");
            report.finish(true, &mut out).expect("memory takes it");
            let shown = String::from_utf8(out).expect("UTF-8");
            if matches!(form, Form::Json | Form::Sarif) {
                serde_json::from_str::<serde_json::Value>(&shown).expect("JSON");
            }
            assert!(!shown.contains(['\u{1b}', '\r', '\0']), "{form:?}: {shown:?}");
        }
    });
    let mended = mend(text);
    assert!(findings(&mended.text, &|_| {}) <= count, "worse: {}", mended.text);
    if mended.fixes > 0 {
        let again = mend(&mended.text);
        assert!(again.fixes == 0 || mended.refused, "again: {}", mended.text);
    }
}

fn findings(text: &str, look: &dyn Fn(&Checked<'_>)) -> usize {
    let mut world = World::new(Options::default());
    world.add("a.yml", text.to_owned());
    let checked = world.check();
    checked.iter().for_each(look);
    checked.iter().map(|checked| checked.findings.len()).sum()
}

fn mend(text: &str) -> Text {
    let mut texts = [Text { name: "a.yml".into(), text: text.to_owned(), fixes: 0, refused: false }];
    fix(&World::new(Options::default()), true, &mut texts, &|checked| checked.findings.clone());
    let [mended] = texts;
    mended
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::lint;

    /// Texts with something of everything.
    const SEEDS: [&str; 6] = [
        include_str!("../../testdata/cli/workspace/prometheus.yml"),
        include_str!("../../testdata/cli/workspace/rules/web.yml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  p.yml: |\n    scrape_configs:\n    - jobname: a # obsctl: ignore yaml x\n",
        "apiVersion: v1\nkind: Secret\ndata:\n  p.yml: c2NyYXBlX2NvbmZpZ3M6Ci0gam9ibmFtZTogYQo=\nstringData: {a: |\n    password: x\n}",
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nspec:\n  endpoints: [{port: 1, bearerTokenFile: x}]\n",
        "groups:\n- &a\n  name: {{ .Values.x }}\n- *a\n# obsctl: ignore-file all\n<<: *a\n",
    ];

    fn text() -> impl Strategy<Value = String> {
        let cut = (0..SEEDS.len(), any::<prop::sample::Index>(), any::<prop::sample::Index>());
        let piece = prop_oneof![
            "[ -:|>&*#'\"{}\\[\\]\n]{0,4}",
            "[a-z_]{1,9}: ",
            "\\PC{0,3}",
            Just("\r\n".to_owned()),
            Just("\t\u{1b}\0".to_owned()),
            Just("password: hunter2\n".to_owned()),
            Just("# obsctl: ignore yaml, why\n".to_owned()),
        ];
        (cut, prop::collection::vec((any::<prop::sample::Index>(), piece), 0..6)).prop_map(
            |((seed, from, to), pieces)| {
                let seed = SEEDS[seed];
                let (from, to) = (from.index(seed.len() + 1), to.index(seed.len() + 1));
                let mut text = if from < to { seed[from..to].to_owned() } else { seed.to_owned() };
                for (at, piece) in pieces {
                    let at = text.floor_char_boundary(at.index(text.len() + 1));
                    text.insert_str(at, &piece);
                }
                text
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn nothing_panics(text in text()) {
            lint(text.as_bytes());
        }
    }
}
