"""The viewer on the reference runs: its addresses, and runs whose trace was written anew."""

import hashlib
import html
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

REFERENCE = Path(__file__).parents[3] / "runs" / "reference"
HOST = "127.0.0.1:8765"
Open = Callable[[Path], TestClient]
PAGES = (
    "/",
    "/compare?run=builtin&run=played-scar",
    *(
        f"/run/{run}{part}"
        for run in ("builtin", "played-scar", "played-dermoscopy")
        for part in ("", "/findings", "/events", "/set", "/egress", "/approvals", "/integrity", "/report")
    ),
    "/run/builtin/revision/pigmentation/r002",
    "/run/played-scar/revision/hatch_marks/r002",
    "/run/played-dermoscopy/revision/network/r003",
    "/run/played-scar/egress/9",
)


def loaded(viewer: TestClient, address: str) -> str:
    """Load a page as a browser does that is told to load it, or another, again."""
    end = time.monotonic() + 120
    while True:
        text = viewer.get(address).text
        told = re.search(r'data-reload="([^"]*)"', text)
        if told is None or time.monotonic() > end:
            return text
        address = address if told[1] == "1" else html.unescape(told[1])
        time.sleep(0.1)


def rewrite_events(run: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change events and chain them again, as the owner of a disk can."""
    prev, lines = "0" * 64, []
    for raw in (run / "events.jsonl").read_bytes().splitlines():
        line = {**change(json.loads(raw)), "prev": prev}
        data = json.dumps(line, ensure_ascii=False).encode()
        prev = hashlib.sha256(data).hexdigest()
        lines.append(data + b"\n")
    (run / "events.jsonl").write_bytes(b"".join(lines))
