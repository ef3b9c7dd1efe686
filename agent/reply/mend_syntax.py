"""Make a text parse that is nearly a module: undo numbering, prompts, typographic quotes, prose around it.

Each repair undoes one thing that happens to code on its way and changes no measurement. What would have
to be guessed is left alone; a text that still does not parse goes back to the model.
"""

import re
import textwrap
from collections.abc import Callable

from scafe.agent.reply.blocks import unescaped
from scafe.agent.reply.parsing import parses, syntax_of

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
_NUMBERED = re.compile(r"^[ \t]*+(?:L?\d{1,3}[:.|)]|\d{1,3}[^\S\n]*+[|│]|\d{1,3}\t) ?", re.MULTILINE)
_CODE_START = re.compile(
    r"^(?:import |from \w|CRITERION\b|FEATURES\b|def |class |@|[A-Z][A-Z0-9_]* ?=|#|\"\"\"|''')"
)
_LABEL = re.compile(
    r"\A\s*+(?:python3?|py|code|copy code|copy)[^\S\n]*+:?[^\S\n]*+\n(?:\s*+copy(?: code)?[^\S\n]*+\n)?",
    re.IGNORECASE,
)
"""Possessive: a gap is read once, else a long one is tried at every length."""
_ESCAPED = re.compile(r"\\n {4}")


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
        if syntax_of(source) != "broken":
            break
        changed = repair(source)
        if changed != source:
            source = changed
            steps.append(step)
    return source, tuple(steps)


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
    return _LABEL.sub("", text)


def _dedent(text: str) -> str:
    lines = text.split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines if _CODE_START.match(line.lstrip())]
    if not indents or min(indents) == 0:
        return textwrap.dedent(text)
    depth = min(indents)
    return "\n".join(line[min(depth, len(line) - len(line.lstrip())) :] for line in lines)


def _unescape_html(text: str) -> str:
    return unescaped(text) if re.search(r"&(?:lt|gt|amp|quot|#39|#x27);", text) else text


def _without_prose(text: str) -> str:
    """Drop sentences before the first and after the last line of code; never a line of code."""
    lines = text.split("\n")
    begins = [number for number, line in enumerate(lines) if _CODE_START.match(line)]
    for begin in begins[:MAX_BEGINNINGS]:
        end = min(len(lines), begin + MAX_PROSE_LINES)
        while end > begin and (syntax := syntax_of("\n".join(lines[begin:end]))) != "fits":
            if syntax == "too much":
                return text  # told as it is: no line of code is taken for prose to make it fit
            last = lines[end - 1]
            if last.startswith((" ", "\t", ")", "]", "}")) or _CODE_START.match(last):
                break
            end -= 1
        kept = "\n".join(lines[begin:end])
        if parses(kept) and "def " in kept:
            return kept + "\n"
    return text
