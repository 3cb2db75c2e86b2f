#!/usr/bin/env bash
# Puts random relabel rules and targets to real Prometheus 3.5 and 2.42, twenty rounds (or $1) of 1,500 each.
#
# The same test as in `cargo test` (tests/it/relabel.rs), with more rounds. Prints the figures for docs/quality.md.
# Exit status 0 only if both Prometheus did what obsctl does.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CI=true OBSCTL_RELABEL_ROUNDS=${1:-20}
exec cargo test --test it relabel:: -- --nocapture
