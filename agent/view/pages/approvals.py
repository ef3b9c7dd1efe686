"""Who decided at the gates, and what waits for a person."""

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.view.pages.opened import opened
from scafe.agent.view.rendering import page


def approvals(request: Request) -> Response:
    """Show the decisions."""
    one = opened(request)
    return page(request, "approvals", run=one, decided=list(one.happened.decided))
