"""The process that reads replies: takes one, reads it, says what it found, and waits for the next.

It holds no key, no image and no client, and may take so much memory and time and no more: what a
model wrote is parsed and compiled here, not in the process that holds the run.
"""

import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

from scafe.agent.reply.kinds import EXTRACTOR, LOCATOR
from scafe.agent.reply.parsing import TOO_MUCH
from scafe.agent.reply.plans import ReadPlan, read_plan
from scafe.agent.reply.reply import ReadReply, read_reply

MOST_MEMORY = 512 * 2**20
"""Bytes above what the process holds when it starts; the largest reply that is read takes a fifth of it."""
MOST_CPU_S = 20
"""Seconds of a processor for one reply; a usual one takes 0.02."""
HELLO = b"ready"


def serve() -> None:
    """Answer requests on the standard streams until they are closed."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing but answers reaches the host
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's
    _close_in()
    write_frame(sink, HELLO)
    while (request := read_frame(source)) is not None:
        _allow_time()
        write_frame(sink, json.dumps(_answered(json.loads(request))).encode())


def read_frame(source: BinaryIO) -> bytes | None:
    """Read one message: eight bytes of length, then the message; None at the end of the stream."""
    head = source.read(8)
    return source.read(int.from_bytes(head, "big")) if len(head) == 8 else None


def write_frame(sink: BinaryIO, data: bytes) -> None:
    """Write one message."""
    sink.write(len(data).to_bytes(8, "big") + data)
    sink.flush()


def _answered(request: dict[str, Any]) -> dict[str, Any]:
    """Read one reply. Whatever reading it raises is the text's doing, or no resume would ever pass it."""
    is_plan = request["what"] == "plan"
    try:
        if is_plan:
            return asdict(read_plan(request["text"], tuple(request["criteria"])))
        kind = LOCATOR if request["what"] == "locator" else EXTRACTOR
        asked = {"may_decline": request["may_decline"], "kind": kind}
        return asdict(read_reply(request["text"], request["criterion"], request["finish_reason"], **asked))
    except Exception:
        return asdict(ReadPlan(None, (), TOO_MUCH) if is_plan else ReadReply(None, (), TOO_MUCH))


def _close_in() -> None:
    pages = int(open("/proc/self/statm").read().split()[0])
    most = pages * resource.getpagesize() + MOST_MEMORY
    for limit, value in (
        (resource.RLIMIT_AS, most),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(limit, (value, value))


def _allow_time() -> None:
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + MOST_CPU_S + 1, hard))


if __name__ == "__main__":
    serve()
