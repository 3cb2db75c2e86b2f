#!/usr/bin/env bash
# Builds, tests and runs all six projects that `obsctl gen exporter` makes: three languages, both modes, with Clippy.
#
# The same test as in `cargo test` (tests/it/gen_exporter.rs), which builds one mode of each language. Needs python3 with
# venv, go, cargo and their registries; the target x86_64-unknown-linux-musl of rustup makes Rust's binary static.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CI=true OBSCTL_EXPORTERS=all
exec cargo test --test it gen_exporter -- --nocapture
