#!/usr/bin/env bash
# One would guess that LocalCluster(dashboard_address=None) starts no web server: it starts one on port 8787 all the same,
# and a second cluster on the machine warns that the port is taken. Who measures images of patients on a shared machine
# opens a page about the work that was meant to be off.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet distributed==2026.8.0
cat > "$work/show.py" <<'PYTHON'
import sys
import distributed

def port(**more):
    with distributed.LocalCluster(n_workers=1, processes=False, host="127.0.0.1", protocol="tcp", **more) as cluster:
        served = cluster.scheduler.http_server
        return next(iter(served._sockets.values())).getsockname()[1]

if __name__ == "__main__":
    found = {
        "dashboard_address=None": port(dashboard_address=None),
        "dashboard=False, :0": port(dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False}),
    }
    print("distributed", distributed.__version__)
    for words, number in found.items():
        print(f"  {words}: web server on port {number}")
    # 8787 unless something else has it: any port at all is the surprise
    sys.exit(0 if all(found.values()) else 1)
PYTHON
"$work/venv/bin/python" "$work/show.py"
