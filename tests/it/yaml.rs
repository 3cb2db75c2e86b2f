//! The YAML reader over files as people publish them: exact places, no repairs of what is valid.
//!
//! `OBSCTL_CORPORA` names a folder; every `*.yml`, `*.yaml`, `*.rules` and `*.json` below it is read. Without it the test
//! says loudly that it skips, and reads only what is below `testdata/`. A file with `.good.` in its name must have no fault.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use obsctl::base::edit;
use obsctl::base::span::Span;
use obsctl::yaml::{Budget, Document, FaultKind, File, Node, Style};

#[test]
fn files_as_people_publish_them_have_exact_places() {
    let mut tally = Tally::default();
    tally.folder(&root().join("testdata"));
    assert!(tally.files >= 5, "the files of the repository are there");
    match std::env::var_os("OBSCTL_CORPORA") {
        Some(folder) => {
            tally.folder(Path::new(&folder));
            let _ = writeln!(std::io::stderr(), "{tally:#?}");
        }
        None => {
            let _ =
                writeln!(std::io::stderr(), "SKIPPED: yaml: OBSCTL_CORPORA names no folder of YAML files");
        }
    }
    assert_eq!(tally.unmapped, 0, "each scalar has a map");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What was read.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    bytes: usize,
    documents: usize,
    nodes: usize,
    faults: BTreeMap<FaultKind, Vec<String>>,
    /// Literal blocks, all with each byte of the value but CRLF where it stands.
    literal: usize,
    folded: usize,
    double_quoted: usize,
    /// Of those, how many have escapes or folds.
    double_quoted_otherwise: usize,
    other: usize,
    unmapped: usize,
    /// Seconds for reading alone; of a debug build unless the tests were built otherwise.
    seconds: f64,
}

