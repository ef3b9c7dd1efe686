"""From a drafter's words to an extractor: a tolerant reader and the first two steps of the ladder.

The ladder for a malformed reply: read tolerantly, mend deterministically, ask for one repair, give up.
This module does the first two and says, in words a drafter can act on, why they were not enough.
Nothing is accepted that would have to be guessed.
"""

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from scafe.agent.brief.contraband import cut_contraband, find_contraband
from scafe.agent.reply.blocks import Block, fenced_blocks, without_noise, without_thinking, wrapped_blocks
from scafe.agent.reply.declining import SIGN, declined_in
from scafe.agent.reply.kinds import EXTRACTOR, Kind
from scafe.agent.reply.mend_syntax import mend_syntax
from scafe.agent.reply.parsing import TOO_MUCH, TooMuchError, metered, parse, parses
from scafe.knowledge.contract.bounds import UnfitError
from scafe.knowledge.contract.extractor import MAX_LINES
from scafe.sandbox.probes.verdict import Finding, Verdict

MAX_REPLY = 400_000
"""Characters of a reply that are read; thinking aloud is long, this is a hundred pages."""
MAX_SOURCE = 65_536
"""Characters of a module, as the sandbox has it."""
MAX_EXCERPT_LINES = 160
MAX_BLOCKS = 24
"""Last blocks of a reply that are tried."""
MALFORMED = "malformed"
"""Code of the finding that carries a complaint into a repair brief."""
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_GAP = re.compile(
    r"#[^\S\n]*+(?:\.\.\.|…|\[[^\S\n]*+\.\.\.|<|your code here|rest of\b|same as (?:before|above)"
    r"|implementation (?:goes )?here)",
    re.IGNORECASE,
)
"""Comments that stand for code."""
_REST = re.compile(r"#[^\S\n]*+(?:the )?(?:code|rest|remaining|existing|other|previous)\b", re.IGNORECASE)
_LEFT_OUT = re.compile(r"\b(?:unchanged|omitted|as before|here|same)\b", re.IGNORECASE)
"""The two halves of a comment such as "# the rest is unchanged"; looked for one after the other, so that a
line is read twice and not once for every beginning."""
MAX_MENDED_LINES = 600
"""Longer modules are not mended: blank lines and comments are no fivefold of what a module may have."""


@dataclass(frozen=True)
class ReadReply:
    """What could be made of a reply."""

    source: str | None
    """The module, ready for the sandbox; None if there is none."""
    steps: tuple[str, ...]
    """What was done to get it, e.g. ('removed_thinking', 'added_import')."""
    complaint: str
    """What is wrong and what to write instead, for the drafter; '' if there is a source."""
    excerpt: str = ""
    """What a repair brief may quote of a malformed reply; safe to send, and short."""
    declined: str | None = None
    """Why the drafter cannot better what it was given, '' if it does not say; None: it did not decline."""


def read_reply(
    text: str,
    criterion: str | None = None,
    finish_reason: str | None = None,
    *,
    may_decline: bool = False,
    kind: Kind = EXTRACTOR,
) -> ReadReply:
    """Read the module in a reply, mending what can be mended without guessing.

    Parameters
    ----------
    text : str
        Whatever a drafter wrote.
    criterion : str, optional
        Id of the criterion (of a locator: name of the region) that was asked for; another one is a complaint.
    finish_reason : str, optional
        As the endpoint said it; 'length' explains a reply that breaks off.
    may_decline : bool
        Whether `NO BETTER: reason` is an answer to the brief.
    kind : Kind
        What was asked for: an extractor or a locator.

    Returns
    -------
    ReadReply
        Never raises on any text.
    """
    if finish_reason in ("refusal", "content_filter"):
        return ReadReply(None, (), "the reply was withheld by the endpoint; answer with the module only")
    if not text.strip():
        return ReadReply(
            None, (), "the reply is empty; answer with one fenced Python block" + _cut(finish_reason)
        )
    if len(text) > MAX_REPLY:
        return ReadReply(
            None, (), f"the reply has {len(text)} characters; a module has at most {MAX_LINES} lines"
        )
    try:
        with metered():
            return _read(text, criterion, finish_reason, may_decline, kind)
    except (TooMuchError, RecursionError, MemoryError):
        return ReadReply(None, (), TOO_MUCH)


def _read(
    text: str, criterion: str | None, finish_reason: str | None, may_decline: bool, kind: Kind
) -> ReadReply:
    plain, noise = without_noise(text)
    spoken, thought = without_thinking(plain)
    steps = (*noise, *thought)
    worst: ReadReply | None = None
    for block, found in _candidates(spoken, "thinking_never_ends" in steps, kind):
        read = _read_module(block, criterion, (*steps, *found), finish_reason, kind)
        if read.source is not None:
            return read
        worst = worst or read
    reason = None if "thinking_never_ends" in steps else declined_in(spoken, is_whole=worst is None)
    if reason is not None:
        return _declined(reason, steps, may_decline)
    return worst or _nothing(spoken, steps, finish_reason)


def _declined(reason: str, steps: tuple[str, ...], may_decline: bool) -> ReadReply:
    """Take a decline as the answer where a brief allows it: a first draft has nothing to be better than."""
    if may_decline:
        return ReadReply(None, steps, "", declined=reason)
    return ReadReply(
        None, steps, f"{SIGN} is no answer here: there is nothing yet to be bettered; give a module"
    )


