"""What builtins and libraries held before the first image, and whether they still hold it.

A counter that goes from image to image has to be kept somewhere. Behind the language wall nothing can be
written that outlives an image, so a changed name in a module, a class or a function says that the wall gave
way. What this does *not* do: see state inside C code or inside a library's own caches, or withstand a cell
that forges it; measuring twice and in another order (`pool.second_look`) looks at the values instead.
"""

import builtins
import operator
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LAZY: Final = frozenset({"__warningregistry__", "__annotations__", "__doc__", "__abstractmethods__"})
"""Names that Python itself adds or replaces: registries of warnings, annotations made when first read."""


@dataclass(frozen=True)
class Held:
    """One namespace as it was."""

    space: Mapping[str, object]
    """The namespace itself, looked at again later."""
    names: tuple[str, ...]
    values: tuple[object, ...]

    @classmethod
    def of(cls, space: Mapping[str, object]) -> "Held":
        """Remember what a namespace holds now."""
        return cls(space, tuple(space), tuple(space.values()))

    def is_same(self) -> bool:
        """Whether every name still stands for the same object and none was added."""
        now = tuple(self.space.values())
        return (len(now) == len(self.values) and all(map(operator.is_, now, self.values))) or self._as_good()

    def looks_same(self) -> bool:
        """Do it in a third of the time: what is equal counts as the same."""
        try:
            return tuple(self.space.values()) == self.values
        except Exception:  # something else that cannot even be compared stands there now
            return False

    def _as_good(self) -> bool:
        before, now = dict(zip(self.names, self.values, strict=True)), dict(self.space)
        return all(before.get(name, before) is now.get(name, now) for name in (before | now).keys() - LAZY)


class Fingerprint:
    """The namespaces of this process, taken once everything is loaded.

    Parameters
    ----------
    watched : sequence of str
        Modules of which every name is compared. Of all other modules and classes only the number of names is:
        touching each of 100,000 objects makes a forked process copy the memory that it shares (30 ms).
    """

    def __init__(self, watched: Sequence[str]) -> None:
        modules = [one for one in list(sys.modules.values()) if type(one) is types.ModuleType]
        spaces = {one.__name__: vars(one) for one in modules}
        members = {id(value): value for space in spaces.values() for value in space.values()}
        near = [name for name in spaces if name in watched or name.startswith("scafe.sandbox.")]
        self._held = [Held.of(vars(builtins)), Held.of(sys.modules)]
        self._held += [Held.of(spaces[name]) for name in near]
        far: list[Mapping[str, object]] = [space for name, space in spaces.items() if name not in near]
        far += [vars(value) for value in members.values() if isinstance(value, type)]
        self._far = tuple(far)
        self._sizes = tuple(map(len, self._far))
        self._lazy = tuple(map(_lazy, self._far))

    def is_same(self) -> bool:
        """Look at every module and class: done when a set of images is through."""
        return all(one.is_same() for one in self._held) and not any(self._grown())

    def changes(self) -> list[str]:
        """Name what changed, for a person who looks for the reason."""
        return [*(_named(one) for one in self._held if not one.is_same()), *self._grown()]

    def _grown(self) -> Iterator[str]:
        now = tuple(map(len, self._far))
        if now == self._sizes:
            return
        for space, before, lazy, after in zip(self._far, self._sizes, self._lazy, now, strict=True):
            if after - before != _lazy(space) - lazy:
                yield f"{space.get('__name__') or space.get('__module__')}: {after - before:+} names"


def _lazy(space: Mapping[str, object]) -> int:
    return len(LAZY & space.keys())


def _named(held: Held) -> str:
    before, now = dict(zip(held.names, held.values, strict=True)), dict(held.space)
    differ = [name for name in before | now if before.get(name, before) is not now.get(name, now)]
    return f"{before.get('__name__')}: {', '.join(differ)}"
