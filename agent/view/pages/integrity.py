"""Whether a run is what it was: each check made when the page is loaded, and shown as what it came to."""

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.view.checking import Checks, Found
from scafe.agent.view.pages.opened import number_of, opened
from scafe.agent.view.rendering import page
from scafe.knowledge.contract.errors import ScafeError


def integrity(request: Request) -> Response:
    """Make and show the checks."""
    one = opened(request)
    checks: Checks = request.app.state.checks
    begun = checks.of(number_of(request, "check", 0), one.name) or checks.begun(one.path)
    found: Found | None = None
    fault = ""
    try:
        found = begun.result()
    except (ScafeError, OSError) as error:
        fault = str(error)
    return page(
        request,
        "integrity",
        run=one,
        check=found.run if found else None,
        signed=found.signed if found else None,
        has_signers=checks.signers is not None,
        number=begun.number,
        fault=fault,
        bench=one.happened.told.bench,
        started=one.happened.told.started,
        versions=one.info.versions if one.info else {},
    )
