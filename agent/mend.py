"""Deterministic repairs of a module that is nearly an extractor.

Each repair undoes one thing that models do to code on its way (numbering, quotes, tabs, a missing
import, a head with other words) and changes no measurement. What would have to be guessed, a unit, a
range, a direction, a line that is missing, is never made up.
"""

import ast
import html
import re
import textwrap
from collections.abc import Callable

from scafe.knowledge.extractor import MAX_LINES

IMPORTS = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "math": "import math",
    "cv2": "import cv2",
    "cv": "import cv2 as cv",
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

MAX_BEGINNINGS = 20
MAX_PROSE_LINES = 400
"""Bounds of the search for code in prose."""
_QUOTES = str.maketrans(
    {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"', "\u2018": "'", "\u2019": "'", "\u2032": "'"}
)
_SIGNS = str.maketrans(
    {
        **dict(
            zip(
                "\u2212\u2013\u2014\u00d7\u00f7\uff08\uff09\uff0c\uff1a\uff1d\uff3b\uff3d",
                "---*/(),:=[]",
                strict=True,
            )
        ),
        **{"\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u00b2": "**2", "\u2026": "..."},
    }
)
_NUMBERED = re.compile(r"^[ \t]*(?:L?\d{1,3}[:.|)]|\d{1,3}\s*[|│]|\d{1,3}\t) ?", re.MULTILINE)
_CODE_START = re.compile(
    r"^(?:import |from \w|CRITERION\b|FEATURES\b|def |class |@|[A-Z][A-Z0-9_]* ?=|#|\"\"\"|''')"
)
_ESCAPED = re.compile(r"\\n {4}")


def parses(source: str) -> bool:
    """Return whether the text is Python."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def mend_syntax(source: str, is_fenced: bool) -> tuple[str, tuple[str, ...]]:
    """Make a text parse by undoing what was done to it on its way; return it with the steps that helped.

    The steps add up: a text may be both numbered and full of typographic quotes. If nothing helps, the
    text comes back with the steps taken.
    """
    steps: list[str] = []
    repairs: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("unescaped_newlines", _unescape_newlines),
        ("removed_line_numbers", _without_numbers),
        ("removed_prompts", _without_prompts),
        ("removed_diff_signs", _without_plus),
        ("removed_label", _without_label),
        ("dedented", _dedent),
        ("expanded_tabs", lambda text: text.expandtabs(4)),
        ("unescaped_html", _unescape_html),
        ("straightened_quotes", lambda text: text.translate(_QUOTES)),
        ("straightened_signs", lambda text: text.translate(_SIGNS)),
        (
            "removed_inner_fences",
            lambda text: re.sub(r"^[ \t]*(?:`{3,}|~{3,})\w*[ \t]*$\n?", "", text, flags=re.M),
        ),
        ("cut_prose", _without_prose),
    )
    if not is_fenced:
        cut = _without_prose(source)
        if cut != source and parses(cut):
            return cut, ("cut_prose",)
    for step, repair in repairs:
        if parses(source):
            break
        changed = repair(source)
        if changed != source:
            source = changed
            steps.append(step)
    return source, tuple(steps)


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


def _unescape_newlines(text: str) -> str:
    if text.count("\n") <= 3 and len(_ESCAPED.findall(text)) >= 2:
        return text.strip().strip("'\"").replace("\\n", "\n").replace('\\"', '"').replace("\\t", "    ")
    return text


def _without_numbers(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    numbered = sum(bool(_NUMBERED.match(line)) for line in lines)
    return _NUMBERED.sub("", text) if lines and numbered >= 0.8 * len(lines) else text


def _without_prompts(text: str) -> str:
    lines = text.split("\n")
    if sum(line.startswith((">>>", "...", "In [")) for line in lines) < 3:
        return text
    return "\n".join(re.sub(r"^(?:>>> ?|\.\.\. ?|In \[\d*\]: ?|   \.\.\.: ?)", "", line) for line in lines)


def _without_plus(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and all(line.startswith("+") for line in lines):
        return (
            re.sub(r"^\+ ?(?=\S)|^\+", "", text, flags=re.MULTILINE)
            if _plus_padded(lines)
            else text.replace("\n+", "\n").removeprefix("+")
        )
    return text


def _plus_padded(lines: list[str]) -> bool:
    return all(line.startswith(("+ ", "+\t")) or line == "+" for line in lines)


def _without_label(text: str) -> str:
    return re.sub(
        r"\A\s*(?:python3?|py|code|copy code|copy)\s*:?\s*\n(?:\s*copy(?: code)?\s*\n)?", "", text, flags=re.I
    )


def _dedent(text: str) -> str:
    lines = text.split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines if _CODE_START.match(line.lstrip())]
    if not indents or min(indents) == 0:
        return textwrap.dedent(text)
    depth = min(indents)
    return "\n".join(line[min(depth, len(line) - len(line.lstrip())) :] for line in lines)


def _unescape_html(text: str) -> str:
    return html.unescape(text) if re.search(r"&(?:lt|gt|amp|quot|#39|#x27);", text) else text


def _without_prose(text: str) -> str:
    """Drop sentences before the first and after the last line of code; never a line of code."""
    lines = text.split("\n")
    begins = [number for number, line in enumerate(lines) if _CODE_START.match(line)]
    for begin in begins[:MAX_BEGINNINGS]:
        end = min(len(lines), begin + MAX_PROSE_LINES)
        while end > begin and not parses("\n".join(lines[begin:end])):
            last = lines[end - 1]
            if last.startswith((" ", "\t", ")", "]", "}")) or _CODE_START.match(last):
                break
            end -= 1
        kept = "\n".join(lines[begin:end])
        if parses(kept) and "def " in kept:
            return kept + "\n"
    return text


def _without_future(source: str) -> str:
    return re.sub(r"^from __future__ import [^\n]*\n", "", source, flags=re.MULTILINE)


def _without_module_calls(source: str) -> str:
    """Drop calls and `if __name__` at module level: examples and tests that a model adds."""
    for node in reversed(ast.parse(source).body):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_main = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if is_main or (isinstance(node, ast.Expr) and not is_text):
            source = cut(source, node, "")
    return source if parses(source) else source + "\n"


def _with_extract(source: str) -> str:
    """Rename the one function that can only be meant, if none is called extract."""
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if any(node.name == "extract" for node in functions):
        return source
    meant = [node for node in functions if re.match(r"extract|compute_features|get_features", node.name)]
    if len(meant) != 1 or len(meant[0].args.args) < 2:
        return source
    return re.sub(rf"\b{re.escape(meant[0].name)}\b", "extract", source)


def _with_plain_arguments(source: str) -> str:
    """Give `extract` the arguments image and mask; others with a default become lines of its body."""
    tree = ast.parse(source)
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
    tree = ast.parse(source)
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
    inside = _text_lines(ast.parse(source))
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
