#!/usr/bin/env bash
# What receiving the same requests costs obsctl, Prometheus, VictoriaMetrics and vmagent, one after the other.
#
#   benches/peers/receive.sh CAPTURE [SENDERS...]
#
# CAPTURE is a folder that `obsctl receive` wrote while real senders of 1.0 sent to it, its segments uncompressed; SENDERS
# are numbers of connections, default 1 10 100. Each receiver is started anew on an empty folder for each number. Prints a
# row each: CPU-seconds (user and system, from /proc) of the receiver per million samples from the first request to one
# second after the last, median and 99th percentile of a request in ms, and peak memory in MiB. Prometheus and
# VictoriaMetrics store and index what the others only keep or pass on.
#   OBSCTL        the program; default target/release/obsctl, which is built when it is not there
#   OBSCTL_PEERS  where the others are; default the folder that tests/peers/install fills. What is not there is left out
set -euo pipefail
[ $# -gt 0 ] || { echo "receive: name the folder of a capture" >&2; exit 2; }
capture=$(cd "$1" && pwd)
shift
senders=("$@")
[ ${#senders[@]} -gt 0 ] || senders=(1 10 100)
cd "$(dirname "$0")/../.."
peers=${OBSCTL_PEERS:-$HOME/.cache/obsctl-peers/bin}
obsctl=${OBSCTL:-${CARGO_TARGET_DIR:-target}/release/obsctl}
[ -x "$obsctl" ] || cargo build --release --locked --bin obsctl
work=$(mktemp -d)
pid=
finish() {
  [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
rustc -O --edition 2024 benches/peers/replay.rs -o "$work/replay"

# User and system time of a process, in ticks; its name, in brackets, may hold blanks.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# measure NAME PORT PATH COMMAND...: once for each number of senders
measure() {
  local name=$1 port=$2 path=$3 n before after result
  shift 3
  for n in "${senders[@]}"; do
    rm -rf "$work/data" && mkdir "$work/data"
    "$@" >"$work/log" 2>&1 &
    pid=$!
    for _ in $(seq 200); do
      ! answers "$port" || break
      kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; echo "receive: $name did not start" >&2; exit 1; }
      sleep 0.1
    done
    sleep 1 # what a program does at its start is not what requests cost
    before=$(ticks "$pid")
    result=$("$work/replay" "127.0.0.1:$port" "$path" "$n" "$capture"/*.rwcap)
    sleep 1 # what it does with them after its answer is
    after=$(ticks "$pid")
    memory=$(awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$pid/status")
    kill -TERM "$pid"
    wait "$pid" || true
    pid=
    awk -v name="$name" -v n="$n" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v memory="$memory" '{
      printf "| %s | %d | %.2f | %s | %s | %d | %d of %d |\n", name, n, ticks / hz / $1 * 1e6, $4, $5, memory, $3, $2
    }' <<<"$result"
  done
}

echo '| receiver | senders | CPU-s per million samples | p50 ms | p99 ms | MiB | not 2xx |'
echo '|---|---|---|---|---|---|---|'
for ack in fsync memory; do
  measure "obsctl, \`--ack $ack\`" 19291 /api/v1/write \
    "$obsctl" receive --listen 127.0.0.1:19291 --ack "$ack" --capture "$work/data/capture"
done
if [ -x "$peers/vmagent" ]; then
  "$obsctl" receive --listen 127.0.0.1:19292 --ack memory --capture "$work/far" >/dev/null 2>&1 &
  far=$!
  measure "vmagent, passing on" 19291 /api/v1/write "$peers/vmagent" -httpListenAddr=127.0.0.1:19291 \
    -remoteWrite.url=http://127.0.0.1:19292/api/v1/write -remoteWrite.tmpDataPath="$work/data"
  kill -TERM "$far"
fi
if [ -x "$peers/victoria-metrics" ]; then
  measure VictoriaMetrics 19291 /api/v1/write "$peers/victoria-metrics" -httpListenAddr=127.0.0.1:19291 \
    -storageDataPath="$work/data" -retentionPeriod=100y
fi
if [ -x "$peers/prometheus" ]; then
  printf 'storage:\n  tsdb:\n    out_of_order_time_window: 1h\n' >"$work/prometheus.yml" # senders overtake each other
  measure Prometheus 19291 /api/v1/write "$peers/prometheus" --config.file="$work/prometheus.yml" \
    --web.listen-address=127.0.0.1:19291 --web.enable-remote-write-receiver --storage.tsdb.path="$work/data" \
    --storage.tsdb.retention.time=100y
fi
