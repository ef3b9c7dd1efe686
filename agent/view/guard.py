"""Who may ask: the first thing that every request meets.

A page on another site, a name that points to this machine (DNS rebinding) or another user of it must get
nothing. So a request needs an allowed Host, no foreign Origin, and the token, which comes once in the URL and
then as a cookie that no script reads and no other site's request carries; a request that changes something
also needs an allowed Origin and the token of the form. What is served may load from this server alone.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_FORM_BYTES: Final = 8 << 20
"""A pasted reply has at most 2 MB, and percent-encoding may triple it."""
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # no-referrer would make a browser send `Origin: null` with a form
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Access:
    """What lets a request in."""

    port: int
    extra_hosts: tuple[str, ...] = ()
    """Other values of the Host header that are allowed, e.g. of a forwarded port."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def hosts(self) -> frozenset[str]:
        """Allowed values of the Host header."""
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}", *self.extra_hosts})

    @property
    def cookie(self) -> str:
        """Name of the cookie; holds the port, which cookies are not kept apart by."""
        return f"scafe_view_{self.port}"

    @property
    def csrf(self) -> str:
        """Token of the forms."""
        return hmac.new(self.token.encode(), b"form", hashlib.sha256).hexdigest()

    def is_token(self, given: str) -> bool:
        """Compare in a time that tells nothing."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


class Guard:
    """Lets in what `Access` allows, and sets the headers of every answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(Headers(scope=scope), scope["method"]) or self._admission(Request(scope))
        if refusal is None and scope["method"] == "POST":
            refusal = await self._read_form(scope, receive)
        await (refusal or self.app)(scope, receive, send_guarded)

    def _refusal(self, headers: Headers, method: str) -> Response | None:
        """Refuse by what a browser says of itself."""
        if method not in ("GET", "HEAD", "POST"):
            return _refused(405, f"method {method[:20]} is not answered here")
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0] not in self.access.hosts:
            return _refused(
                403,
                "this Host is not allowed; open the address that was printed, or name it with --allow-host",
            )
        allowed = {f"http://{host}" for host in self.access.hosts}
        if any(origin not in allowed for origin in origins) or (method == "POST" and not origins):
            return _refused(403, "this Origin is not allowed: the request came from another site")
        return None

    def _admission(self, request: Request) -> Response | None:
        """Take the token from the URL into a cookie, or ask for the cookie."""
        given = request.query_params.get("token")
        if given is not None and request.method != "POST":
            return self._entrance(request, given)
        if not self.access.is_token(request.cookies.get(self.access.cookie, "")):
            return _refused(403, "no token: open the address that `scafe view` printed")
        return None

    def _entrance(self, request: Request, given: str) -> Response:
        if not self.access.is_token(given):
            return _refused(403, "wrong token: open the address that `scafe view` printed last")
        answer = RedirectResponse(request.url.path if request.url.path.startswith("/run/") else "/", 303)
        answer.set_cookie(self.access.cookie, self.access.token, httponly=True, samesite="strict", path="/")
        return answer

    async def _read_form(self, scope: Scope, receive: Receive) -> Response | None:
        """Read a form, bounded, and check its token; handlers find it in the scope's state."""
        data = bytearray()
        try:
            async for chunk in Request(scope, receive).stream():
                data += chunk
                if len(data) > MOST_FORM_BYTES:
                    return _refused(413, f"a form has at most {MOST_FORM_BYTES:,} bytes")
        except ClientDisconnect:
            return _refused(400, "the form was cut off")
        form = QueryParams(bytes(data))
        if not hmac.compare_digest(form.get("csrf", "").encode(), self.access.csrf.encode()):
            return _refused(403, "the form's token is wrong or missing: load the page again")
        scope.setdefault("state", {})["form"] = form
        return None


def _refused(status: int, why: str) -> Response:
    return PlainTextResponse(f"scafe view: {why}\n", status)
