//! Rendered findings, as people see them.

use super::*;

const PLAIN: Look = Look { color: false, width: None };

const CONFIG: &str = "\
scrape_configs:
  - job_name: pods
    relabel_configs:
      - source_labels: [__address__]
        target_label: __tmp_hash
        action: hashmod
      - action: keep
";

#[track_caller]
fn at(text: &str, what: &str) -> Span {
    let start = text.find(what).expect("it stands there");
    Span::new(start, start + what.len())
}

fn warning(span: Span) -> Finding {
    Finding::warning("a/b", span, "message").label("label")
}

#[track_caller]
fn check(text: &str, findings: &[Finding], look: Look, expect: &str) {
    let source = Source::new("prometheus.yml", text, Mask::default());
    let shown = render(&source, findings, look);
    assert_eq!(shown, expect, "\n{shown}");
}

fn hashmod() -> Finding {
    Finding::error(
        "relabel/hashmod-without-modulus",
        at(CONFIG, "hashmod"),
        "`hashmod` needs a `modulus` above 0",
    )
    .label("this relabel rule sets no `modulus`")
    .why("Prometheus refuses to load the whole file")
    .help("add `modulus: N`, where N is the number of shards")
}

#[test]
fn a_finding_says_what_where_why_and_how_to_mend() {
    check(
        CONFIG,
        &[hashmod()],
        PLAIN,
        "\
error[relabel/hashmod-without-modulus]: `hashmod` needs a `modulus` above 0
 --> prometheus.yml:6:17
  |
6 |         action: hashmod
  |                 ^^^^^^^ this relabel rule sets no `modulus`
  = why: Prometheus refuses to load the whole file
  = help: add `modulus: N`, where N is the number of shards
",
    );
}

#[test]
fn related_places_and_the_fix_are_shown() {
    let insert = Edit::insert(at(CONFIG, "      - action: keep").start, "        modulus: 4\n");
    let finding = hashmod().related(at(CONFIG, "pods"), "of this job").fix(
        "add a modulus",
        Safety::Unsafe,
        vec![insert],
    );
    check(
        CONFIG,
        &[finding],
        Look { color: false, width: Some(48) },
        "\
error[relabel/hashmod-without-modulus]: `hashmod` needs a `modulus` above 0
 --> prometheus.yml:6:17
  |
2 |   - job_name: pods
  |               ---- of this job
...
6 |         action: hashmod
  |                 ^^^^^^^ this relabel rule sets no `modulus`
  = why: Prometheus refuses to load the whole
         file
  = help: add `modulus: N`, where N is the number
          of shards
  = unsafe fix: add a modulus
  |
7 +         modulus: 4
",
    );
}

