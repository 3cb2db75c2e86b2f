//! The name of a project: it becomes the name of Kubernetes objects, a package, a binary and a prefix of metrics.

use std::fmt;

use super::Language;

/// A name that fits everything that is called by it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(String);

/// Why a name does not do, and one that would.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{}` cannot be the name of an exporter: {why}", name.escape_debug())]
pub struct NameError {
    name: String,
    why: String,
    /// What would do.
    pub mend: String,
}

/// A CronJob's name may have 52 characters, since that of a Job has 11 more.
const LENGTH_MAX: usize = 52;

/// Other services of the compose file, folders of the project, prefixes that client libraries have for themselves.
const TAKEN: &[(&str, &[&str])] = &[
    ("it is another service of the compose file", &["grafana", "prometheus", "pushgateway"]),
    (
        "it is a folder of the project",
        &["app", "example", "kubernetes", "monitoring", "src", "target", "tests"],
    ),
    ("client libraries have metrics of that prefix", &["go", "process", "promhttp", "push", "python"]),
];

/// What `import` would find instead of, or be kept from, in Python 3.10 to 3.14.
const PYTHON: &[(&str, &[&str])] = &[
    (
        "it is a word of Python's own",
        &[
            "and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def", "del",
            "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
            "lambda", "match", "nonlocal", "not", "or", "pass", "raise", "return", "try", "type", "while",
            "with", "yield",
        ],
    ),
    (
        "Python's standard library has a module of that name",
        &[
            "abc",
            "aifc",
            "annotationlib",
            "antigravity",
            "argparse",
            "array",
            "ast",
            "asynchat",
            "asyncio",
            "asyncore",
            "atexit",
            "audioop",
            "base64",
            "bdb",
            "binascii",
            "bisect",
            "builtins",
            "bz2",
            "cProfile",
            "calendar",
            "cgi",
            "cgitb",
            "chunk",
            "cmath",
            "cmd",
            "code",
            "codecs",
            "codeop",
            "collections",
            "colorsys",
            "compileall",
            "compression",
            "concurrent",
            "configparser",
            "contextlib",
            "contextvars",
            "copy",
            "copyreg",
            "crypt",
            "csv",
            "ctypes",
            "curses",
            "dataclasses",
            "datetime",
            "dbm",
            "decimal",
            "difflib",
            "dis",
            "distutils",
            "doctest",
            "email",
            "encodings",
            "ensurepip",
            "enum",
            "errno",
            "faulthandler",
            "fcntl",
            "filecmp",
            "fileinput",
            "fnmatch",
            "fractions",
            "ftplib",
            "functools",
            "gc",
            "genericpath",
            "getopt",
            "getpass",
            "gettext",
            "glob",
            "graphlib",
            "grp",
            "gzip",
            "hashlib",
            "heapq",
            "hmac",
            "html",
            "http",
            "idlelib",
            "imaplib",
            "imghdr",
            "imp",
            "importlib",
            "inspect",
            "io",
            "ipaddress",
            "itertools",
            "json",
            "keyword",
            "lib2to3",
            "linecache",
            "locale",
            "logging",
            "lzma",
            "mailbox",
            "mailcap",
            "marshal",
            "math",
            "mimetypes",
            "mmap",
            "modulefinder",
            "msilib",
            "msvcrt",
            "multiprocessing",
            "netrc",
            "nis",
            "nntplib",
            "nt",
            "ntpath",
            "nturl2path",
            "numbers",
            "opcode",
            "operator",
            "optparse",
            "os",
            "ossaudiodev",
            "pathlib",
            "pdb",
            "pickle",
            "pickletools",
            "pipes",
            "pkgutil",
            "platform",
            "plistlib",
            "poplib",
            "posix",
            "posixpath",
            "pprint",
            "profile",
            "pstats",
            "pty",
            "pwd",
            "pyclbr",
            "pydoc",
            "pyexpat",
            "queue",
            "quopri",
            "random",
            "re",
            "readline",
            "reprlib",
            "resource",
            "rlcompleter",
            "runpy",
            "sched",
            "secrets",
            "select",
            "selectors",
            "shelve",
            "shlex",
            "shutil",
            "signal",
            "site",
            "smtpd",
            "smtplib",
            "sndhdr",
            "socket",
            "socketserver",
            "spwd",
            "sqlite3",
            "ssl",
            "stat",
            "statistics",
            "string",
            "stringprep",
            "struct",
            "subprocess",
            "sunau",
            "symtable",
            "sys",
            "sysconfig",
            "syslog",
            "tabnanny",
            "tarfile",
            "telnetlib",
            "tempfile",
            "termios",
            "test",
            "textwrap",
            "this",
            "threading",
            "time",
            "timeit",
            "tkinter",
            "token",
            "tokenize",
            "tomllib",
            "trace",
            "traceback",
            "tracemalloc",
            "tty",
            "turtle",
            "turtledemo",
            "types",
            "typing",
            "unicodedata",
            "unittest",
            "urllib",
            "uu",
            "uuid",
            "venv",
            "warnings",
            "wave",
            "weakref",
            "webbrowser",
            "winreg",
            "winsound",
            "wsgiref",
            "xdrlib",
            "xml",
            "xmlrpc",
            "zipapp",
            "zipfile",
            "zipimport",
            "zlib",
            "zoneinfo",
        ],
    ),
    ("it is a package that the project uses", &["pip", "prometheus-client", "pytest", "ruff", "setuptools"]),
];

