//! The files that a project is made of, by language and mode.

use super::{Language, Mode};

/// A file to be: its path, and its text below `templates/`. Both have words to be filled in.
pub(super) struct Template {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

macro_rules! templates {
    ($($path:literal from $file:literal)*) => {
        &[$(Template { path: $path, text: include_str!(concat!("templates/", $file)) }),*]
    };
}

/// The templates of a project.
pub(super) fn of(language: Language, mode: Mode) -> impl Iterator<Item = &'static Template> {
    let of_mode = match mode {
        Mode::Server => SERVER,
        Mode::Batch => BATCH,
    };
    let (of_language, of_both) = match (language, mode) {
        (Language::Python, Mode::Server) => (PYTHON, PYTHON_SERVER),
        (Language::Python, Mode::Batch) => (PYTHON, PYTHON_BATCH),
        (Language::Rust, Mode::Server) => (RUST, RUST_SERVER),
        (Language::Rust, Mode::Batch) => (RUST, RUST_BATCH),
        (Language::Go, Mode::Server) => (GO, GO_SERVER),
        (Language::Go, Mode::Batch) => (GO, GO_BATCH),
    };
    COMMON.iter().chain(of_mode).chain(of_language).chain(of_both)
}

/// The dashboard, which stands in two files.
pub(super) const fn dashboard(mode: Mode) -> &'static str {
    match mode {
        Mode::Server => include_str!("templates/common/dashboard.server.json"),
        Mode::Batch => include_str!("templates/common/dashboard.batch.json"),
    }
}

/// How to work on it: a part of its README.
pub(super) const fn develop(language: Language) -> &'static str {
    match language {
        Language::Python => include_str!("templates/python/develop.md"),
        Language::Rust => include_str!("templates/rust/develop.md"),
        Language::Go => include_str!("templates/go/develop.md"),
    }
}

/// What its image holds: a part of its README.
pub(super) const fn publish(language: Language) -> &'static str {
    match language {
        Language::Python => include_str!("templates/python/publish.md"),
        Language::Rust => include_str!("templates/rust/publish.md"),
        Language::Go => include_str!("templates/go/publish.md"),
    }
}

const COMMON: &[Template] = templates! {
    "example/incoming/first.txt" from "common/example/incoming.txt"
    "example/outgoing/first.txt" from "common/example/outgoing.txt"
    "monitoring/grafana/provisioning/dashboards/dashboards.yml" from "common/dashboards.yml"
    "monitoring/grafana/provisioning/datasources/prometheus.yml" from "common/datasource.yml"
};

const SERVER: &[Template] = templates! {
    "README.md" from "common/README.server.md"
    "compose.yaml" from "common/compose.server.yaml"
    "monitoring/grafana/dashboards/@NAME@.json" from "common/dashboard.server.json"
    "monitoring/prometheus.yml" from "common/prometheus.server.yml"
    "monitoring/rules_test.yml" from "common/rules_test.server.yml"
};

const BATCH: &[Template] = templates! {
    "README.md" from "common/README.batch.md"
    "compose.yaml" from "common/compose.batch.yaml"
    "monitoring/grafana/dashboards/@NAME@.json" from "common/dashboard.batch.json"
    "monitoring/prometheus.yml" from "common/prometheus.batch.yml"
    "monitoring/rules_test.yml" from "common/rules_test.batch.yml"
};

const PYTHON: &[Template] = templates! {
    ".dockerignore" from "python/dockerignore"
    ".gitignore" from "python/gitignore"
    "Dockerfile" from "python/Dockerfile"
    "pyproject.toml" from "python/pyproject.toml"
    "requirements.txt" from "python/requirements.txt"
    "src/@PKG@/__init__.py" from "python/src/__init__.py"
    "src/@PKG@/log.py" from "python/src/log.py"
    "src/@PKG@/metrics.py" from "python/src/metrics.py"
    "src/@PKG@/spool.py" from "python/src/spool.py"
    "tests/conftest.py" from "python/tests/conftest.py"
    "tests/test_metrics.py" from "python/tests/test_metrics.py"
    "tests/test_spool.py" from "python/tests/test_spool.py"
};

const PYTHON_SERVER: &[Template] = templates! {
    "src/@PKG@/__main__.py" from "python/server/main.py"
    "src/@PKG@/server.py" from "python/server/server.py"
    "tests/test_server.py" from "python/server/test_server.py"
};

const PYTHON_BATCH: &[Template] = templates! {
    "src/@PKG@/__main__.py" from "python/batch/main.py"
    "src/@PKG@/push.py" from "python/batch/push.py"
    "tests/test_push.py" from "python/batch/test_push.py"
};

const RUST: &[Template] = templates! {
    ".dockerignore" from "rust/dockerignore"
    ".gitignore" from "rust/gitignore"
    "Dockerfile" from "rust/Dockerfile"
    "rustfmt.toml" from "rust/rustfmt.toml"
    "src/log.rs" from "rust/src/log.rs"
    "src/metrics.rs" from "rust/src/metrics.rs"
    "src/spool.rs" from "rust/src/spool.rs"
};

// Cargo leaves folders with a Cargo.toml out of a package: hence the names.
const RUST_SERVER: &[Template] = templates! {
    "Cargo.lock" from "rust/server/Cargo.lock.in"
    "Cargo.toml" from "rust/server/Cargo.toml.in"
    "src/main.rs" from "rust/server/main.rs"
    "src/server.rs" from "rust/server/server.rs"
};

const RUST_BATCH: &[Template] = templates! {
    "Cargo.lock" from "rust/batch/Cargo.lock.in"
    "Cargo.toml" from "rust/batch/Cargo.toml.in"
    "src/main.rs" from "rust/batch/main.rs"
    "src/push.rs" from "rust/batch/push.rs"
};

const GO: &[Template] = templates! {
    ".dockerignore" from "go/dockerignore"
    ".gitignore" from "go/gitignore"
    "Dockerfile" from "go/Dockerfile"
    "go.mod" from "go/go.mod.in"
    "log.go" from "go/log.go"
    "metrics.go" from "go/metrics.go"
    "metrics_test.go" from "go/metrics_test.go"
    "spool.go" from "go/spool.go"
    "spool_test.go" from "go/spool_test.go"
};

const GO_SERVER: &[Template] = templates! {
    "go.sum" from "go/server/go.sum.in"
    "main.go" from "go/server/main.go"
    "server.go" from "go/server/server.go"
    "server_test.go" from "go/server/server_test.go"
};

const GO_BATCH: &[Template] = templates! {
    "go.sum" from "go/batch/go.sum.in"
    "main.go" from "go/batch/main.go"
    "push.go" from "go/batch/push.go"
    "push_test.go" from "go/batch/push_test.go"
};
