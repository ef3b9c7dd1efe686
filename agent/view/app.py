"""The viewer as one web application: which address shows which page."""

from importlib import resources
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from scafe.agent.view.checking import Checks
from scafe.agent.view.guard import Access, Guard
from scafe.agent.view.live import run_live, runs_live
from scafe.agent.view.pages.approvals import answer, approvals, decide, go_on
from scafe.agent.view.pages.egress import egress, letter, of_call
from scafe.agent.view.pages.feature_set import feature_set
from scafe.agent.view.pages.integrity import integrity
from scafe.agent.view.pages.opened import NotYetError
from scafe.agent.view.pages.phantoms import curves, failed, phantoms, picture, sheet
from scafe.agent.view.pages.report import report
from scafe.agent.view.pages.revision import revision
from scafe.agent.view.pages.run import events, findings, run
from scafe.agent.view.pages.runs import compare, runs
from scafe.agent.view.reading.shelf import Shelf
from scafe.agent.view.rendering import page
from scafe.agent.view.resuming import Resumes
from scafe.agent.view.stage import Stage
from scafe.knowledge.contract.errors import InputError, ScafeError

STATIC: Final = {"view.css": "text/css", "view.js": "text/javascript", "icon.svg": "image/svg+xml"}
ROUTES: Final = [
    Route("/", runs),
    Route("/live", runs_live),
    Route("/compare", compare),
    Route("/run/{run}", run),
    Route("/run/{run}/live", run_live),
    Route("/run/{run}/findings", findings),
    Route("/run/{run}/events", events),
    Route("/run/{run}/revision/{criterion}/{number}", revision),
    Route("/run/{run}/set", feature_set),
    Route("/run/{run}/egress", egress),
    Route("/run/{run}/egress/{place:int}", letter, name="letter"),
    Route("/run/{run}/egress/call/{call:int}", of_call),
    Route("/run/{run}/approvals", approvals),
    Route("/run/{run}/approvals", decide, methods=["POST"]),
    Route("/run/{run}/reply", answer, methods=["POST"]),
    Route("/run/{run}/resume", go_on, methods=["POST"]),
    Route("/run/{run}/integrity", integrity),
    Route("/run/{run}/report", report),
    Route("/run/{run}/phantoms", phantoms),
    Route("/run/{run}/phantoms/picture.png", picture),
    Route("/run/{run}/phantoms/sheet.png", sheet),
    Route("/run/{run}/revision/{criterion}/{number}/curves.svg", curves),
    Route("/run/{run}/revision/{criterion}/{number}/failed.png", failed),
]


def build_app(
    shelf: Shelf,
    access: Access,
    resumes: Resumes | None = None,
    stage: Stage | None = None,
    signers: Path | None = None,
) -> ASGIApp:
    """Build the application, guarded; whoever gives resumes and stage closes them."""
    app = Starlette(
        routes=[*ROUTES, Route("/static/{name}", static)],
        exception_handlers={ScafeError: _told, HTTPException: _not_there},
    )
    app.state.shelf = shelf
    app.state.access = access
    app.state.letters = {}
    app.state.streams = set()
    app.state.checks = Checks(signers)
    app.state.resumes = resumes or Resumes()
    app.state.stage = stage or Stage()
    return Guard(app, access)


def static(request: Request) -> Response:
    """One of the three files that pages load."""
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    data = (resources.files("scafe.agent.view") / "static" / name).read_bytes()
    return Response(data, media_type=STATIC[name], headers={"cache-control": "private, max-age=300"})


def _told(request: Request, error: Exception) -> Response:
    """Show a fault as its sentence: asked for what is not there, or a file that cannot be read."""
    if isinstance(error, NotYetError):
        return page(request, "refused", 503, heading="Not yet", why=str(error), is_coming=True)
    if isinstance(error, InputError):
        return page(request, "refused", 404, heading="Not here", why=str(error))
    return page(request, "refused", 422, heading="This cannot be shown", why=str(error))


def _not_there(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return page(request, "refused", status, heading="Not here", why="no page has this address")
