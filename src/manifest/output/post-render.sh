#!/bin/sh
# @HEADER@
#
# Helm gives the manifests of a release on stdin, and takes what comes back for the release. It does not say the
# namespace of the release: `--post-renderer-args -n --post-renderer-args NAMESPACE` does, or HELM_NAMESPACE, which
# Helm itself reads. OBSCTL names the program where it is not on the PATH.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
if [ $# -eq 0 ] && [ -n "${HELM_NAMESPACE:-}" ]; then
  set -- -n "$HELM_NAMESPACE"
fi
exec "${OBSCTL:-obsctl}" gen manifests app -f "$folder/obsctl.yaml" --post-render "$@"
