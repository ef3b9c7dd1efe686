"""The YAML text of a pack, read as somebody else's: bounded, no key twice, nothing that multiplies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from scafe.knowledge.contract.errors import IntegrityError, PackError
from scafe.knowledge.contract.inside import read_regular

# libyaml parses a pack ten times faster (0.02 s, not 0.2 s); wheels of PyYAML carry it, some builds do not.
YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_BYTES: Final = 1 << 20
"""The longest pack that is shipped has 20 kB."""
MOST_ALIASES: Final = 1000
MERGE: Final = "tag:yaml.org,2002:merge"


def read_pack_text(path: Path) -> str:
    """Return the text of a pack file.

    Raises
    ------
    PackError
        Not a regular file, longer than `MOST_BYTES`, or not UTF-8.
    """
    try:
        data = read_regular(path, MOST_BYTES)
    except IntegrityError as error:
        raise PackError(str(error)) from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PackError(f"{path}, line {line}: not UTF-8; save the pack as UTF-8") from None


def parse_yaml(text: str, where: str) -> tuple[Any, Any]:
    """Return the nodes of a YAML text, which know their lines, and its values.

    Raises
    ------
    PackError
        Not YAML, a key twice (the last one would count, unseen), a merge, or more than `MOST_ALIASES`.
    """
    try:
        node = yaml.compose(text, Loader=YAML_LOADER)
        _require_plain(node, where)
        return node, yaml.load(text, Loader=YAML_LOADER)  # noqa: S506 - the C twin of SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise PackError(f"{where}{line}: not YAML: {getattr(error, 'problem', error)}") from None
    except (
        ValueError,
        RecursionError,
        OverflowError,
    ) as error:
        # a date of month 99, a number of 5,000 digits
        raise PackError(f"{where}: a value that is none in YAML: {error}") from None


def _require_plain(root: Any, where: str) -> None:
    seen: set[int] = set()
    aliases, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            aliases += 1
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _require_own_keys(node, where)
        waiting += _children(node)
    if aliases > MOST_ALIASES:
        raise PackError(f"{where}: {aliases:,} aliases; a pack has at most {MOST_ALIASES:,}: write it out")


def _require_own_keys(node: Any, where: str) -> None:
    keys: set[str] = set()
    for key, _ in node.value:
        line = f"{where}, line {key.start_mark.line + 1}"
        if key.tag == MERGE:
            raise PackError(f"{line}: '<<' takes over other keys; write them out")
        if isinstance(key, yaml.ScalarNode):
            if key.value in keys:
                raise PackError(f"{line}: the key {key.value!a} stands twice; keep one")
            keys.add(key.value)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value
