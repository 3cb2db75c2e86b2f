#!/usr/bin/env bash
# Runs every fuzz target for ten minutes (or $1 seconds), or only those named after that, from seeds made of testdata.
#
#   tests/long/fuzz.sh [SECONDS [TARGET...]]
#
# Needs a nightly compiler (rustup toolchain install nightly). Inputs that were found to reach something new are kept in
# fuzz/corpus; one that breaks something is left in fuzz/artifacts, and belongs into fuzz/regressions/TARGET with the
# mending. Prints the figures for docs/quality.md. Exit status 0 only if nothing was found.
#   CARGO_TARGET_DIR   where to build; default target
set -euo pipefail
cd "$(dirname "$0")/../../fuzz"
seconds=${1:-600}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for file in fuzz_targets/*.rs; do
    targets+=("$(basename "$file" .rs)")
  done
fi

host=$(rustc +nightly -vV | sed -n 's/^host: //p')
flags=(
  --cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address
)
build=${CARGO_TARGET_DIR:-../target}/fuzz
# With a target named, the flags are not for build scripts.
RUSTFLAGS="${flags[*]}" CARGO_TARGET_DIR=$build cargo +nightly build --release --locked --target "$host" --bins
programs=$build/$host/release
"$programs/seeds" ../testdata corpus

failed=0
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target" "artifacts/$target"
  inputs=("corpus/$target")
  [ ! -d "regressions/$target" ] || inputs+=("regressions/$target")
  began=$(find "corpus/$target" -type f | wc -l)
  status=0
  "$programs/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="artifacts/$target/" "${inputs[@]}" >"artifacts/$target.log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "artifacts/$target.log")
  speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "artifacts/$target.log")
  edges=$(grep -o 'cov: [0-9]*' "artifacts/$target.log" | tail -n 1 | cut -d ' ' -f 2 || true)
  printf '%-11s %9s runs  %6s/s  %6s edges  %5s seeds  %s\n' "$target" "${runs:-?}" "${speed:-?}" "${edges:-?}" "$began" \
    "$([ "$status" -eq 0 ] && echo ok || echo "FOUND SOMETHING: fuzz/artifacts/$target.log")"
  [ "$status" -eq 0 ] || failed=1
done
exit "$failed"
