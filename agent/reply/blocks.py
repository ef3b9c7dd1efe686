"""Where code stands in a reply: what is thinking, what is prose, what is fenced, what is wrapped."""

import html
import json
import re
from dataclasses import dataclass

TAGS = "think|thinking|thought|reasoning|reflection|analysis|scratchpad"
_THINKING_BEGINS = re.compile(rf"<(?:{TAGS})>|\[THINK\]|◁think▷", re.IGNORECASE)
_THINKING_ENDS = re.compile(rf"</(?:{TAGS})\s*>|\[/THINK\]|◁/think▷", re.IGNORECASE)
_FINAL_CHANNEL = re.compile(r"^.*<\|channel\|>\s*final\s*<\|message\|>", re.DOTALL)
_SPECIAL_TOKENS = re.compile(
    r"<\|[a-z_]+\|>|</?s>|<(?:end|start)_of_turn>|\[/?INST\]|<[|｜][^|｜>\n]{1,40}[|｜]>"
)
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_FENCE = re.compile(r"^[ \t>]*+(`{3,}+|~{3,}+)[ \t]*+([^`\n]*+)$")
"""Possessive throughout: a fence, its gap and its info are each read once."""
_TAGGED = re.compile(r"<(code|python|execute|answer|module|solution|source)>\n?", re.IGNORECASE)
_OTHER_LANGUAGES = frozenset(
    "json jsonc bash sh shell console powershell output javascript js typescript ts java c cpp r matlab"
    " yaml yml toml html xml csv latex tex sql".split()
)
MAX_PIECES = 20
"""Tags or braces that are tried; a reply that has more is not going to be an extractor."""
_SET_ASIDE = re.compile(
    r"\b(wrong|bad|incorrect|instead of|avoid|do not|don't|never|previous(ly)?|earlier|original|before|old"
    r"|first attempt|usage|example call|test|tests)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Block:
    """One piece of a reply that may be code."""

    code: str
    info: str
    """What stands behind the opening fence, lower case; '' if nothing."""
    closed: bool
    """False: the reply ended inside it."""
    intro: str
    """The last line of prose before it."""

    @property
    def is_python(self) -> bool:
        """Whether it may be Python, going by its fence."""
        return re.split(r"[\s{:,]", self.info, maxsplit=1)[0] not in _OTHER_LANGUAGES

    @property
    def is_set_aside(self) -> bool:
        """Whether the prose before it says that it is not the answer."""
        return bool(_SET_ASIDE.search(self.intro))


def without_noise(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with plain line ends and without invisible characters, and what was done."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = _INVISIBLE.sub("", plain).replace("\u00a0", " ").replace("\u202f", " ").replace("\u3000", "  ")
    plain = plain.replace("\u2028", "\n").replace("\x00", "")
    return plain, ("removed_invisible_characters",) if plain != text.replace("\r\n", "\n") else ()


def without_thinking(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what was said after thinking, and what was done.

    Thinking that never ends is left in place and marked `thinking_never_ends`: only a whole block at
    the very end can then be the answer.
    """
    steps = []
    spoken = _FINAL_CHANNEL.sub("", text)
    spoken, never_ends = _aloud(spoken)
    if spoken != text:
        steps.append("removed_thinking")
    if never_ends:
        steps.append("thinking_never_ends")
    plain = _SPECIAL_TOKENS.sub("", spoken)
    if plain != spoken:
        steps.append("removed_special_tokens")
    return plain, tuple(steps)


def _aloud(text: str) -> tuple[str, bool]:
    """Return what stands outside thinking, and whether thinking begins that never ends.

    An end without a beginning ends what was before it: some servers swallow the opening tag.
    """
    kept: list[str] = []
    at = 0
    while ended := _THINKING_ENDS.search(text, at):
        begun = _THINKING_BEGINS.search(text, at, ended.start())
        if begun:
            kept.append(text[at : begun.start()])
        else:
            kept.clear()
        at = ended.end()
    rest = text[at:]
    return "".join(kept) + rest, bool(_THINKING_BEGINS.search(rest))


def fenced_blocks(text: str) -> tuple[Block, ...]:
    """Return every fenced block, in order; the last may be unclosed."""
    quoted = re.fullmatch(r"\s*'''(?:python|py)\n(.*)'''\s*", text, re.DOTALL)
    if quoted:
        return (Block(quoted[1], "python", True, ""),)
    found: list[Block] = []
    lines: list[str] = []
    fence = info = intro = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if not fence and mark:
            fence, info, lines = mark[1], mark[2].strip().lower(), []
        elif fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            found.append(Block("\n".join(lines) + "\n", info, True, intro))
            fence = intro = ""
        elif fence and mark and mark[2].strip().lower().startswith(("python", "py")):
            # a new block opens before the last one was closed: what stood before it was prose or a draft
            found.append(Block("\n".join(lines) + "\n", info, False, intro))
            info, lines = mark[2].strip().lower(), []
        elif fence:
            lines.append(line)
        elif line.strip():
            intro = line.strip()
    if fence:
        found.append(Block("\n".join(lines) + "\n", info, False, intro))
    return tuple(found)


def wrapped_blocks(text: str) -> tuple[Block, ...]:
    """Return code wrapped in JSON or in tags, as tool-minded models send it."""
    codes = [code for code in _json_strings(text) if "def " in code]
    codes += _tagged(text) or _tagged(unescaped(text))
    return tuple(Block(code, "python", True, "") for code in codes)


def unescaped(text: str) -> str:
    """Return the text with HTML's names for characters replaced; as it is if one is no character."""
    try:
        return html.unescape(text)
    except ValueError:  # a number of more than 4300 digits
        return text


def _tagged(text: str) -> list[str]:
    """Return what stands between tags and defines something."""
    found = []
    for begun in list(_TAGGED.finditer(text))[:MAX_PIECES]:
        end = text.find(f"</{begun[1]}>", begun.end())
        if end >= 0 and "def " in text[begun.end() : end]:
            found.append(text[begun.end() : end])
    return found


def _json_strings(text: str) -> list[str]:
    """Return the long strings of the first JSON object in the text."""
    start = text.find("{")
    for _ in range(MAX_PIECES):
        if start < 0:
            break
        try:
            data, _end = json.JSONDecoder(strict=False).raw_decode(text, start)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        if strings := _strings(data):
            return strings
        start = text.find("{", start + 1)
    return []


def _strings(data: object, depth: int = 0) -> list[str]:
    if depth > MAX_PIECES:
        return []
    if isinstance(data, str):
        if data.lstrip().startswith("{"):
            return _json_strings(data)  # arguments of a tool call are JSON within JSON
        return [data] if "\n" in data else []
    values = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [text for value in values for text in _strings(value, depth + 1)]
