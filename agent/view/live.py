"""Server-sent events: a page is told that something changed, and loads itself again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from scafe.agent.view.pages.opened import shelf_of
from scafe.agent.view.reading.glance import read_head
from scafe.knowledge.contract.errors import ScafeError

POLL_S: Final = 1.0
HEARTBEATS: Final = 15
"""Polls after which a comment is sent, so that a connection that is gone is found."""
MOST_STREAMS: Final = 24


async def runs_live(request: Request) -> Response:
    """Tell when any run changed."""
    return _stream(request, shelf_of(request).stamp)


async def run_live(request: Request) -> Response:
    """Tell when one run's trace grew or its status changed."""
    shelf = shelf_of(request)
    folder = await run_in_threadpool(shelf.folder, request.path_params["run"])
    index = shelf.index(folder.name)

    def stamp() -> Hashable:
        known = index.now(patience=0.0)
        try:
            return known.read, read_head(folder).status
        except ScafeError as error:
            return known.read, str(error)

    return _stream(request, stamp)


def _stream(request: Request, stamp: Callable[[], Hashable]) -> Response:
    streams: set[object] = request.app.state.streams
    if len(streams) >= MOST_STREAMS:
        return PlainTextResponse("too many pages are live; load this one by hand\n", 503)
    return StreamingResponse(
        _changes(request, stamp, streams), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


async def _changes(
    request: Request, stamp: Callable[[], Hashable], streams: set[object]
) -> AsyncIterator[str]:
    mine = object()
    streams.add(mine)
    try:
        before, polls = await run_in_threadpool(stamp), 0
        yield "retry: 3000\n\n"
        while not await request.is_disconnected():
            await asyncio.sleep(POLL_S)
            now, polls = await run_in_threadpool(stamp), polls + 1
            if now != before:
                before = now
                yield f"event: changed\ndata: {polls}\n\n"
            elif polls % HEARTBEATS == 0:
                yield ": still here\n\n"
    finally:
        streams.discard(mine)
