"""A stand-in for a model: an OpenAI-compatible server on 127.0.0.1 that answers from a script.

It speaks as real servers do, their quirks included, counts what it is asked, and can be run beside
a whole `scafe run`::

    python -m scafe.agent.egress.scripted --replies replies.json > server.url &
    scafe run scar.vss --data photos --model openai:scripted --base-url "$(cat server.url)"

A script is a JSON list (or one JSON value per line) of replies; each is used once, in order, unless
`when` names a text that the prompt must hold. A reply is a text, or an object with some of the fields
of `ScriptedReply`.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

COUNT_PATH = "/scripted/count"


class ScriptedReply(BaseModel):
    """One reply of the script."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = Field(default="", description="the content; null as some servers send it")
    when: str = Field(default="", description="only for prompts that hold this text")
    status: int = Field(default=200, description="HTTP status; anything but 200 sends `message` as the error")
    message: str = "scripted failure"
    headers: dict[str, str] = Field(default_factory=dict, description="e.g. Retry-After, Location")
    usage: Literal["count", "absent", "null"] = Field(default="count", description="how tokens are reported")
    finish_reason: str | None = "stop"
    reasoning: str | None = Field(default=None, description="sent as reasoning_content, counted as tokens")
    parts: bool = Field(default=False, description="content as a list of parts")
    refusal: str | None = None
    raw: str | None = Field(default=None, description="the whole body, instead of a completion")
    drop: bool = Field(default=False, description="close the connection without an answer")
    wait_s: float = Field(default=0.0, ge=0, description="seconds before the answer")
    drip_s: float = Field(default=0.0, ge=0, description="seconds between single bytes of the answer")


Script = str | dict[str, Any] | ScriptedReply
Respond = Callable[[dict[str, Any]], Script]


@dataclass
class Served:
    """What the server has been asked and has given, by its own count."""

    calls: int = 0
    """Requests to a completion path."""
    answered: int = 0
    """Of these, with status 200."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """Every completion request, parsed."""
    heads: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers of every request, whatever the path."""
    raw: list[bytes] = field(default_factory=list)
    """The bytes of every request's body."""


