"""How long prompts are, part by part and round by round.

    python -m benchmarks.prompts                          a fresh run, and the played runs
    python -m benchmarks.prompts runs/reference/builtin   the prompts of these runs alone

Each prompt is put into today's words from the brief that the run kept, so a run of before shows what its
briefs would take today; `--as-sent` counts what was sent then, where the run kept a journal. The fresh run is
one of the built-in drafter on a phantom cohort; it takes 50 s of one core.

Tokens are estimated from bytes: 3.1 a token in code and 3.6 in prose. A byte-pair tokenizer of 65,000 pieces
(the one in the package anthropic 0.34.2) gave 3.12 and 3.15 on two measures, 3.54 to 3.70 on the golden files
of the prompts, and 3.31 on a played prompt that is half code.
"""

import argparse
import hashlib
import json
import re
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.agent.brief.brief import Brief
from scafe.agent.brief.prompt import messages
from scafe.agent.egress.completion import read_completion
from scafe.agent.egress.journal import Journal
from scafe.agent.loop.run import RunConfig, start_run
from scafe.agent.record.run_folder import RunFolder, load_run
from scafe.agent.record.trace import EVENTS, read_lines

REFERENCES = Path(__file__).parents[2] / "runs" / "reference"
PLAYED = (REFERENCES / "played-scar", REFERENCES / "played-dermoscopy")
ROUNDS = (0, 1, 3, 5)
NO_EXTRACTOR = ("plan", "locate", "relocate")
"""Operators whose prompts ask for something else."""
BYTES_OF_CODE, BYTES_OF_PROSE = 3.1, 3.6
"""Bytes a token."""
FRESH = {
    "pack": "scar.vss",
    "cohort": {"n_per_class": 12, "size": 64},
    "seed": 1,
    "approve": "auto",
    "max_calls": 40,
    "patience": 9,
}
"""Without labels, for time; 40 calls and much patience bring a search of four rounds."""
PARTS = {
    "What you write": "rules", "What it may call": "rules", "What it must never read": "rules",
    "Two worked examples": "examples", "Task": "task", "What to do": "task", "Your answer": "task",
    "The criteria that an image can show": "criterion", "Criterion": "criterion",
    "Earlier drafts": "earlier", "What is in the set": "earlier", "What already works": "earlier",
    "What was rejected": "earlier", "What the checks found": "findings", "What the images": "findings",
    "The extractor": "parents", "Extractor": "parents", "What you wrote": "parents",
}  # fmt: skip
"""Beginning of a heading -> the part that a row counts it to; the words before any heading are rules."""
NAMES = ("rules", "primitives", "examples", "task", "criterion", "earlier", "findings", "parents")


@dataclass(frozen=True)
class Counted:
    """One prompt of a run."""

    round: int
    operator: str
    tokens: dict[str, float]
    """Part -> tokens, estimated."""

    @property
    def total(self) -> float:
        """Tokens of the whole prompt."""
        return sum(self.tokens.values())


def tokens_of(text: str) -> float:
    """Estimate the tokens of a text: fenced blocks as code, the rest as prose."""
    pieces = re.split(r"^(```+python\n.*?^```+$)", text, flags=re.DOTALL | re.MULTILINE)
    prose, code = "".join(pieces[::2]), "".join(pieces[1::2])
    return len(prose.encode()) / BYTES_OF_PROSE + len(code.encode()) / BYTES_OF_CODE


def parts_of(text: str) -> dict[str, float]:
    """Estimate the tokens of each part of a prompt."""
    found: dict[str, float] = defaultdict(float)
    for part, piece in _pieces(text):
        found[part] += tokens_of(piece)
    return dict(found)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Cut a prompt at its headings outside of fenced blocks, and where the primitives begin."""
    lines: list[str] = []
    part, fence = "rules", ""
    for line in text.split("\n"):
        mark = re.match(r"`{3,}", line)
        fence = "" if mark and fence == line else fence or (mark[0] if mark else "")
        heading = re.match(r"#{1,2} (.*)", line) if not fence else None
        begins = "primitives" if line.startswith("- `import toolkit") else None
        begins = _part(heading[1]) if heading else begins
        if begins:
            yield part, "\n".join(lines)
            part, lines = begins, []
        lines.append(line)
    yield part, "\n".join(lines)


def _part(heading: str) -> str:
    return next((part for begin, part in PARTS.items() if heading.startswith(begin)), "task")


def prompts_of(run: RunFolder, as_sent: bool = False) -> Iterator[Counted]:
    """Count every prompt of a run, in the order of its trace.

    Parameters
    ----------
    as_sent : bool
        Count what the journal holds instead of today's words of the brief.
    """
    sent = _sent(run) if as_sent else {}
    for line in read_lines(run.path / EVENTS):
        if line["kind"] != "replied" or line["operator"] in NO_EXTRACTOR:
            continue
        brief = Brief.model_validate_json(run.brief(line["brief"]))
        text = "\n".join(one.content for one in messages(brief))
        yield Counted(line["round"], brief.operator, parts_of(sent.get(line["reply"], text)))


def _sent(run: RunFolder) -> dict[str, str]:
    """Return SHA-256 of a reply -> the words that it answers, as the journal has them."""
    found = {}
    for entry in Journal(run.path / "llm").entries() if (run.path / "llm").is_dir() else ():
        answer = Journal(run.path / "llm").answer(entry.request.sha256)
        if answer is not None:
            text = read_completion(answer).text
            found[hashlib.sha256(text.encode()).hexdigest()] = entry.request.body
    return found


def table(counted: Sequence[Counted], rounds: Sequence[int]) -> list[str]:
    """Return the rows of a Markdown table: the median prompt of each round by part, and the longest."""
    head = ("round", "prompts", *NAMES, "median", "longest")
    rows = [head, tuple("---:" for _ in head)]
    for number in rounds:
        mine = [one for one in counted if one.round == number]
        if not mine:
            continue
        parts = [f"{statistics.median(one.tokens.get(name, 0) for one in mine):.0f}" for name in NAMES]
        totals = [one.total for one in mine]
        longest = max(mine, key=lambda one: one.total)
        ends = (f"{statistics.median(totals):.0f}", f"{longest.total:.0f} ({longest.operator})")
        rows.append((str(number), str(len(mine)), *parts, *ends))
    return [f"| {' | '.join(row)} |" for row in rows]


def fresh(folder: Path) -> RunFolder:
    """Run the built-in drafter on a phantom cohort."""
    return load_run(start_run(RunConfig.model_validate({**FRESH, "out": str(folder)})).run)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table a run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prompts", description=__doc__.split("\n")[0])
    parser.add_argument(
        "runs", nargs="*", type=Path, help="run folders; none: a fresh run and the played ones"
    )
    parser.add_argument("--as-sent", action="store_true", help="count what was sent then")
    parser.add_argument("--rounds", nargs="*", type=int, default=list(ROUNDS))
    parser.add_argument("--json", action="store_true", help="print every prompt as JSON")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        runs = [load_run(one) for one in asked.runs] or [fresh(Path(folder)), *map(load_run, PLAYED)]
        found = {run.path.name: list(prompts_of(run, asked.as_sent)) for run in runs}
    if asked.json:
        rows = {
            name: [{**vars(one), "total": one.total} for one in counted] for name, counted in found.items()
        }
        print(json.dumps(rows, indent=1))
        return
    for name, counted in found.items():
        print(f"{name}, tokens (estimated)\n", *table(counted, asked.rounds), "", sep="\n")


if __name__ == "__main__":
    main()
