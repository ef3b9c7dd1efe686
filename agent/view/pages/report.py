"""A run's own report.html, served as it stands and allowed nothing but its own style and pictures."""

import base64
import hashlib
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.view.pages.opened import opened
from scafe.knowledge.contract.inside import read_inside

MOST_BYTES: Final = 64 << 20
STYLE: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def report(request: Request) -> Response:
    """Serve the report; IntegrityError if the run has none."""
    one = opened(request)
    data = read_inside(one.path, "report.html", MOST_BYTES)
    styles = [base64.b64encode(hashlib.sha256(text).digest()).decode() for text in STYLE.findall(data)]
    allowed = " ".join(f"'sha256-{digest}'" for digest in styles) or "'none'"
    policy = f"sandbox; default-src 'none'; style-src {allowed}; img-src data:; base-uri 'none'; "
    headers = {"content-security-policy": policy + "form-action 'none'; frame-ancestors 'none'"}
    return Response(data, media_type="text/html; charset=utf-8", headers=headers)