class ScriptedServer:
    """Serve a script; use as a context manager.

    Parameters
    ----------
    replies : iterable of replies, or a function from the request's body to a reply
    port : int
        0 takes a free one.
    after : {"fail", "repeat"}
        What happens when the script is over: HTTP 503, or the last reply again.
    refuse_fields : iterable of str
        Fields of a request that get HTTP 400, as strict servers do.
    context_tokens : int, optional
        Longer prompts are cut without a word, as some local servers do.
    """

    def __init__(
        self,
        replies: Iterable[Script] | Respond,
        *,
        port: int = 0,
        after: Literal["fail", "repeat"] = "fail",
        refuse_fields: Iterable[str] = (),
        context_tokens: int | None = None,
    ) -> None:
        self._respond = replies if callable(replies) else None
        self._replies = [] if callable(replies) else [_reply(one) for one in replies]
        self._used: set[int] = set()
        self._after = after
        self._refuse = tuple(refuse_fields)
        self._context = context_tokens
        self._lock = threading.Lock()
        self.served = Served()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.serve_forever()

    def note(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> None:
        """Keep what was asked."""
        with self._lock:
            self.served.heads.append((method, path, headers))
            self.served.raw.append(raw)

    def answer(self, body: dict[str, Any]) -> tuple[ScriptedReply, bytes]:
        """Choose the reply to a completion request, count it, and return it with its body."""
        with self._lock:
            self.served.calls += 1
            self.served.bodies.append(body)
            reply = self._choose(body)
            if reply.status != 200 or reply.drop:
                return reply, _error(reply)
            data = self._completion(body, reply)
            self.served.answered += 1
            usage = _counted(body, reply, self._context)
            self.served.prompt_tokens += usage["prompt_tokens"]
            self.served.completion_tokens += usage["completion_tokens"]
            return reply, data

    def _choose(self, body: dict[str, Any]) -> ScriptedReply:
        for name in self._refuse:
            if name in body:
                return ScriptedReply(status=400, message=f"Unsupported parameter: '{name}'")
        if self._respond:
            return _reply(self._respond(body))
        prompt = _prompt(body)
        for index, reply in enumerate(self._replies):
            if index not in self._used and reply.when in prompt:
                self._used.add(index)
                return reply
        if self._after == "repeat" and self._replies:
            return self._replies[-1]
        return ScriptedReply(status=503, message="the script is over")

    def _completion(self, body: dict[str, Any], reply: ScriptedReply) -> bytes:
        if reply.raw is not None:
            return reply.raw.encode()
        usage = None if reply.usage == "null" else _counted(body, reply, self._context)
        if body.get("stream"):
            return _events(body, reply, usage)
        answer: dict[str, Any] = {
            "id": "scripted",
            "object": "chat.completion",
            "created": 0,
            "model": body.get("model", ""),
            "choices": [{"index": 0, "message": _message(reply), "finish_reason": reply.finish_reason}],
        }
        if reply.usage != "absent":
            answer["usage"] = usage
        return json.dumps(answer).encode()


def load_script(path: Path) -> list[ScriptedReply]:
    """Read a script: a JSON list, or one JSON value per line."""
    text = path.read_text(encoding="utf-8")
    try:
        found = json.loads(text)
        replies = found if isinstance(found, list) else [found]
    except json.JSONDecodeError:
        replies = [json.loads(line) for line in text.split("\n") if line.strip()]
    return [_reply(one) for one in replies]


def count_tokens(text: str) -> int:
    """Count tokens as this server does: one for four bytes, rounded up."""
    return -(-len(text.encode()) // 4)


def _reply(one: Script) -> ScriptedReply:
    if isinstance(one, ScriptedReply):
        return one
    return ScriptedReply(text=one) if isinstance(one, str) else ScriptedReply(**one)


def _prompt(body: dict[str, Any]) -> str:
    return "\n".join(str(message.get("content")) for message in body.get("messages") or ())


def _counted(body: dict[str, Any], reply: ScriptedReply, context: int | None) -> dict[str, int]:
    prompt = count_tokens(_prompt(body)) + 8
    prompt = min(prompt, context) if context else prompt
    written = count_tokens((reply.text or "") + (reply.reasoning or ""))
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


def _message(reply: ScriptedReply) -> dict[str, Any]:
    content: Any = [{"type": "text", "text": reply.text}] if reply.parts else reply.text
    message = {"role": "assistant", "content": content}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    if reply.refusal is not None:
        message["refusal"] = reply.refusal
    return message


def _events(body: dict[str, Any], reply: ScriptedReply, usage: dict[str, int] | None) -> bytes:
    head = {"id": "scripted", "object": "chat.completion.chunk", "created": 0, "model": body.get("model", "")}
    text = reply.text or ""
    deltas: list[dict[str, Any]] = [
        {"content": text[start : start + 20]} for start in range(0, len(text), 20)
    ]
    chunks = [{"choices": [{"index": 0, "delta": {"role": "assistant", **delta}}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]})
    if (body.get("stream_options") or {}).get("include_usage") and reply.usage == "count":
        chunks.append({"choices": [], "usage": usage})  # type: ignore[dict-item]
    return (
        b"".join(f"data: {json.dumps(head | chunk)}\n\n".encode() for chunk in chunks) + b"data: [DONE]\n\n"
    )


def _error(reply: ScriptedReply) -> bytes:
    if reply.raw is not None:
        return reply.raw.encode()
    return json.dumps({"error": {"message": reply.message, "type": "scripted", "code": None}}).encode()


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Stay silent; the count is what matters."""

        def do_GET(self) -> None:
            server.note("GET", self.path, dict(self.headers), b"")
            if self.path == COUNT_PATH:
                counts = {key: value for key, value in vars(server.served).items() if isinstance(value, int)}
                self._send(200, json.dumps(counts).encode())
            else:
                models = {"object": "list", "data": [{"id": "scripted", "object": "model"}]}
                self._send(200, json.dumps(models).encode())

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.note("POST", self.path, dict(self.headers), raw)
            if not self.path.endswith("/chat/completions"):
                self._send(404, b'{"error": {"message": "no such path"}}')
                return
            body = json.loads(raw)
            reply, data = server.answer(body)
            if reply.wait_s:
                time.sleep(reply.wait_s)
            if reply.drop:
                self.close_connection = True
                return
            kind = "text/event-stream" if body.get("stream") and reply.status == 200 else "application/json"
            self._send(reply.status, data, {"Content-Type": kind, **reply.headers}, reply.drip_s)

        def _send(
            self, status: int, data: bytes, headers: dict[str, str] | None = None, drip_s: float = 0.0
        ) -> None:
            try:
                self.send_response(status)
                for name, value in (headers or {"Content-Type": "application/json"}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                for piece in (data[at : at + 1] for at in range(len(data))) if drip_s else (data,):
                    self.wfile.write(piece)
                    time.sleep(drip_s)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client gave up waiting, as a test may want it to

    return Handler


def main(arguments: list[str] | None = None) -> None:
    """Serve a script until interrupted; the first line printed is the base URL."""
    parser = argparse.ArgumentParser(
        prog="python -m scafe.agent.egress.scripted", description="Answer as a model does, from a script."
    )
    parser.add_argument("--replies", type=Path, required=True, help="JSON list, or one JSON value per line")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--after", choices=("fail", "repeat"), default="fail", help="when the script is over")
    options = parser.parse_args(arguments)
    script = load_script(options.replies)
    try:
        server = ScriptedServer(script, port=options.port, after=options.after)
    except OSError as error:
        parser.error(
            f"port {options.port} cannot be used ({error.strerror}); leave --port out for a free one"
        )
    print(server.url, flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        print(json.dumps({"calls": server.served.calls, "answered": server.served.answered}), flush=True)


if __name__ == "__main__":
    main()
