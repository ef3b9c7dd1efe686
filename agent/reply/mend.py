"""Deterministic repairs of a module that parses and is nearly an extractor.

Each repair undoes one thing that models do to a module (a missing import, examples at its end, other
arguments) and changes no measurement. What would have to be guessed, a unit, a range, a direction, a
line that is missing, is never made up.
"""

import ast
import re

from scafe.agent.reply.parsing import parse, parses
from scafe.knowledge.contract.extractor import MAX_LINES

IMPORTS = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "math": "import math",
    "cv2": "import cv2",
    "cv": "import cv2 as cv",
    "tk": "import toolkit as tk",
    "ndimage": "from scipy import ndimage",
    "ndi": "from scipy import ndimage as ndi",
    "stats": "from scipy import stats",
    "signal": "from scipy import signal",
    "spatial": "from scipy import spatial",
    **{
        name: f"from skimage import {name}"
        for name in "color exposure feature filters measure morphology segmentation transform util".split()
    },
    **{
        name: f"from skimage.color import {name}"
        for name in "rgb2gray rgb2hed rgb2hsv rgb2lab rgb2luv rgb2xyz rgb2ycbcr".split()
    },
    **{
        name: f"from skimage.{module} import {name}"
        for module, names in {
            "feature": "graycomatrix graycoprops local_binary_pattern",
            "measure": "regionprops regionprops_table find_contours shannon_entropy perimeter_crofton",
            "filters": "threshold_otsu frangi gabor sobel",
            "morphology": "disk skeletonize convex_hull_image binary_dilation",
        }.items()
        for name in names.split()
    },
    "distance_transform_edt": "from scipy.ndimage import distance_transform_edt",
    "gaussian_filter": "from scipy.ndimage import gaussian_filter",
    "binary_erosion": "from scipy.ndimage import binary_erosion",
}
"""Names that mean one thing in image code, and the line that brings them."""


def mend_module(source: str) -> tuple[str, tuple[str, ...]]:
    """Take out what does not belong into an extractor and bring in what is missing. The text must parse."""
    steps: list[str] = []
    for step, repair in (
        ("removed_future_import", _without_future),
        ("removed_main", _without_module_calls),
        ("renamed_extract", _with_extract),
        ("plain_arguments", _with_plain_arguments),
        ("added_import", _with_imports),
        ("squeezed", _squeezed),
    ):
        changed = repair(source)
        if changed != source:
            steps.append(step)
            source = changed
    return source, tuple(steps)


def cut(source: str, node: ast.stmt | ast.expr, new: str) -> str:
    """Replace the text of one node; offsets of `ast` are bytes within a line."""
    lines = source.encode().splitlines(keepends=True)
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head = lines[first][: node.col_offset]
    tail = lines[last][node.end_col_offset :]
    return b"".join([*lines[:first], head, new.encode(), tail, *lines[last + 1 :]]).decode()


def extract_of(tree: ast.Module) -> ast.FunctionDef | None:
    """Return the module's `extract`, if it has one."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "extract":
            return node
    return None


def _without_future(source: str) -> str:
    return re.sub(r"^from __future__ import [^\n]*\n", "", source, flags=re.MULTILINE)


def _without_module_calls(source: str) -> str:
    """Drop calls and `if __name__` at module level: examples and tests that a model adds."""
    for node in reversed(parse(source).body):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if is_main or (isinstance(node, ast.Expr) and not is_text):
            source = cut(source, node, "")
    return source if parses(source) else source + "\n"


def _with_extract(source: str) -> str:
    """Rename the one function that can only be meant, if none is called extract."""
    tree = parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if any(node.name == "extract" for node in functions):
        return source
    meant = [node for node in functions if re.match(r"extract|compute_features|get_features", node.name)]
    if len(meant) != 1 or len(meant[0].args.args) < 2:
        return source
    return re.sub(rf"\b{re.escape(meant[0].name)}\b", "extract", source)


def _with_plain_arguments(source: str) -> str:
    """Give `extract` the arguments image and mask; others with a default become lines of its body."""
    tree = parse(source)
    node = extract_of(tree)
    if node is None or node.args.vararg or node.args.kwarg or node.args.posonlyargs:
        return source
    names = [argument.arg for argument in node.args.args]
    extra = names[2:] + [argument.arg for argument in node.args.kwonlyargs]
    if names[:2] == ["image", "mask"] and not extra:
        return source
    defaults = _defaults(node)
    if len(names) < 2 or not _looks_like_mask(names[1]) or any(name not in defaults for name in extra):
        return source
    given = [
        f"{name} = {plain}" for name, plain in zip(names[:2], ("image", "mask"), strict=True) if name != plain
    ]
    given += [f"{name} = {defaults[name]}" for name in extra]
    return _with_signature(source, node, given)


def _looks_like_mask(name: str) -> bool:
    return "mask" in name or name in ("m", "roi", "segmentation", "seg", "region")


def _defaults(node: ast.FunctionDef) -> dict[str, str]:
    named = node.args.args[len(node.args.args) - len(node.args.defaults) :]
    pairs = list(zip(named, node.args.defaults, strict=True))
    pairs += [
        (argument, default)
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    ]
    return {argument.arg: ast.unparse(default) for argument, default in pairs}


def _with_signature(source: str, node: ast.FunctionDef, given: list[str]) -> str:
    lines = source.split("\n")
    body = node.body
    has_text = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if has_text and len(body) > 1 else body[0]
    if first.lineno == node.lineno:
        return source  # a function on one line: leave it to the repair call
    pad = " " * first.col_offset
    at = first.lineno - 1
    signature_end = body[0].lineno - 1
    head = [*lines[: node.lineno - 1], "def extract(image, mask):", *lines[signature_end:at]]
    return "\n".join([*head, *(pad + line for line in given), *lines[at:]])


def _with_imports(source: str) -> str:
    tree = parse(source)
    missing = sorted(_free_names(tree) & set(IMPORTS))
    if not missing:
        return source
    lines = source.split("\n")
    at = _import_line(tree)
    return "\n".join([*lines[:at], *(IMPORTS[name] for name in missing), *lines[at:]])


def _import_line(tree: ast.Module) -> int:
    first = tree.body[0] if tree.body else None
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        return first.end_lineno or 0
    return 0


def _free_names(tree: ast.Module) -> set[str]:
    """Return the names that are read somewhere and bound nowhere."""
    read: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return read - bound


def _squeezed(source: str) -> str:
    """Drop blank and comment lines of a module that is too long; its text, not its code, was too much."""
    if source.count("\n") <= MAX_LINES:
        return source
    inside = _text_lines(parse(source))
    kept = [
        line
        for number, line in enumerate(source.split("\n"), start=1)
        if number in inside or (line.strip() and not line.lstrip().startswith("#"))
    ]
    shorter = "\n".join(kept) + "\n"
    return shorter if shorter.count("\n") <= MAX_LINES else source


def _text_lines(tree: ast.Module) -> set[int]:
    """Return the lines that lie within a text of several lines."""
    return {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.end_lineno != node.lineno
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