impl Tally {
    fn folder(&mut self, folder: &Path) {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let is_yaml = path
                .extension()
                .is_some_and(|it| ["yml", "yaml", "rules", "json"].iter().any(|end| it == *end));
            if path.is_dir() {
                self.folder(&path);
            } else if is_yaml {
                self.file(&path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let Ok(text) = fs::read_to_string(path) else { return };
        let begin = Instant::now();
        let file = File::parse(text.clone(), &Budget::default());
        self.seconds += begin.elapsed().as_secs_f64();
        self.files += 1;
        self.bytes += text.len();
        self.documents += file.documents().len();
        let is_good = path.to_string_lossy().contains(".good.");
        assert!(!is_good || file.faults().is_empty(), "{}: {:?}", path.display(), file.faults());
        for fault in file.faults() {
            let place = format!("{}:{}: {fault}", path.display(), file.position(fault.span.start));
            self.faults.entry(fault.kind).or_default().push(place);
        }
        for root in file.documents().iter().filter_map(Document::root) {
            self.node(&text, root);
        }
        let edits: Vec<edit::Edit> = file.faults().iter().flat_map(|fault| fault.edits.clone()).collect();
        if !edits.is_empty() {
            let mended = edit::apply(&text, &edits).unwrap();
            assert!(File::parse(mended, &Budget::default()).faults().iter().all(|it| it.edits.is_empty()));
        }
    }

    fn node(&mut self, text: &str, node: Node<'_>) {
        self.nodes += 1;
        if let Some(map) = node.value_map() {
            let value = node.text().unwrap();
            let pieces = value.char_indices().map(|(at, c)| Span::new(at, at + c.len_utf8()));
            let mut otherwise = 0;
            for piece in pieces {
                match map.verbatim(piece) {
                    Some(span) => assert_eq!(span.of(text), piece.of(value)),
                    None => otherwise += usize::from(map.span(piece).of(text) != "\r\n"),
                }
            }
            self.unmapped += usize::from(
                !value.is_empty()
                    && map.span(Span::new(0, value.len())) == node.span()
                    && !matches!(node.style(), Some(Style::Plain)),
            );
            match node.style() {
                Some(Style::Literal) => {
                    assert_eq!(otherwise, 0, "a literal block is in the file as it is: {value:?}");
                    self.literal += 1;
                }
                Some(Style::Folded) => self.folded += 1,
                Some(Style::DoubleQuoted) => {
                    self.double_quoted += 1;
                    self.double_quoted_otherwise += usize::from(otherwise > 0);
                }
                _ => self.other += 1,
            }
        }
        node.items().for_each(|item| self.node(text, item));
        for entry in node.entries().filter(|entry| !entry.merged) {
            self.node(text, entry.key);
            self.node(text, entry.value);
        }
    }
}

#[test]
fn a_manifest_with_both_common_faults_is_read_and_mended() {
    let text = fs::read_to_string(root().join("testdata/yaml/unindented-and-tabs.yaml")).unwrap();
    let file = File::parse(text.clone(), &Budget::default());
    let found: Vec<(FaultKind, String)> =
        file.faults().iter().map(|fault| (fault.kind, file.position(fault.span.start).to_string())).collect();
    let expected = [(FaultKind::UnindentedBlock, "7:5"), (FaultKind::TabIndentation, "13:1")];
    assert_eq!(found, expected.map(|(kind, place)| (kind, place.to_owned())));
    let root = file.documents()[0].root().unwrap();
    let annotation =
        root.get("metadata").and_then(|it| it.get("annotations")?.get("example.org/targets")).unwrap();
    assert_eq!(
        (annotation.style(), annotation.text()),
        (
            Some(Style::Literal),
            Some(
                "- one:\n    \"http://one.example:8082/metrics\"\n- two:\n   \"http://two.example:9001/metrics\"\n"
            )
        )
    );
    let inner = File::parse(annotation.text().unwrap(), &Budget::default());
    let two = inner.documents()[0].root().unwrap().items().nth(1).and_then(|it| it.get("two")).unwrap();
    let place = annotation.value_map().unwrap().span(two.span());
    assert_eq!(place.of(&text), "\"http://two.example:9001/metrics\"");
    assert_eq!(
        root.get("spec").and_then(|it| it.get("destination")?.get("server")?.text()),
        Some("https://kubernetes.default.svc")
    );
}

#[test]
fn yaml_in_yaml_in_yaml_has_its_place_in_the_file() {
    let text = fs::read_to_string(root().join("testdata/yaml/nested.yaml")).unwrap();
    let outer = File::parse(text.clone(), &Budget::default());
    let first = outer.documents()[0].root().unwrap().get("data").and_then(|it| it.get("list.yaml")).unwrap();
    let middle = File::parse(first.text().unwrap(), &Budget::default());
    let second =
        middle.documents()[0].root().unwrap().get("data").and_then(|it| it.get("rules.yml")).unwrap();
    let inner = File::parse(second.text().unwrap(), &Budget::default());
    let expr = inner.documents()[0].root().unwrap().get("expr").unwrap();
    let map = expr.value_map().unwrap().then(&second.value_map().unwrap()).then(&first.value_map().unwrap());
    let value = expr.text().unwrap();
    assert_eq!(value, "sum(rate(x[5m])) > 0.5");
    let at = value.find("[5m]").unwrap();
    assert_eq!(map.span(Span::new(at, at + 4)).of(&text), "[5m]");
    assert_eq!(outer.position(map.offset(at)).to_string(), "9:26");
}

/// Files that a few bytes of which could cost much: each is refused or read, and nothing repeats itself at length.
#[test]
fn bombs_are_refused_or_read() {
    let laughs: String = (1..10).fold("a0: &a0 lol\n".to_owned(), |text, level| {
        let names = vec![format!("*a{}", level - 1); 9].join(", ");
        format!("{text}a{level}: &a{level} [{names}]\n")
    });
    let quadratic = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(5000), "*a, ".repeat(5000));
    let merges = format!(
        "a: &a {{{}}}\nb: [{}]\n",
        (0..5000).map(|k| format!("k{k}: 1, ")).collect::<String>(),
        "{<<: *a}, ".repeat(5000)
    );
    let cases: Vec<(&str, String)> = vec![
        ("billion laughs", laughs),
        ("quadratic aliases", quadratic),
        ("quadratic merges", merges),
        ("100k brackets", "[".repeat(100_000)),
        ("32 MiB of brackets", "[".repeat(32 << 20)),
        ("32 MiB of dashes", "- ".repeat(16 << 20)),
        ("8 MiB key", format!("{}: 1\n", "a".repeat(8 << 20))),
        ("4 MiB of comments", format!("a:\n{}  b: 1\n", "# x\n".repeat(1 << 20))),
        ("a million documents with faults", "---\n]\n".repeat(1 << 20)),
        ("a million equal keys", format!("{{{}}}", "a: b, ".repeat(1 << 18))),
        ("8 MiB of line breaks in a block", format!("a: |+\n{}", "\n".repeat(8 << 20))),
        ("a million empty blocks", "a: |\nx\n".repeat(1 << 20)),
        ("a million tabs", format!("a:\n{}", "\tb: 1\n".repeat(1 << 18))),
        ("33 MiB", " ".repeat(33 << 20)),
    ];
    for (name, text) in cases {
        let len = text.len();
        let begin = Instant::now();
        let file = File::parse(text, &Budget::default());
        let elapsed = begin.elapsed();
        let mut nodes = Tally::default();
        if let Some(root) = file.documents().first().and_then(Document::root) {
            count(root, &mut nodes);
        }
        assert!(nodes.nodes <= Budget::default().nodes, "{name}");
        let first = file.faults().first().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            std::io::stderr(),
            "{name}: {len} bytes in {elapsed:.1?}, {} faults, {first}",
            file.faults().len()
        );
        assert!(file.faults().len() <= 1100, "{name}");
    }
}

fn count(node: Node<'_>, tally: &mut Tally) {
    tally.nodes += 1;
    node.items().for_each(|item| count(item, tally));
    node.entries().for_each(|entry| {
        count(entry.key, tally);
        count(entry.value, tally);
    });
}