/// What cargo and rustc keep for themselves.
const RUST: &[(&str, &[&str])] = &[
    (
        "it is a word of Rust's own",
        &[
            "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
            "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
            "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
            "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe",
            "unsized", "use", "virtual", "where", "while", "yield",
        ],
    ),
    (
        "cargo or the compiler have something of that name",
        &[
            "alloc",
            "artifact",
            "build",
            "core",
            "deps",
            "examples",
            "incremental",
            "proc-macro",
            "std",
            "test",
        ],
    ),
    (
        "it is a crate that the project uses",
        &[
            "clap",
            "http-body-util",
            "hyper",
            "hyper-util",
            "tempfile",
            "tokio",
            "tracing",
            "tracing-subscriber",
            "ureq",
        ],
    ),
];

impl Name {
    /// Checks a name for a project in this language.
    ///
    /// # Errors
    ///
    /// It is no DNS label that begins with a letter, is too long, or the name of something that would be in its way.
    pub fn parse(name: &str, language: Language) -> Result<Self, NameError> {
        let refuse = |why: &str, mend: String| {
            Err(NameError { name: name.to_owned(), why: why.to_owned(), mend: format!("`{mend}` would do") })
        };
        let legal =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && name.starts_with(|first: char| first.is_ascii_lowercase())
                && !name.ends_with('-')
                && !name.contains("--");
        if !legal || name.len() > LENGTH_MAX {
            let why = format!(
                "it is to be a DNS label: at most {LENGTH_MAX} of `a` to `z`, digits and single `-`, a letter first"
            );
            return refuse(&why, nearest(name));
        }
        let of_language = match language {
            Language::Python => PYTHON,
            Language::Rust => RUST,
            Language::Go => &[],
        };
        match TAKEN.iter().chain(of_language).find(|(_, names)| names.contains(&name)) {
            Some((why, _)) => refuse(why, format!("{name}-exporter")),
            None => Ok(Self(name.to_owned())),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name where `-` is not allowed.
    pub(super) fn package(&self) -> String {
        self.0.replace('-', "_")
    }

    /// What the names of its metrics begin with: the thing that is measured, not the exporter of it.
    pub(super) fn prefix(&self) -> String {
        let subject = self.0.strip_suffix("-exporter").unwrap_or(&self.0);
        subject.replace('-', "_")
    }

    /// What the names of its alerts begin with.
    pub(super) fn alert(&self) -> String {
        let words = self.prefix();
        words.split('_').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A legal name that is as much as possible like what was asked for.
fn nearest(name: &str) -> String {
    let mut near = String::new();
    for c in name.chars() {
        let c = c.to_ascii_lowercase();
        match c {
            'a'..='z' => near.push(c),
            '0'..='9' if !near.is_empty() => near.push(c),
            _ if near.is_empty() || near.ends_with('-') => {}
            _ => near.push('-'),
        }
        if near.len() == LENGTH_MAX {
            break;
        }
    }
    let near = near.trim_end_matches('-');
    if near.is_empty() { "spool-exporter".to_owned() } else { near.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, language: Language, expect: &str) {
        let found = match Name::parse(name, language) {
            Ok(name) => format!("{} {} {}", name.package(), name.prefix(), name.alert()),
            Err(err) => err.mend,
        };
        assert_eq!(found, expect, "{name}");
    }

    #[test]
    fn a_name_becomes_others() {
        check("spool-exporter", Language::Python, "spool_exporter spool Spool");
        check("disk-queue", Language::Go, "disk_queue disk_queue DiskQueue");
        check("a1", Language::Rust, "a1 a1 A1");
        check("exporter", Language::Rust, "exporter exporter Exporter");
        check("ünï", Language::Go, "`n` would do");
    }

    #[test]
    fn what_is_no_label_is_refused_with_one_that_is() {
        check("Disk_Queue", Language::Go, "`disk-queue` would do");
        check("2nd queue ", Language::Go, "`nd-queue` would do");
        check("-a--b-", Language::Go, "`a-b` would do");
        check("../x", Language::Go, "`x` would do");
        check("", Language::Go, "`spool-exporter` would do");
        check("\u{1b}[31m", Language::Go, "`m` would do");
        check(&"a".repeat(53), Language::Go, &format!("`{}` would do", "a".repeat(52)));
        let text = Name::parse("a\nb", Language::Go).expect_err("refused").to_string();
        assert!(text.starts_with("`a\\nb` cannot be"), "{text}");
    }

    #[test]
    fn what_is_taken_is_refused_in_the_language_that_has_it() {
        check("json", Language::Python, "`json-exporter` would do");
        check("json", Language::Go, "json json Json");
        check("match", Language::Rust, "`match-exporter` would do");
        check("test", Language::Rust, "`test-exporter` would do");
        check("prometheus", Language::Go, "`prometheus-exporter` would do");
        check("prometheus-client", Language::Python, "`prometheus-client-exporter` would do");
    }

    #[test]
    fn every_mend_is_a_name_that_does() {
        for name in ["Disk Queue", "9", "__", "grafana", "a.b.c", &"x-".repeat(40)] {
            for language in [Language::Python, Language::Rust, Language::Go] {
                let err = Name::parse(name, language).expect_err("refused");
                let mend = err.mend.split('`').nth(1).expect("in backticks");
                Name::parse(mend, language).expect("it does");
            }
        }
    }
}
