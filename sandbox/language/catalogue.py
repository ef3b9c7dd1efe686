"""The allowed language as a page for people and models, written from the policy itself.

`python -m scafe.sandbox.language.catalogue` prints it; a test holds docs/sandbox-allowed.md to it.
"""

import sys
import textwrap
from collections.abc import Iterable

from scafe.sandbox.language import policy
from scafe.sandbox.language.members import MEMBERS, members_of
from scafe.sandbox.language.policy import Reason
from scafe.sandbox.language.standins import STANDINS

WIDTH = 110


def page() -> str:
    """Return docs/sandbox-allowed.md as one text."""
    parts = (
        "# What an extractor may use",
        "Written by `python -m scafe.sandbox.language.catalogue` from `sandbox/language/policy.py` and "
        "`sandbox/language/members.py`. "
        "Whatever is not named here is refused before the first pixel, with the line, the reason and the way "
        "out. A call that the wall lets through may still end on time, memory or the contract.",
        _limits(),
        _names("## Syntax", policy.NODES),
        "Refused on purpose:\n\n" + _reasons(policy.REFUSED_NODES),
        "## Built-in names\n\n" + _wrapped(policy.BUILTINS),
        "`getattr` and `hasattr` take a literal name, `print` does nothing, `object` is a base class only. "
        "`except` and `raise` may name:\n\n" + _wrapped(sorted(policy.CATCHABLE)),
        "Refused on purpose:\n\n" + _reasons(policy.REFUSED_NAMES),
        _names("## Attributes and methods, by what they are for", policy.ATTRIBUTES),
        "They are read of instances. Of a class only these are read, each bound to its own type; classes of "
        "libraries can be called and asked for by isinstance(), and have no attributes.",
        _names("## Attributes of classes", policy.CLASS_ATTRIBUTES),
        "Refused on purpose:\n\n" + _reasons(policy.REFUSED_ATTRIBUTES),
        _modules(),
    )
    return "\n\n".join(parts) + "\n"


def _limits() -> str:
    limits = policy.SOURCE_LIMITS
    return (
        f"At most {limits.characters} characters, {limits.nodes} syntax nodes, {limits.depth} levels; "
        f"integers up to 2**63. At module level: {', '.join(policy.MODULE_LEVEL)}."
    )


def _names(title: str, groups: dict[str, str]) -> str:
    lines = [f"**{name}**: {_wrapped(names.split())}" for name, names in groups.items()]
    return "\n\n".join([title, *lines])


def _wrapped(names: Iterable[str]) -> str:
    words = " ".join(f"`{name}`" for name in names)
    return "\n".join(textwrap.wrap(words, WIDTH, break_long_words=False, break_on_hyphens=False))


def _reasons(reasons: dict[str, Reason]) -> str:
    rows = [f"| `{name}` | {reason.why} | {reason.instead} |" for name, reason in reasons.items()]
    return "\n".join(["| what | why | instead |", "|---|---|---|", *rows])


def _modules() -> str:
    sections = ["## Modules"]
    for module in sorted(MEMBERS):
        behind = (name for name in STANDINS if name.rpartition(".")[0] == module and module != "typing")
        replaced = sorted(name.removeprefix(module + ".") for name in behind)
        note = f"\n\nSafer stand-ins: {_wrapped(replaced)}" if replaced else ""
        constants = " and every upper-case integer constant" if module == "cv2" else ""
        names = members_of(module)
        sections.append(f"### {module} ({len(names)} names{constants})\n\n{_wrapped(names)}{note}")
    return "\n\n".join(sections)


if __name__ == "__main__":
    sys.stdout.write(page())
