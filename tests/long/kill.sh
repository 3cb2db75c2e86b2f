#!/usr/bin/env bash
# SIGKILLs the receiver under load, a thousand times (or $1), and counts what was acknowledged and is not there.
#
# The same test as in `cargo test` (tests/it/kill.rs), with more rounds and an optimized build. Prints the figures for
# docs/quality.md. Exit status 0 only if nothing acknowledged was lost.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OBSCTL_KILLS=${1:-1000}
exec cargo test --release --test it kill:: -- --nocapture
