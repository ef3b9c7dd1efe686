"""The viewer as it is started from the command line, and a tab of a browser on it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Site:
    """A viewer that serves."""

    url: str
    """With the token."""
    root: Path

    @property
    def base(self) -> str:
        """Without it."""
        return self.url.split("/?")[0]


@dataclass
class Tab:
    """One page of the browser, with what it asked for and what it complained of."""

    page: Any
    site: Site
    foreign: list[str] = field(default_factory=list)
    """Requests to anything but the viewer."""
    complaints: list[str] = field(default_factory=list)
    """Errors and Content-Security-Policy violations on the console."""

    def open(self, path: str) -> None:
        self.page.goto(self.site.base + path)


@contextmanager
def serving(root: Path) -> Iterator[Site]:
    command = [sys.executable, "-m", "scafe", "view", str(root), "--json", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = [process.stdout.readline()]
        while not told[-1].startswith("}"):
            told.append(process.stdout.readline())
        yield Site(json.loads("".join(told))["url"], root)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@contextmanager
def new_tab(chromium: Any, site: Site, width: int = 1280) -> Iterator[Tab]:
    context = chromium.new_context(viewport={"width": width, "height": 900})
    tab = Tab(context.new_page(), site)
    tab.page.set_default_timeout(60_000)

    def on_request(request: Any) -> None:
        if not request.url.startswith(f"{site.base}/") and not request.url.startswith("data:"):
            tab.foreign.append(request.url)

    def on_console(message: Any) -> None:
        if message.type == "error":
            tab.complaints.append(message.text)

    tab.page.on("request", on_request)
    tab.page.on("console", on_console)
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.page.goto(site.url)
    yield tab
    context.close()
