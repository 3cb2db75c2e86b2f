#!/usr/bin/env bash
# Renders real charts with the real helm, each with its own and its ci values and with monitors switched on, and lints
# what comes out, as a part and as all there is: no error but the charts' own (tests/it/charts.rs).
#
#   tests/long/charts.sh FOLDER...
#
# FOLDERs are the `charts` folders of checkouts, as of prometheus-community/helm-charts and grafana/helm-charts. What
# kube-prometheus-stack depends on is taken from beside it; grafana, which is elsewhere, is switched off.
set -euo pipefail
[ $# -gt 0 ] || { echo "charts: name the folders of the charts" >&2; exit 2; }
folders=()
for folder in "$@"; do folders+=("$(cd "$folder" && pwd)"); done
cd "$(dirname "$0")/../.."
helm=$(tests/peers/build helm | tail -n 1)/helm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"

# chart, name of the output, more arguments. What a chart refuses to render is left out.
render() {
  local chart=$1 out=$work/out/$2.yaml
  shift 2
  "$helm" template release "$chart" -n monitoring --kube-version 1.36.0 "$@" >"$out" 2>/dev/null || rm -f "$out"
}

monitors=serviceMonitor.enabled=true,prometheusRule.enabled=true,metrics.serviceMonitor.enabled=true
monitors=$monitors,prometheus.monitor.enabled=true,serviceMonitors.enabled=true
for folder in "${folders[@]}"; do
  for chart in "$folder"/*/; do
    name=$(basename "$chart") more=()
    [ -f "$chart/Chart.yaml" ] || continue
    if [ "$name" = kube-prometheus-stack ]; then
      cp -R "$chart" "$work/$name"
      chart=$work/$name more=(--set grafana.enabled=false)
      rm -f "$chart/Chart.lock"
      sed -i '/- name: grafana$/,/condition: grafana.enabled/d' "$chart/Chart.yaml"
      for part in kube-state-metrics prometheus-node-exporter prometheus-windows-exporter; do
        cp -R "$folder/$part" "$chart/charts/"
      done
      spec=prometheus.prometheusSpec
      render "$chart" "$name--not-helm" "${more[@]}" --set "$spec.serviceMonitorSelectorNilUsesHelmValues=false" \
        --set "$spec.podMonitorSelectorNilUsesHelmValues=false,$spec.ruleSelectorNilUsesHelmValues=false"
      render "$chart" "$name--namespaced" "${more[@]}" --set namespaceOverride=other
      render "$chart" "$name--jobs" "${more[@]}" --set "$spec.additionalScrapeConfigs[0].job_name=pods" \
        --set "$spec.additionalScrapeConfigs[0].kubernetes_sd_configs[0].role=pod"
      render "$chart" "$name--remote-write" "${more[@]}" --set "$spec.remoteWrite[0].url=https://example.com/api/v1/write"
    fi
    render "$chart" "$name--default" "${more[@]}"
    render "$chart" "$name--monitors" "${more[@]}" --set "$monitors" -a monitoring.coreos.com/v1
    render "$chart" "$name--pods" "${more[@]}" --set podMonitor.enabled=true
    for values in "$chart"/ci/*values*.yaml; do
      [ ! -f "$values" ] || render "$chart" "$name--$(basename "$values" -values.yaml)" "${more[@]}" -f "$values"
    done
  done
done
echo "$(find "$work/out" -name '*.yaml' | wc -l) outputs of $(find "$work/out" -name '*--default.yaml' | wc -l) charts and more"
OBSCTL_CHARTS=$work/out exec cargo test --test it charts:: -- --nocapture
