"""The viewer on the reference runs: its addresses, and runs whose trace was written anew."""

import hashlib
import json
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


def rewrite_events(run: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change events and chain them again, as the owner of a disk can."""
    prev, lines = "0" * 64, []
    for raw in (run / "events.jsonl").read_bytes().splitlines():
        line = {**change(json.loads(raw)), "prev": prev}
        data = json.dumps(line, ensure_ascii=False).encode()
        prev = hashlib.sha256(data).hexdigest()
        lines.append(data + b"\n")
    (run / "events.jsonl").write_bytes(b"".join(lines))
