#!/usr/bin/env bash
# Bombs and other abuse against the receiver, some seconds of each, with a good sender beside it.
#
# The same cases as in `cargo test` (tests/it/abuse.rs), with an optimized build and 2,000 and 10,000 connections instead of
# hundreds. Prints the table for docs/performance.md; no time fails it. Exit status 0 only if all is answered as it should be.
set -euo pipefail
cd "$(dirname "$0")/../.."
ulimit -n "$(ulimit -Hn)"
export OBSCTL_ABUSE=1
exec cargo test --release --test it abuse:: -- --nocapture
