#!/usr/bin/env bash
# Puts mutated configurations to real promtool 3.5 and 2.42, and mutated web configurations: twenty thousand (or $1) each.
#
# The same test as in `cargo test` (tests/it/lint_promtool.rs), with more cases. Prints the figures for docs/quality.md.
# Exit status 0 only if promtool refused what obsctl refuses, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CI=true OBSCTL_LINT_CASES=${1:-20000}
exec cargo test --test it lint_promtool:: -- --nocapture
