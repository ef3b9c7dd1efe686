"""The chat drafter over the small model: a short run on the same films, and what became of each reply."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import scafe

CALLS = 8
"""Of the run: the plan, and drafts with their repairs."""
REPLY_TOKENS = 384
"""The head of an extractor alone takes more than a hundred."""


@dataclass(frozen=True)
class Draft:
    """One reply of the drafter, as it came."""

    operator: str
    """plan, draft, repair, …"""
    criterion: str | None
    reply: str
    complaint: str
    """Why it could not be used; empty: it held what was asked for."""


def drafted(data: Path, labels: tuple[str, str], out: Path, port: int) -> list[Draft]:
    """Run once, and return every reply; a run that is there already is read.

    Parameters
    ----------
    data : Path
        A manifest.
    labels : tuple of str
        Positive first.
    out : Path
        Folder of the run's folder.
    port : int
        Of the model's server.
    """
    begun = sorted(one.parent for one in out.glob("*/run.json"))
    if begun:
        return replies(begun[0])
    done = scafe.run(
        "radiograph.chest",
        data,
        labels=labels,
        model="openai:gemma-3-270m",
        base_url=f"http://127.0.0.1:{port}/v1",
        max_calls=CALLS,
        max_reply_tokens=REPLY_TOKENS,
        approve="never",
        feedback="blind",
        out=out,
        workers=1,
    )
    return replies(Path(done.path))


def replies(run: Path) -> list[Draft]:
    """Return the replies of a run in the order they came."""
    lines = map(json.loads, (run / "events.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        Draft(
            one["operator"],
            one["criterion"],
            (run / "replies" / f"{one['reply']}.md").read_text(encoding="utf-8"),
            one["complaint"],
        )
        for one in lines
        if one["kind"] == "replied"
    ]


def table(drafts: list[Draft]) -> list[str]:
    """Count by operator how many replies could be used, and why others could not."""
    lines = ["| asked for | replies | not usable | why |", "|---|---|---|---|"]
    for operator in dict.fromkeys(one.operator for one in drafts):
        own = [one for one in drafts if one.operator == operator]
        why = Counter(one.complaint for one in own if one.complaint)
        told = "; ".join(f"{reason}: {number}" for reason, number in why.most_common()) or "–"
        lines.append(f"| {operator} | {len(own)} | {sum(why.values())} | {told} |")
    return lines


def transcripts(drafts: list[Draft]) -> str:
    """Return one JSON object a line."""
    return "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in drafts)
