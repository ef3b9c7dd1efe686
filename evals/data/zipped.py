"""Zip archives whose bytes depend on their content alone: fixed dates, fixed order, no object ids."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Earliest date that the zip format can hold."""


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """Pack files by name, sorted; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], compresslevel=9)
    return buffer.getvalue()


def rewrite_skops(data: bytes) -> bytes:
    """Replace memory addresses in a skops file by ordinals, and its dates by a fixed one.

    skops names array files and shared objects after `id()`, so two dumps of one estimator differ.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    ordinals: dict[int, int] = {}
    schema = _renumbered(json.loads(files.pop("schema.json")), ordinals)
    renamed = {_renamed(name, ordinals): content for name, content in files.items()}
    text = json.dumps(schema, indent=1, sort_keys=True)
    return zip_bytes({**renamed, "schema.json": text.encode()})


def _renumbered(node: Any, ordinals: dict[int, int]) -> Any:
    if isinstance(node, list):
        return [_renumbered(child, ordinals) for child in node]
    if not isinstance(node, dict):
        return node
    # Whether two equal texts are one object is the interpreter's whim: each leaf gets its own ordinal.
    fresh = {"__id__": -len(ordinals) - 1} if node.get("is_json") else {}
    return {key: _value(key, {**node, **fresh}[key], ordinals) for key in sorted(node)}


def _value(key: str, value: Any, ordinals: dict[int, int]) -> Any:
    if key == "__id__":
        return ordinals.setdefault(value, len(ordinals) + 1)
    if key == "file":
        return _renamed(value, ordinals)
    return _renumbered(value, ordinals)


def _renamed(name: str, ordinals: dict[int, int]) -> str:
    stem, dot, suffix = name.partition(".")
    return f"{ordinals.setdefault(int(stem), len(ordinals) + 1)}{dot}{suffix}" if stem.isdigit() else name
