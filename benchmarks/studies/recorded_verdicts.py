"""What kept runs on real images recorded: each feature's verdict on phantoms beside its card on images."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.evals.disclosure.score_card import DisclosedFeature, ScoreCard
from scafe.sandbox.probes.verdict import FeatureEvidence, Verdict

STEADY = 0.75
"""ICC on phantoms from which a feature is steady for the probes."""
STEADY_BANDS = (".75-.9", ">=.9")
TOLD = ("agrees", "opposes", "unpredicted", "inconclusive")


@dataclass(frozen=True)
class Recorded:
    """One feature of one revision."""

    revision: str
    seen: FeatureEvidence
    codes: tuple[str, ...]
    """Of findings that reject it."""
    card: DisclosedFeature | None
    """None: the probes turned it away, so no image saw it."""

    @property
    def is_steady(self) -> bool:
        """On phantoms."""
        return self.seen.stability is not None and self.seen.stability >= STEADY


def recorded(run: Path) -> Iterator[Recorded]:
    """Read every feature of a run folder; nothing is computed."""
    for path in sorted((run / "revisions").rglob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        verdict = Verdict.model_validate(record["verdict"])
        card = ScoreCard.model_validate(record["card"]) if record.get("card") else None
        told = {one.name: one for one in card.features} if card else {}
        for feature in verdict.features:
            yield Recorded(
                f"{path.parent.name}/{path.stem}",
                feature,
                _codes(verdict, feature.name),
                told.get(feature.name),
            )


def _codes(verdict: Verdict, name: str) -> tuple[str, ...]:
    rejects = [one for one in verdict.findings if one.severity == "reject"]
    return tuple(sorted({one.code for one in rejects if one.feature in (name, None)}))


def recorded_lines(rows: Sequence[Recorded], run: str) -> Iterator[str]:
    """Say how far phantoms and images agreed in that run, as it went."""
    carded = [(one, one.card) for one in rows if one.card is not None]
    steady = sum(one.is_steady == (card.stability in STEADY_BANDS) for one, card in carded)
    lower = [one for one, card in carded if (one.seen.stability or 0) < 0.9 and card.stability == ">=.9"]
    yield f"- {run}: {len(rows)} features drafted; {len(carded)} reached images, the others no image saw."
    yield f"- Steady or not alike on phantoms and images: {steady} of {len(carded)}."
    yield f"- Steadier on images (at least .9) than on phantoms (below .9): {len(lower)} of {len(carded)}."
    yield f"- Same worst perturbation: {_same_worst(carded)} of {len(carded)}."
    told: list[str] = [card.evidence for _, card in carded if card.evidence in TOLD]
    counts = ", ".join(f"{what} {told.count(what)}" for what in TOLD)
    yield f"- What labels said of the {len(told)} that were asked about (past 2.8 standard errors): {counts}."
    codes = sorted({code for one in rows for code in one.codes})
    shares = ", ".join(f"`{code}` {sum(code in one.codes for one in rows)}" for code in codes)
    unstable = sum(one.codes == ("unstable",) for one in rows)
    yield f"- Turned away for: {shares}; for `unstable` alone: {unstable}."


def _same_worst(carded: Sequence[tuple[Recorded, DisclosedFeature]]) -> int:
    return sum(one.seen.worst_perturbation == card.worst_perturbation for one, card in carded)
