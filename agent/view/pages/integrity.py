"""Whether a run is what it was: each check made when the page is loaded, and shown as what it came to."""

import os
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.record.seal import SIGNATURE, RunCheck
from scafe.agent.view.checking import Checks
from scafe.agent.view.pages.opened import number_of, opened
from scafe.agent.view.rendering import page
from scafe.knowledge.contract.errors import ScafeError
from scafe.knowledge.contract.inside import read_inside


def integrity(request: Request) -> Response:
    """Make and show the checks."""
    one = opened(request)
    checks: Checks = request.app.state.checks
    begun = checks.of(number_of(request, "check", 0), one.name) or checks.begun(one.path)
    check: RunCheck | None = None
    fault = ""
    try:
        check = begun.result()
    except (ScafeError, OSError) as error:
        fault = str(error)
    return page(
        request,
        "integrity",
        run=one,
        check=check,
        number=begun.number,
        fault=fault,
        signature=_signature(one.path),
        bench=one.happened.told.bench,
        started=one.happened.told.started,
        versions=one.info.versions if one.info else {},
    )


def _signature(path: Any) -> str:
    """Return the signature beside the seal; whether it is good, `scafe runs verify --signers` says."""
    if not os.path.lexists(path / SIGNATURE):
        return ""
    try:
        return read_inside(path, SIGNATURE, 1 << 16).decode("utf-8", "replace")
    except ScafeError as error:
        return str(error)
