"""Templates made into pages. Every text is escaped and inert before a template can forget to ask for it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from scafe.agent.brief.truths import experts_words
from scafe.agent.view.marked import marked, odd_count, plain
from scafe.agent.view.reading.code import highlighted


@cache
def environment() -> Environment:
    """Return the one environment of all pages."""
    made = Environment(
        loader=PackageLoader("scafe.agent.view"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "marked": marked,
        "odd_count": odd_count,
        "bytes": size_of,
        "experts_words": experts_words,
    }
    made.filters |= {"moment": moment, "dec": decimal, "signed": signed}
    return made


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Render one page.

    Parameters
    ----------
    request : Request
        Its application's state holds what every page needs.
    template : str
        Name without `.html.j2`.
    status : int
        HTTP status.
    **values
        What the template shows.
    """
    common: Mapping[str, Any] = {
        "csrf": request.app.state.access.csrf,
        "run": values.get("run"),
        "path": request.url.path,
        "query": dict(request.query_params),
    }
    html = environment().get_template(f"{template}.html.j2").render({**common, **values})
    return HTMLResponse(html, status)


def moment(text: str) -> str:
    """Shorten an ISO time in UTC to what a person reads.

    >>> moment("2026-11-22T06:32:22.342Z")
    '2026-11-22 06:32:22'
    """
    return text[:19].replace("T", " ")


def decimal(value: float | None, digits: int = 3) -> str:
    """Write a number, or a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 3) -> str:
    """Write a number with its sign, or a dash where there is none."""
    if value is None:
        return "–"
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"


def size_of(text: str) -> int:
    """Return how many bytes a text has as UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def warm_up() -> None:
    """Compile every template and load the lexer, so that the first page is as fast as the next."""
    highlighted("import numpy as np\n")
    made = environment()
    for name in made.list_templates(extensions=["j2"]):
        made.get_template(name)
