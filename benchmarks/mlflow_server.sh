#!/usr/bin/env bash
# Hand a run to a real MLflow server on loopback and read it back with MLflow's client and over its REST interface.
#   bash benchmarks/mlflow_server.sh [RUN_FOLDER] [PYTHON]
# PYTHON (default: .venv/bin/python) needs scafe with the extra `mlflow`. The server, 620 MB with what it needs, goes
# into an environment of its own that is removed at the end. Exits with 1 if a run, a parameter, a metric or an
# artifact is missing. Needs the package index.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
run=$(realpath "${1:-$root/runs/reference/played-scar}")
python=${2:-$root/.venv/bin/python}
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill -- "-$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'mlflow>=3,<4'
port=$("$work/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd "$work"
setsid "$work/venv/bin/mlflow" server --host 127.0.0.1 --port "$port" --workers 1 \
    --backend-store-uri "sqlite:///$work/mlflow.db" --artifacts-destination "$work/artifacts" >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 120); do
    "$work/venv/bin/python" -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health')" 2>/dev/null && break
    sleep 1
done

"$python" -m scafe runs export "$run" --to mlflow --into "http://127.0.0.1:$port"
"$work/venv/bin/python" - "http://127.0.0.1:$port" "$run" <<'PYTHON'
import json, pathlib, sys, urllib.request
import mlflow
from mlflow.tracking import MlflowClient

address, folder = sys.argv[1], pathlib.Path(sys.argv[2])
client = MlflowClient(tracking_uri=address)
(found,) = client.search_runs([client.get_experiment_by_name("scafe").experiment_id])
kept = {one.path for one in client.list_artifacts(found.info.run_id)}
assert found.info.run_name == folder.name and found.info.status == "FINISHED", found.info
assert found.data.params["pack"] and "auc" in found.data.metrics, found.data
assert {"events.jsonl", "report.html", "frozen"} <= kept, kept
brought = client.download_artifacts(found.info.run_id, "events.jsonl")
assert pathlib.Path(brought).read_bytes() == (folder / "events.jsonl").read_bytes()
with urllib.request.urlopen(f"{address}/api/2.0/mlflow/runs/get?run_id={found.info.run_id}") as answer:
    assert json.load(answer)["run"]["info"]["run_name"] == folder.name
print(f"MLflow {mlflow.__version__}: {found.info.run_name}, {len(found.data.params)} parameters, "
      f"{len(found.data.metrics)} metrics, {len(kept)} artifacts at the top, events.jsonl equal")
PYTHON
