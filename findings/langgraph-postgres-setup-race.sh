#!/usr/bin/env bash
# One would guess that PostgresSaver.setup() may be called by every process at its start, as its CREATE TABLE IF NOT
# EXISTS suggests. On a new database all but one of the processes that do so at the same moment end with
# UniqueViolation: an array of jobs on a hospital's cluster that share a checkpoint database loses all tasks but one
# at its first start, and none at the second. Take a lock around it (pg_try_advisory_lock in a loop: a waiting
# pg_advisory_lock holds a snapshot that its CREATE INDEX CONCURRENTLY waits for).
set -euo pipefail
folder=$(mktemp -d)
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1 || true)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || true)")
if [ ! -x "$bin/initdb" ]; then
    echo "no PostgreSQL server is installed here: not run"
    exit 0
fi
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
mkdir "$folder/pg"
if [ "$(id -u)" = 0 ]; then chmod 755 "$folder"; chown postgres "$folder/pg"; fi
trap 'as "$bin/pg_ctl" -D "$folder/pg/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
cd /
as "$bin/initdb" -D "$folder/pg/data" -A trust -U someone --no-sync >/dev/null
as "$bin/pg_ctl" -D "$folder/pg/data" -o "-k $folder/pg -c listen_addresses='' -F" -l "$folder/pg/log" -w start >/dev/null
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "langgraph-checkpoint-postgres==3.2.0" "psycopg[binary]==3.3.9"
"$folder/venv/bin/python" - "postgresql://someone@/postgres?host=$folder/pg" <<'PY'
import os
import sys
import time
from importlib.metadata import version

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver

url, processes = sys.argv[1], 16
at = time.time() + 1.5
pids = []
for _ in range(processes):
    pid = os.fork()
    if pid == 0:
        code = 0
        with psycopg.connect(url, autocommit=True) as connection:
            time.sleep(max(0, at - time.time()))
            try:
                PostgresSaver(connection).setup()
            except psycopg.errors.UniqueViolation:
                code = 7
        os._exit(code)
    pids.append(pid)
lost = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids].count(7)
print(f"langgraph-checkpoint-postgres {version('langgraph-checkpoint-postgres')}: {lost} of {processes} setups at once failed")
sys.exit(0 if lost else 1)
PY
