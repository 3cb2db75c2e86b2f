#!/usr/bin/env bash
# Runs captures on a file system that loses power: twenty thousand random programs (or $1), and each call failing once.
#
# The same tests as in `cargo test` (src/capture/crash.rs), with more programs, other ones each time, and nothing left out.
# Prints the figures for docs/quality.md. Exit status 0 only if nothing acknowledged was lost, altered or skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PROPTEST_CASES=${1:-20000} PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-$RANDOM$RANDOM}
echo "programs: $PROPTEST_CASES, PROPTEST_RNG_SEED=$PROPTEST_RNG_SEED"
exec cargo test --lib capture::crash:: -- --nocapture
