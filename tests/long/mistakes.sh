#!/usr/bin/env bash
# Who finds the recurring mistakes of testdata/mistakes: obsctl beside promtool, pint and kubeconform.
#
# The same test as in `cargo test` (tests/it/mistakes/others.rs), with the programs put in place first. Prints the table
# and the figures for docs/quality.md. Exit status 0 only if obsctl finds all of them and is silent on their mended twins.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/peers/install
bin=$(tests/peers/build kubeconform pint | tail -n 1)
tests/peers/crds
"$bin/promtool" --version | head -n 1
echo "pint $("$bin/pint" version)"
echo "kubeconform $("$bin/kubeconform" -v)"
CI=true exec cargo test --test it mistakes:: -- --nocapture
