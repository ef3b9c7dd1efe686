#!/usr/bin/env bash
# Check a run with bash, awk and sha256sum alone: no ScaFE, no Python.
#
#   bash docs/verify.sh runs/20261122T020000Z-scar-vss-7f3a [ALLOWED_SIGNERS]
#
# With a file of allowed signers (see ssh-keygen(1)), SEAL.json.sig must be a signature of one of them.
# Three things are checked: each line of events.jsonl carries the SHA-256 of the line before; the sealed
# head and number of lines are those of the file; every file is sealed, none is a link, and each has its
# recorded hash. Exits with 4 at the first that fails. A run that is not finished has no seal, so its chain is checked alone.
set -euo pipefail
export LC_ALL=C

run=${1:?usage: bash docs/verify.sh RUN_FOLDER [ALLOWED_SIGNERS]}
signers=${2:-}
events=$run/events.jsonl
[ -f "$events" ] || { echo "$run: not a run folder (no events.jsonl)" >&2; exit 2; }

fail() { echo "$1" >&2; exit 4; }

prev=$(printf '0%.0s' {1..64})
count=0
while IFS= read -r line; do
    count=$((count + 1))
    [[ $line == *"\"prev\": \"$prev\"}" ]] ||
        fail "$events, line $count: does not carry the hash of line $((count - 1)); one of the two was edited"
    prev=$(printf '%s' "$line" | sha256sum)
    prev=${prev%% *}
done <"$events"
echo "chain: $count events, head $prev"

seal=$run/SEAL.json
if [ ! -f "$seal" ]; then
    [ -z "$signers" ] || fail "$run: not sealed, so nobody can have signed it"
    echo "not sealed: the run is not finished, so a cut-off end would not be seen"
    exit 0
fi
field() { awk -F'"' -v key="$1" '$2 == key { sub(/^: /, "", $3); sub(/,$/, "", $3); print $3 $4; exit }' "$seal"; }
[ "$(field events)" = "$count" ] || fail "$events: $count lines, sealed were $(field events); the end was cut off"
[ "$(field head)" = "$prev" ] || fail "$events: the head is not the sealed one; the last line was edited"

odd=$(cd "$run" && find . -path ./bench -prune -o ! -type f ! -type d -print | head -n 1)
[ -z "$odd" ] || fail "$run: $odd is a link or no regular file"
own='SEAL\.json(\.sig)?|SHA256SUMS|run\.lock|checkpoints\.sqlite(-wal|-shm|-journal)?'
more=$(comm -13 <(cut -c67- "$run/SHA256SUMS" | sort) \
    <(cd "$run" && find . -path ./bench -prune -o -type f -print | cut -c3- | grep -vxE "$own" | sort) | head -n 1)
[ -z "$more" ] || fail "$run: $more was added after the seal"
(cd "$run" && sha256sum --quiet --strict --check SHA256SUMS) >&2 || fail "$run: a sealed file was changed or removed"
echo "seal: head and $(wc -l <"$run/SHA256SUMS") files are as sealed"

[ -n "$signers" ] || exit 0
who=$(ssh-keygen -Y find-principals -f "$signers" -s "$seal.sig" 2>/dev/null | head -n 1) || true
[ -n "$who" ] || fail "$seal.sig: missing, or by nobody whom $signers lists"
ssh-keygen -Y verify -f "$signers" -I "$who" -n scafe-run -s "$seal.sig" <"$seal" >/dev/null 2>&1 ||
    fail "$seal.sig: not a signature of $who over this seal"
echo "signature: by $who"
