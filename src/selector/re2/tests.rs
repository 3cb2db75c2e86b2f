use super::*;

#[track_caller]
fn check(pattern: &str, matching: &[&str], others: &[&str]) {
    let compiled = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    for text in matching {
        assert!(compiled.is_match(text), "`{pattern}` should match {text:?}");
    }
    for text in others {
        assert!(!compiled.is_match(text), "`{pattern}` should not match {text:?}");
    }
}

#[track_caller]
fn check_refused(pattern: &str, expect: &str) {
    let error = compile(pattern).expect_err(pattern);
    let text = format!("{} at {}", error.message, error.offset);
    assert_eq!(text, expect, "{pattern}");
}

#[test]
fn answers_as_go_does() {
    let table = include_str!("../../../testdata/selector/re2.tsv");
    let mut pairs = 0;
    let mut last = (String::new(), compile(""));
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [pattern, subject, expect] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let pattern: String = serde_json::from_str(pattern).unwrap();
        let subject: String = serde_json::from_str(subject).unwrap();
        if last.0 != pattern {
            let compiled = compile(&pattern);
            last = (pattern, compiled);
        }
        let got = match &last.1 {
            Ok(pattern) if pattern.is_match(&subject) => "match",
            Ok(_) => "no",
            Err(_) => "error",
        };
        assert_eq!(got, expect, "{line}: {:?}", last.1);
        pairs += 1;
    }
    assert!(pairs > 3800);
}

#[test]
fn whole_text_is_matched_and_a_dot_takes_newlines() {
    check("foo.*", &["foo", "foobar", "foo\nbar"], &["afoo", "fo"]);
    check("foo", &["foo"], &["foo\n", "food"]);
    check("a|b", &["a", "b"], &["ab", ""]);
    check("", &[""], &["a"]);
    check("(?-s).*", &["a"], &["a\nb"]);
}

#[test]
fn perl_classes_are_ascii() {
    check(r"\d", &["7"], &["٧", "a"]);
    check(r"\w+", &["a_1"], &["é"]);
    check(r"\s", &[" ", "\n", "\x0C"], &["\x0B", "\u{a0}"]);
    check("[[:space:]]", &["\x0B"], &["\u{a0}"]);
    check(r"\D\W\S", &["ééé"], &[]);
    check(r"(?i)\w", &["ſ", "\u{212A}"], &["é"]);
    check(r"é\bx", &["éx"], &[]);
}

#[test]
fn what_rust_reads_otherwise_is_read_as_re2_does() {
    check("[[a]b]", &["[b]", "ab]"], &["a", "b"]);
    check("[a&&b]", &["a", "&", "b"], &[""]);
    check("[--/]", &["-", ".", "/"], &["a"]);
    check("a{,2}", &["a{,2}"], &["aa"]);
    check("a{01}", &["a{01}"], &["a"]);
    check(r"\Qa.b\E+", &["a.b", "a.bb"], &["axb"]);
    check(r"\_\/\101\x{e9}\x41", &["_/AéA"], &[]);
    check("(?:a+)?", &["", "aa"], &["b"]);
    check("(?P<n>a)(?P<n>b)(?P<1>c)", &["abc"], &[]);
}

#[test]
fn shapes_with_a_path_of_their_own() {
    #[track_caller]
    fn kind(pattern: &str, expect: &str) {
        let kind = format!("{:?}", compile(pattern).unwrap().kind);
        assert!(kind.starts_with(expect), "{pattern}: {kind}");
    }
    kind("up", "OneOf([\"up\"])");
    kind("foo|bar|foo", "OneOf([\"bar\", \"foo\"])");
    kind("kube_(pod|node)_info", "OneOf([\"kube_node_info\", \"kube_pod_info\"])");
    kind("(?i)up", "OneOf([\"UP\"");
    kind("kube_.*", "Prefix");
    kind("(kube_)(.+)", "Prefix { literal: \"kube_\", more: true");
    kind(".*_total", "Suffix");
    kind(".*pod.*", "Contains");
    kind(".*", "Any");
    kind(".+", "NotEmpty");
    kind("^up$", "Regex");
    kind("[0-9]+", "Regex");
    kind("(?-s).*", "Regex");
    check("kube_.+", &["kube_x"], &["kube_", "kub"]);
    check(".+_total", &["a_total"], &["_total"]);
    check(".*pod.*", &["pod", "a pod\n"], &["po"]);
}

