#!/usr/bin/env bash
# One would guess that ChatOpenAI(temperature=0.2) sends a temperature of 0.2 to whatever OpenAI-compatible endpoint it
# is given. It goes by the model's name: for names that begin with "gpt-5" (without "-chat") the field is left out, for
# names that begin with "o1" a temperature of 1.0 is added where none was set. Both happen without a warning, also for
# a local server whose model happens to be called so. A study that reports "temperature 0.2" then reports what was never
# sent, and nobody can reproduce it. What is put into `extra_body` goes out as it is.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install langchain-openai==1.7.4 openai==3.57.0 httpx==0.28.1 langchain-core==1.8.3 2>/dev/null
"$folder/venv/bin/python" - <<'PY'
import json
import sys
from importlib.metadata import version

import httpx
from langchain_openai import ChatOpenAI

seen = []


def answer(request):
    seen.append(json.loads(request.content))
    message = {"role": "assistant", "content": "hi"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    said = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return httpx.Response(200, json=said)


def sent(model, **settings):
    client = httpx.Client(transport=httpx.MockTransport(answer))
    chat = ChatOpenAI(
        model=model, base_url="http://localhost:9/v1", api_key="none", http_client=client,
        use_responses_api=False, max_retries=0, **settings,
    )
    chat.invoke([("user", "hello")])
    return seen[-1].get("temperature", "not sent")


print("langchain-openai", version("langchain-openai"), "openai", version("openai"))
found = {
    "gpt-4o, temperature=0.2": sent("gpt-4o", temperature=0.2),
    "gpt-5-mini, temperature=0.2": sent("gpt-5-mini", temperature=0.2),
    "o1, no temperature": sent("o1"),
    "o1, temperature=None": sent("o1", temperature=None),
    "gpt-5-mini, extra_body": sent("gpt-5-mini", extra_body={"temperature": 0.2}),
}
for asked, got in found.items():
    print(f"{asked}: on the wire {got}")
sys.exit(list(found.values()) != [0.2, "not sent", 1.0, "not sent", 0.2])
PY
