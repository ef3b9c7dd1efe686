"""What each primitive of the toolkit is called, takes and gives, read from its own docstring."""

import inspect
import re
from dataclasses import dataclass

from scafe.knowledge import toolkit

SECTION = re.compile(r"\n(\w+)\n-+\n")


@dataclass(frozen=True)
class Primitive:
    """One public function of the toolkit, in words."""

    name: str
    signature: str
    """As it is called: `ridges(plane, widths=0.006, dark=True)`."""
    summary: str
    """One sentence."""
    takes: str
    """The section Parameters of its docstring."""
    gives: str
    """The section Returns."""
    source: str
    """The section References."""

    @property
    def result(self) -> str:
        """What it gives, in a few words: shape, type and range, the keys of a dict, the parts of a tuple."""
        parts = re.findall(r"^(\w+) : (.*)$", self.gives, re.MULTILINE)
        if parts:
            return ", ".join(f"{name} {kind}" for name, kind in parts)
        if self.gives.startswith("dict"):
            return "dict of " + ", ".join(re.findall(r'"(\w+)"', self.gives))
        return re.split(r"[;:]", " ".join(self.gives.split()))[0].rstrip(".")


def primitives() -> tuple[Primitive, ...]:
    """Read every public function of the toolkit, by name.

    Examples
    --------
    >>> [one.signature for one in primitives() if one.name == "ridges"]
    ['ridges(plane, widths=0.006, dark=True)']
    """
    return tuple(_read(name) for name in sorted(toolkit.__all__))


def _read(name: str) -> Primitive:
    function = getattr(toolkit, name)
    head, *rest = SECTION.split(inspect.getdoc(function) or "")
    sections = dict(zip(rest[::2], map(str.strip, rest[1::2]), strict=True))
    parts = (sections["Parameters"], sections["Returns"], sections["References"])
    return Primitive(name, f"{name}({_arguments(function)})", head.partition("\n")[0].strip(), *parts)


def _arguments(function: object) -> str:
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return ", ".join(
        one.name if one.default is one.empty else f"{one.name}={one.default!r}" for one in parameters
    )
