"""Locators as revisions of a run: recorded, probed on phantoms, compared in bands, and settled."""

from collections.abc import Sequence

from scafe.agent.drafters.drafter import Reply
from scafe.agent.drafters.usage import steps_of, usage_of
from scafe.agent.nodes.locating.asking import Answer
from scafe.agent.nodes.state import LocatorLine, LoopContext
from scafe.agent.record.events import Discarded, Judged, Located, Replied, Revised
from scafe.agent.record.revisions import (
    LOCATOR,
    Revision,
    SeenLocator,
    Standing,
    read_revision,
    read_source,
    write_revision,
)
from scafe.agent.reply.reader import reader
from scafe.agent.reply.reply import ReadReply
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.locator import parse_locator
from scafe.sandbox.probes.regions.verdict import LocatorVerdict
from scafe.sandbox.probes.verdict import Verdict


def take(context: LoopContext, region: str, lines: list[LocatorLine], answer: Answer) -> LocatorLine:
    """Record an answer; keep and probe the locator in it, if there is one that the run does not have.

    The line is appended to `lines` and returned.
    """
    line = _blank(len(lines), answer)
    if answer.reply is not None:
        read = reader.locator(answer.reply.text, region, answer.reply.finish_reason)
        line["reply"], line["complaint"] = context.run.keep_reply(answer.reply.text), read.complaint
        _record_reply(context, line, answer, answer.reply, read)
        _keep(context, lines, line, answer, read)
    lines.append(line)
    return line


def compare(context: LoopContext, new: Sequence[LocatorLine], lines: Sequence[LocatorLine]) -> None:
    """Ask the bench what the new ones do on images of patients, beside all that passed."""
    if not new:
        return
    passed = [line for line in lines if line["passed"]]
    cards = context.bench.compare_locators(tuple(source_of_line(context, line) for line in passed))
    for line, card in zip(passed, cards, strict=True):
        if line not in new:
            continue
        revision = revision_of_line(context, line)
        seen = SeenLocator(verdict=seen_of(context, line).verdict, card=card)
        write_revision(context.run, revision.model_copy(update={"located": seen}))
        context.trace.record(Located(number=line["number"], card=card))


def settle(context: LoopContext, line: LocatorLine, is_kept: bool) -> None:
    """Write where a locator ended."""
    standing: Standing = "chosen" if is_kept else "turned_away"
    reasons = () if is_kept else ("another_agrees_more",)
    revision = revision_of_line(context, line)
    write_revision(context.run, revision.model_copy(update={"standing": standing, "reasons": reasons}))


def name_of(line: LocatorLine) -> str:
    """Return the name of its revision, e.g. locator/r002."""
    return f"{LOCATOR}/r{line['number']:03d}"


def revision_of_line(context: LoopContext, line: LocatorLine) -> Revision:
    """Return the record of a locator."""
    return read_revision(context.run, name_of(line))


def source_of_line(context: LoopContext, line: LocatorLine) -> str:
    """Return the source of a locator."""
    return read_source(context.run, revision_of_line(context, line))


def seen_of(context: LoopContext, line: LocatorLine) -> SeenLocator:
    """Return what was seen of a locator."""
    seen = revision_of_line(context, line).located
    if seen is None:
        raise IntegrityError(
            f"{context.run.path}: {name_of(line)} was probed, but its record says nothing of it"
        )
    return seen


def _blank(task: int, answer: Answer) -> LocatorLine:
    return LocatorLine(
        task=task,
        variant=answer.wanted.brief.variant,
        parent=answer.wanted.parent,
        sha256="",
        number=0,
        reply="",
        complaint="",
        passed=False,
    )


def _record_reply(
    context: LoopContext, line: LocatorLine, answer: Answer, reply: Reply, read: ReadReply
) -> None:
    context.trace.record(
        Replied(
            round=0,
            task=line["task"],
            attempt=0,
            operator=answer.wanted.brief.operator,
            criterion=LOCATOR,
            brief=context.run.keep_brief(answer.wanted.brief.model_dump_json()),
            reply=line["reply"],
            steps=tuple(steps_of(reply, read.steps)),
            complaint=read.complaint,
            usage=usage_of(reply),
        )
    )


def _keep(
    context: LoopContext, lines: Sequence[LocatorLine], line: LocatorLine, answer: Answer, read: ReadReply
) -> None:
    if read.source is None:
        _discard(context, line, f"no locator could be read: {read.complaint}")
        return
    sha256 = parse_locator(read.source).sha256
    same = next((one for one in lines if one["sha256"] == sha256), None)
    if same is not None:
        _discard(context, line, f"the same source as {name_of(same)}")
        return
    line["sha256"], line["number"] = sha256, 1 + sum(bool(one["sha256"]) for one in lines)
    revision = _revision(line, answer)
    write_revision(context.run, revision, read.source)
    context.trace.record(
        Revised(
            criterion=LOCATOR,
            number=line["number"],
            sha256=sha256,
            operator=revision.operator,
            parents=revision.parents,
            predicted={},
        )
    )
    _probe(context, line, revision, read.source)


def _revision(line: LocatorLine, answer: Answer) -> Revision:
    return Revision(
        criterion=LOCATOR,
        number=line["number"],
        sha256=line["sha256"],
        operator=answer.wanted.brief.operator,
        parents=(line["parent"],) if line["parent"] else (),
        round=0,
    )


def _probe(context: LoopContext, line: LocatorLine, revision: Revision, source: str) -> None:
    verdict = context.bench.probe_locator(source)
    line["passed"] = verdict.is_acceptable
    standing: Standing = "judged" if line["passed"] else "turned_away"
    codes = sorted({one.code for one in verdict.findings if one.severity == "reject"})
    update = {
        "verdict": _as_listed(verdict),
        "located": SeenLocator(verdict=verdict),
        "standing": standing,
        "reasons": tuple(codes),
    }
    write_revision(context.run, revision.model_copy(update=update))
    context.trace.record(
        Judged(
            criterion=LOCATOR,
            number=line["number"],
            sha256=line["sha256"],
            accepted=(verdict.region,) if line["passed"] else (),
            findings=tuple((one.code, one.severity, "") for one in verdict.findings),
        )
    )


def _as_listed(verdict: LocatorVerdict) -> Verdict:
    """Return the findings as pages and tables list those of any revision."""
    return Verdict(extractor=verdict.locator, criterion=LOCATOR, findings=verdict.findings)


def _discard(context: LoopContext, line: LocatorLine, reason: str) -> None:
    context.trace.record(Discarded(round=0, task=line["task"], criterion=LOCATOR, reason=reason))
