# What one types here. `just` alone lists it. Nothing needs just: every recipe is one plain command.

_list:
    @just --list --unsorted

# everything that must pass, from nothing, as continuous integration does it
check:
    bash .ci/run

# the tests; `just test wire::` runs those whose name contains it
test *FILTER:
    cargo test {{FILTER}}

# format and clippy, as strict as the check
lint:
    cargo fmt --all -- --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# real peers for the tests, into a cache folder, without root
peers:
    tests/peers/install
    tests/peers/build
    tests/peers/crds

# the benchmarks
bench *FILTER:
    cargo bench {{FILTER}}

# the long runs, one after another; their figures belong in docs/quality.md
long:
    for run in tests/long/*.sh; do echo "==> $run"; bash "$run" || exit 1; done

# the whole loop on this machine
demo:
    cargo run --release -- demo