#[test]
fn colours_are_those_of_other_messages() {
    let fix = Edit::replace(Span::new(0, 1), "b");
    let finding = Finding::warning("a/b", Span::new(0, 1), "m").label("l").fix("f", Safety::Safe, vec![fix]);
    check(
        "a",
        &[finding],
        Look { color: true, width: None },
        "\
\u{1b}[1m\u{1b}[33mwarning[a/b]\u{1b}[0m\u{1b}[1m: m\u{1b}[0m
 \u{1b}[2m--> \u{1b}[0mprometheus.yml:1:1
  \u{1b}[2m|\u{1b}[0m
\u{1b}[2m1\u{1b}[0m \u{1b}[2m|\u{1b}[0m a
  \u{1b}[2m|\u{1b}[0m \u{1b}[1m\u{1b}[33m^\u{1b}[0m \u{1b}[1m\u{1b}[33ml\u{1b}[0m
  \u{1b}[2m=\u{1b}[0m \u{1b}[1m\u{1b}[36mfix\u{1b}[0m: f
  \u{1b}[2m|\u{1b}[0m
\u{1b}[2m1\u{1b}[0m \u{1b}[31m- a\u{1b}[0m
\u{1b}[2m1\u{1b}[0m \u{1b}[32m+ b\u{1b}[0m
",
    );
}

#[test]
fn one_line_each_in_order_and_folded() {
    let source = Source::new("a\u{1b}.yml", "é: x\nb: y\n", Mask::default());
    let finding = |rule, start| Finding::new(rule, Severity::Info, Span::new(start, start + 1), "a\nb");
    let findings = [finding("b/b", 4), finding("z/z", 9), finding("b/b", 4), finding("a/a", 4)];
    let expect = "\
a\\u{001B}.yml:1:4: info[a/a] a\\nb
a\\u{001B}.yml:1:4: info[b/b] a\\nb [+1 more like it]
a\\u{001B}.yml:2:4: info[z/z] a\\nb
";
    assert_eq!(compact(&source, &findings), expect);
}

#[test]
fn long_spans_and_distant_places_are_folded() {
    let text = format!("a: |\n{}end\n", "  line\n".repeat(900));
    check(
        &text,
        &[warning(Span::new(0, 5 + 500 * 7)).related(at(&text, "end"), "far")],
        PLAIN,
        "\
warning[a/b]: message
   --> prometheus.yml:1:1
    |
  1 | / a: |
  2 | |   line
  3 | |   line
  4 | |   line
...   |
500 | |   line
501 | |   line
    | |______^ label
   ::: prometheus.yml:902:1
    |
902 |   end
    |   --- far
",
    );
    check(
        &text,
        &[warning(Span::new(0, text.len()))],
        PLAIN,
        "warning[a/b]: message\n --> prometheus.yml:1:1\n  |\n1 | a: |\n  | ^^^^ label\n",
    );
}

#[test]
fn ends_are_places_too() {
    let expect = |line: &str, mark: &str, place: &str| {
        format!("warning[a/b]: message\n --> prometheus.yml:{place}\n  |\n{line}\n  |{mark} label\n")
    };
    let at = |at| [warning(Span::new(at, at))];
    check("", &at(0), PLAIN, &expect("1 |", " ^", "1:1"));
    check("ab", &at(2), PLAIN, &expect("1 | ab", "   ^", "1:3"));
    check("ab\r\n", &at(2), PLAIN, &expect("1 | ab", "   ^", "1:3"));
    check("ab\r\nc", &at(4), PLAIN, &expect("2 | c", " ^", "2:1"));
    check("ab\n", &at(3), PLAIN, &expect("2 |", " ^", "2:1"));
    check("ab\n", &at(999), PLAIN, &expect("2 |", " ^", "2:1"));
    check("ab\nc", &[warning(Span::new(0, 3))], PLAIN, &expect("1 | ab", " ^^", "1:1"));
    let nine = "x\n".repeat(9);
    let ten = "warning[a/b]: message\n  --> prometheus.yml:10:1\n   |\n10 |\n   | ^ label\n";
    check(&nine, &at(18), PLAIN, ten);
}

/// The excerpt and its mark for one span of `text`.
#[track_caller]
fn check_mark(text: &str, span: Span, line: &str, mark: &str) {
    let source = Source::new("f", text, Mask::default());
    let shown = render(&source, &[warning(span).label("")], PLAIN);
    let lines: Vec<&str> = shown.lines().skip(3).collect();
    assert_eq!(lines, [format!("1 | {line}"), format!("  | {mark}")], "\n{shown}");
}

#[test]
fn marks_stand_below_what_they_mean_whatever_is_before() {
    let check = |text: &str, what: &str, line: &str, mark: &str| check_mark(text, at(text, what), line, mark);
    check("a\tb", "b", "a    b", "     ^");
    check("日本b", "本", "日本b", "  ^^");
    check("日本b", "b", "日本b", "    ^");
    check("e\u{301}x", "x", "e\u{301}x", " ^");
    check("\u{1b}[31mx", "x", "\\u{001B}[31mx", "            ^");
    check("\u{1b}x", "\u{1b}", "\\u{001B}x", "^^^^^^^^");
    check("\u{202e}x\ry", "x", "\\u{202E}x\\u{000D}y", "        ^");
    check("👩\u{200d}💻x", "x", "👩💻x", "    ^");
    check_mark("日x", Span::new(1, 2), "日x", "^^"); // inside of a character
}

#[test]
fn long_lines_are_cut_around_the_span() {
    let text = format!("{}needle{}", "a".repeat(500_000), "b".repeat(500_000));
    let line = format!("…{}needle{}…", "a".repeat(100), "b".repeat(94));
    check_mark(&text, at(&text, "needle"), &line, &format!("{}^^^^^^", " ".repeat(101)));
    let line = format!("{}…", "a".repeat(200));
    check_mark(&text, Span::new(0, text.len()), &line, &"^".repeat(201));
    let line = format!("…{}", "b".repeat(100));
    check_mark(&text, Span::new(text.len(), text.len()), &line, &format!("{}^", " ".repeat(101)));
}

#[test]
fn secrets_are_stars_wherever_they_are_quoted() {
    let text = "user: u\npassword: hunter2  # hunter2\nurl: http://a:b@c/\n";
    let password = at(text, "hunter2");
    let finding = Finding::error("security/plain-credential", password, "`hunter2` is in plain text")
        .label("hunter2")
        .related(at(text, "b@c"), "as in http://a:b@c/")
        .fix("quote `hunter2`", Safety::Safe, vec![Edit::replace(password, "'hunter2'")]);
    let source = Source::new("f", text, Mask::new([password, Span::new(29, 36)]));
    let expect = "\
error[security/plain-credential]: `***` is in plain text
 --> f:2:11
  |
2 | password: ***  # ***
  |           ^^^ ***
3 | url: http://***@c/
  |             ----- as in http://***@c/
  = fix: quote `***`
  |
2 - password: ***  # ***
2 + password: '***'  # ***
";
    let shown = render(&source, &[finding], PLAIN);
    assert_eq!(shown, expect, "\n{shown}");
}

#[test]
fn a_secret_of_several_lines_is_stars_in_each() {
    let text = "key: |\n  one two\n  three\nb: 1\n";
    let source = Source::new("f", text, Mask::new([Span::new(9, 24)]));
    let shown = render(&source, &[warning(Span::new(0, 24))], PLAIN);
    let expect = "\
warning[a/b]: message
 --> f:1:1
  |
1 | / key: |
2 | |   ***
3 | | ***
  | |___^ label
";
    assert_eq!(shown, expect, "\n{shown}");
}
