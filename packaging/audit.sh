#!/usr/bin/env bash
# Ask PyPI's advisory database for known vulnerabilities of the locked versions (pip-audit).
#   bash packaging/audit.sh
# Exits with 1 if there is one. Where the database cannot be reached it says so, and exits with 0: not checked.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
reached='
import json, sys, urllib.request
with urllib.request.urlopen("https://pypi.org/pypi/pip/20.0/json", timeout=10) as answer:
    sys.exit(0 if json.load(answer).get("vulnerabilities") else 1)'  # an old pip has some: a mirror without them tells
if ! "$python" -c "$reached" 2>/dev/null; then
    echo "audit: NOT CHECKED, no advisory database answers at pypi.org from here" >&2
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'pip-audit>=2.7'
"$python" -c '
from importlib.metadata import distributions
for one in sorted({(d.name, d.version) for d in distributions() if d.name != "scafe"}): print("%s==%s" % one)' >"$work/installed.txt"
"$work/venv/bin/pip-audit" --no-deps --disable-pip --progress-spinner off --format json \
    --requirement "$work/installed.txt" >"$work/audit.json" 2>"$work/audit.log" || true
# Its exit status is 0 also where it found none of the packages (a mirror without the database): so they are counted.
"$work/venv/bin/python" - "$work/audit.json" "$work/audit.log" <<'PYTHON'
import json, pathlib, sys
text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
if not text.strip():
    sys.exit("audit: NOT CHECKED, pip-audit gave no result: " + pathlib.Path(sys.argv[2]).read_text()[-500:])
told = json.loads(text)["dependencies"]
passed_over = [one["name"] for one in told if "skip_reason" in one]
if len(passed_over) == len(told):
    print("audit: NOT CHECKED, the index that answers here holds no advisories", file=sys.stderr)
    sys.exit(0)
found = [(one["name"], one["version"], hole["id"], hole.get("fix_versions")) for one in told for hole in one.get("vulns", ())]
print(f"audit: {len(told) - len(passed_over)} packages looked up, {len(passed_over)} unknown to the index: {passed_over}")
for name, version, hole, mended in found:
    print(f"  {name} {version}: {hole}, mended in {', '.join(mended) or 'no version yet'}")
sys.exit(1 if found else 0)
PYTHON