#[test]
fn refuses_with_a_place_and_a_reason() {
    check_refused("a**", "`*` follows another repetition at 2");
    check_refused("*_total", "`*` has nothing to repeat at 0");
    check_refused("a{1001}", "`{1001}` is no count up to 1000 at 1");
    check_refused("(a{100}){11}", "nested repetitions multiply to more than 1000 at 8");
    check_refused("a(b", "the group is not closed at 1");
    check_refused("a)(b", "`)` closes no group at 1");
    check_refused("é[a", "the character class is not closed at 2");
    check_refused("[z-a]", "the range `z-a` runs backwards at 1");
    check_refused("(?=a)", "`(?=` is no group or flag of RE2 at 0");
    check_refused("(?x)a", "`(?x` is no group or flag of RE2 at 0");
    check_refused("(?P<n-1>a)", "the group's name is not made of ASCII letters, digits and `_` at 0");
    check_refused(r"a\", "the expression ends with a backslash at 1");
    check_refused(r"\C", "`\\\\C` is no escape of RE2 at 0");
    check_refused(r"(a)\1", "`\\\\1` is no escape of RE2 at 3");
    check_refused(r"\p{Letter}", "`\\\\p{Letter}` is no Unicode class of RE2 at 0");
    check_refused("[a--b]", "the range `a--` runs backwards at 1");
    check_refused(r"\u{e9}", "`\\\\u` is no escape of RE2 at 0");
}

#[test]
fn size_and_depth_are_bounded() {
    let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    check(&deep(250), &["a"], &["b"]);
    check_refused(&deep(251), "groups and repetitions nest deeper than 250 at 0");
    check_refused(
        &format!("a{}", "*(?i)".repeat(251)),
        "groups and repetitions nest deeper than 250 at 1251",
    );
    check_refused(&"(".repeat(1_000_000), "the group is not closed at 999999");
    assert!(compile(r"(\pL\pN\pS\pP\pM){1000}").unwrap_err().message.starts_with("it would compile to more"));
}

#[test]
fn groups_are_those_of_go() {
    let table = include_str!("../../../testdata/selector/captures.tsv");
    let mut checked = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [pattern, subject, expect] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let pattern: String = serde_json::from_str(pattern).unwrap();
        let subject: String = serde_json::from_str(subject).unwrap();
        let spans: Vec<i64> = serde_json::from_str(expect).unwrap();
        let expect: Vec<Option<&str>> = spans
            .chunks(2)
            .map(|span| Some(&subject[usize::try_from(span[0]).ok()?..usize::try_from(span[1]).ok()?]))
            .collect();
        let compiled =
            compile_capturing(&pattern, Newlines::Matched).unwrap_or_else(|err| panic!("{line}: {err}"));
        let captures = compiled.captures(&subject).unwrap_or_else(|| panic!("{line}: no match"));
        let got: Vec<Option<&str>> = (0..=compiled.groups()).map(|group| captures.get(group)).collect();
        assert_eq!(got, expect, "{line}");
        checked += 1;
    }
    assert!(checked >= 1500);
}

#[test]
fn groups_have_names_and_numbers() {
    let pattern = compile_capturing("(a){0}(?P<n>b)|(?P<n>c)(?P<1>d)?", Newlines::Matched).unwrap();
    assert_eq!((pattern.groups(), pattern.name_of(1), pattern.name_of(2)), (4, None, Some("n")));
    assert_eq!((pattern.name_of(0), pattern.name_of(5)), (None, None));
    let captures = pattern.captures("c").unwrap();
    assert_eq!(captures.named("n"), Some("c"));
    assert_eq!((captures.named("1"), captures.get(4), captures.get(5)), (None, None, None));
    assert!(pattern.captures("d").is_none());
}

#[test]
fn a_group_around_everything_needs_no_search() {
    for pattern in ["(.*)", "(.+)", "(kube_.*)", "(a|b)", "up", ".*"] {
        let compiled = compile_capturing(pattern, Newlines::Matched).unwrap();
        assert!(compiled.groups_are_whole(), "{pattern}");
    }
    for pattern in ["((.*))", "(.*)x", "x(.*)", "(.*)|(.+)"] {
        let compiled = compile_capturing(pattern, Newlines::Matched).unwrap();
        assert!(!compiled.groups_are_whole(), "{pattern}");
    }
}

#[test]
fn what_relabeling_reads_otherwise() {
    let old = compile_capturing("(.*)", Newlines::NotMatched).unwrap();
    assert!(old.is_match("ab") && !old.is_match("a\nb"));
    assert!(compile(r"\Qa").is_ok());
    let error = compile_capturing(r"b\Qa", Newlines::Matched).unwrap_err();
    assert_eq!((error.offset, &*error.message), (1, "`\\Q` is not closed"));
    assert!(compile_capturing(r"\Qa\E", Newlines::Matched).unwrap().is_match("a"));
}