def malformed_verdict(read: ReadReply, criterion: str) -> Verdict:
    """Return the complaint about a malformed reply as a verdict, to put into a repair brief.

    The brief's first parent is then `read.excerpt`.
    """
    finding = Finding(code=MALFORMED, severity="reject", message=read.complaint)
    sha256 = hashlib.sha256(read.excerpt.encode()).hexdigest()
    return Verdict(extractor=sha256, criterion=criterion, findings=(finding,))


def _candidates(text: str, is_thinking: bool, kind: Kind) -> Iterator[tuple[Block, tuple[str, ...]]]:
    """Give what may be the module, likeliest first."""
    blocks = fenced_blocks(text)
    if is_thinking:
        ends = bool(blocks) and blocks[-1].closed and text.rstrip().endswith(("```", "~~~"))
        blocks = blocks[-1:] if ends else ()
    python = [block for block in blocks if block.is_python][-MAX_BLOCKS:]
    with_extract = [block for block in python if re.search(r"def \w+", block.code)]
    plain = [block for block in with_extract if not block.is_set_aside]
    several = ("took_last_block",) if len(with_extract) > 1 else ()
    for block in reversed([block for block in plain if kind.is_whole(block.code)]):
        yield block, several
    if len(python) > 1:
        joined = "\n".join(block.code for block in python if not block.is_set_aside)
        yield Block(joined, "python", python[-1].closed, ""), ("joined_blocks",)
    for block in reversed(plain):
        yield block, several
    for block in reversed([block for block in with_extract if block.is_set_aside]):
        yield block, (*several, "took_the_only_block")
    if is_thinking:
        return
    for block in wrapped_blocks(text):
        yield block, ("unwrapped",)
    if not with_extract and re.search(r"def \w+", text):
        yield Block(text, "", True, ""), ("read_without_fence",)


def _read_module(
    block: Block, criterion: str | None, steps: tuple[str, ...], finish_reason: str | None, kind: Kind
) -> ReadReply:
    if len(block.code) > 2 * MAX_SOURCE:
        return ReadReply(None, steps, f"{len(block.code)} characters are no module: keep one idea")
    source, syntax = mend_syntax(block.code, is_fenced=bool(block.info) or "read_without_fence" not in steps)
    steps = (*steps, *syntax, *(() if block.closed else ("closed_fence",)))
    excerpt = _excerpt(source)

    def complain(message: str) -> ReadReply:
        return ReadReply(None, steps, message + ("" if block.closed else _cut(finish_reason)), excerpt)

    if len(source) > MAX_SOURCE:
        return complain(f"the module has {len(source)} characters: keep one idea")
    if not parses(source):
        return complain(_syntax_complaint(source))
    if (lines := source.count("\n")) > MAX_MENDED_LINES:
        return complain(f"the module has {lines} lines; at most {MAX_LINES} are allowed: keep one idea")
    if found := _forbidden(source) or _gap(source):
        return complain(found)
    source, more = kind.mended(source, criterion)
    steps = (*steps, *more)
    excerpt = _excerpt(source)
    complaint = kind.complaint(source, criterion)
    return complain(complaint) if complaint else ReadReply(source, steps, "", "")


def _forbidden(source: str) -> str:
    """Say what in a module could never be sent again, or is not what it looks like."""
    if _HIDDEN.search(source):
        return "the module holds characters that change the order in which text is shown: write plain text"
    found = find_contraband(source)
    if found:
        line = source.count("\n", 0, found.start) + 1
        return f"line {line}: {found.what} does not belong into an extractor: state the rule it stands for"
    return ""


def _gap(source: str) -> str:
    """Say where a module leaves something out."""
    for line, text in enumerate(source.split("\n"), start=1):
        if said := _gap_comment(text):
            return f"line {line} leaves code out ({said}): give the whole module"
    for node in ast.walk(parse(source)):
        is_dots = (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...
        )
        is_not_done = isinstance(node, ast.Raise) and "NotImplemented" in ast.unparse(node)
        if isinstance(node, ast.stmt) and (is_dots or is_not_done):
            return f"line {node.lineno} leaves code out: give the whole module"
    return ""


def _gap_comment(line: str) -> str:
    """Return the comment of a line that stands for code; '' if there is none."""
    if plain := _GAP.search(line):
        return plain[0].strip()[:60]
    begun = _REST.search(line)
    return line[begun.start() :].strip()[:60] if begun and _LEFT_OUT.search(line, begun.end()) else ""


def _syntax_complaint(source: str) -> str:
    if re.search(r"^@@ .* @@|^(?:---|\+\+\+) [ab]/", source, re.MULTILINE):
        return "this is a diff; give the whole module"
    try:
        parse(source)
    except UnfitError as error:
        return str(error)
    except SyntaxError as error:
        return f"line {error.lineno}: not Python 3.11: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"the text cannot be parsed ({type(error).__name__})"
    return "not Python 3.11"


def _nothing(text: str, steps: tuple[str, ...], finish_reason: str | None) -> ReadReply:
    if "thinking_never_ends" in steps:
        complaint = "the reply ends while still thinking; think less and give the module"
    elif any(not block.closed for block in fenced_blocks(text)):
        complaint = "the reply breaks off within its block; give the whole module"
    else:
        complaint = (
            "no Python module was found; answer with one fenced Python block that holds the whole module"
        )
    return ReadReply(None, steps, complaint + _cut(finish_reason), _excerpt(text))


def _cut(finish_reason: str | None) -> str:
    return (
        " (the reply was cut off at its longest allowed length: be shorter)"
        if finish_reason == "length"
        else ""
    )


def _excerpt(text: str) -> str:
    lines = [line[:200] for line in text.strip("\n").split("\n")]
    shown = "\n".join(lines[:MAX_EXCERPT_LINES])
    return cut_contraband(_HIDDEN.sub("", shown))
