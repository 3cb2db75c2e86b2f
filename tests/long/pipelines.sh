#!/usr/bin/env bash
# What docs/pipelines.md promises, as far as it runs on one machine: the action's steps build and lint, and the real
# pre-commit runs both hooks in a repository of its own.
#
# Needs Rust, git and python3, whose `venv` and `pip` fetch pre-commit. Uncommitted changes are not seen: pre-commit
# and the action take commits. Exit status 0 only if faults are found where there are some, and nothing elsewhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
source=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$source/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "pipelines: $*" >&2
  exit 1
}

# The commands of the action's step of this name.
commands() {
  awk -v name="    - name: $1" '
    $0 == name { here = 1; next }
    /^    - name: / { here = 0 }
    here && /^      run: \|/ { body = 1; next }
    here && body { sub(/^        /, ""); print }
  ' action.yml
}

mkdir -p "$work/tools" "$work/project"
ln -s "$CARGO_TARGET_DIR" "$work/tools/target" # what is built already need not be built again
commands Build >"$work/build"
SOURCE=$source REPOSITORY=$source VERSION='' FOLDER=$work/tools bash -e "$work/build"
echo "action: built $("$work/tools/bin/obsctl" --version)"

cd "$work/project"
git init --quiet .
git config user.name nobody
git config user.email nobody@example.com
printf 'scrape_configs:\n  - job_name: web\n    scrape_timeout: 2m\n' >bad.yml
printf 'scrape_configs:\n  - job_name: web\n' >good.yml
(cd "$source" && commands Lint) >"$work/lint"
lint() { LINT_PATH=$1 LINT_ARGS='' LINT_SARIF=out.sarif FOLDER=$work/tools GITHUB_OUTPUT=$work/output bash -eo pipefail "$work/lint"; }
lint good.yml || fail "the action finds faults in a good file"
lint bad.yml | tee "$work/said" && fail "the action finds nothing in a bad file"
grep -q '^::error file=bad.yml,line=3' "$work/said" || fail "the action does not say where"
rm out.sarif
echo 'action: good file passed, bad file refused'

python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install pre-commit
export PRE_COMMIT_HOME=$work/pre-commit PATH=$work/tools/bin:$PATH
git add . && git commit --quiet -m files
hook() { "$work/venv/bin/pre-commit" try-repo "$source" "$1" --verbose --files "$2"; }
for id in obsctl-lint-system obsctl-lint; do
  hook "$id" good.yml >"$work/said" || { cat "$work/said"; fail "$id finds faults in a good file"; }
  hook "$id" bad.yml >"$work/said" && fail "$id finds nothing in a bad file"
  grep -q 'scrape/timeout-gt-interval' "$work/said" || { cat "$work/said"; fail "$id does not say what"; }
  echo "pre-commit $("$work/venv/bin/pre-commit" --version | cut -d' ' -f2): $id passes the good file, refuses the bad one"
done
