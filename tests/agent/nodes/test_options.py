"""What is known of an extractor decides what is asked about it next."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import pytest
from loop_runs import events, go
from loop_stand_ins import FaultyDrafter, StandInBench, dice

from scafe.agent.brief.brief import Brief
from scafe.agent.nodes.merit import ORDER, STRENGTHS, Merit, merit_of
from scafe.agent.nodes.state import Line
from scafe.evals.disclosure.bench import FeatureRef
from scafe.evals.disclosure.score_card import DisclosedFeature, ScoreCard

CALLS = 90
SEED = 1
"""Of a run in which all operators are drawn."""


class Telling(StandInBench):
    """Pools whatever is steady, as the real bench does, and tells how strong it is."""

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        card = super().score(source, names, pool)
        strength: Literal["weak", "strong"] = "strong" if dice("strength", source) % 3 == 0 else "weak"
        told = {"pooled": True, "evidence": "agrees", "strength": strength}
        features = tuple(one.model_copy(update=told) for one in card.features)
        return card.model_copy(update={"features": features})


class Willing(FaultyDrafter):
    """Answers every request with an extractor, always another one."""

    def text(self, brief: Brief) -> str:
        told = super().text(brief)
        return told if "```" in told else super().text(brief.model_copy(update={"seed": brief.seed + 1}))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("options")
    go(root, drafter=Willing(), bench=Telling(root / "bench", queries=60), max_calls=CALLS, seed=SEED)
    return root


def cards(root: Path) -> dict[str, tuple[int, int]]:
    """Return gate and strength of every scored extractor, by its SHA-256."""
    return {
        line["card"]["extractor"]: (
            ORDER.index(line["card"]["gate"]),
            max(STRENGTHS.index(one["strength"]) for one in line["card"]["features"]),
        )
        for line in events(root, "scored")
    }


def asked(root: Path) -> list[tuple[int, str, tuple[str, ...]]]:
    found = []
    for line in events(root, "round_planned"):
        for operator, parents in zip(line["operators"], line["parents"], strict=True):
            found.append((line["round"], operator, tuple(parents)))
    return found


def test_nothing_that_the_gate_rejected_is_simplified_or_doubted(run: Path) -> None:
    known = cards(run)
    chosen = [known[parents[0]] for _, operator, parents in asked(run) if operator in ("simplify", "counter")]
    assert chosen
    assert all(ORDER[gate] != "rejected" for gate, _ in chosen)


def test_the_strongest_that_was_accepted_is_refined_first_and_before_anything_is_simplified(
    run: Path,
) -> None:
    scored: dict[str, tuple[int, int]] = {}
    refined: set[str] = set()
    for line in events(run, "scored", "round_planned"):
        if line["kind"] == "scored":
            scored |= {line["card"]["extractor"]: cards(run)[line["card"]["extractor"]]}
            continue
        accepted = {sha256: one for sha256, one in scored.items() if ORDER[one[0]] == "accepted"}
        best = max(accepted.values(), default=None)
        for operator, parents in zip(line["operators"], line["parents"], strict=True):
            strongest = {sha256 for sha256, one in accepted.items() if one == best}
            if operator == "simplify":
                assert strongest & refined
            if operator == "refine" and not strongest & refined:
                assert parents[0] in strongest
            refined |= {parents[0]} if operator == "refine" else set()
    assert refined


def test_accepted_extractors_are_refined_more_often_than_rejected_ones(tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for seed in (1, 2, 3):
        root = tmp_path / str(seed)
        go(root, drafter=Willing(), bench=Telling(root / "bench"), max_calls=40, seed=seed)
        known = cards(root)
        there.update(ORDER[gate] for gate, _ in known.values())
        found.update(
            ORDER[known[parents[0]][0]] for _, operator, parents in asked(root) if operator == "refine"
        )
    assert found["accepted"] / there["accepted"] > found["rejected"] / there["rejected"]


def test_a_revising_brief_tells_of_earlier_extractors_the_best_first(run: Path) -> None:
    folder = next((run / "runs").glob("*")) / "briefs"
    banks = [Brief.model_validate_json(path.read_bytes()).bank for path in sorted(folder.iterdir())]
    banks = [bank for bank in banks if bank]
    assert banks
    for bank in banks:
        assert all(entry.source is None and entry.known for entry in bank)
        others = [
            entry for entry in bank if entry.standing == "pooled" and entry.criterion != bank[0].criterion
        ]
        ranks = [ORDER.index(entry.gate) for entry in others if entry.gate != "silent"]
        assert ranks == sorted(ranks, reverse=True)


def card(gate: str, **told: Any) -> ScoreCard:
    fields = {
        "name": "red", "status": "ok", "missing": "0-5%", "stability": ">=.9", "worst_perturbation": "blur",
        "redundancy": "<.7", "shape": "ok", "evidence": "agrees", "strength": "weak", "pooled": True,
    }  # fmt: skip
    feature = DisclosedFeature.model_validate({**fields, **told})
    return ScoreCard(
        extractor="0" * 64, mode="gated", gate=gate, features=(feature,), queries_left=3, label_bits_used=1
    )  # type: ignore[arg-type]


def line(pooled: int = 1) -> Line:
    return Line(
        name="x/r001", criterion="x", origin="draft", parents=[], features=["red"], accepted=["red"],
        pooled=["red"] * pooled, repairs=0, round=0, scored=True, variant=0, idea="",
    )  # fmt: skip


def test_merit_goes_by_the_gate_then_by_strength() -> None:
    found = [
        merit_of(line(), card("accepted", strength="strong")),
        merit_of(line(), card("accepted")),
        merit_of(line(), card("indecisive", strength="strong")),
        merit_of(line(), card("blind", evidence="withheld", strength="withheld")),
        merit_of(line(), card("rejected", strength="strong")),
        merit_of(line(), None),
    ]
    assert found == sorted(found, reverse=True)
    assert Merit(ORDER.index("accepted"), 0, 1).chance > Merit(ORDER.index("rejected"), 3, 1).chance


def test_a_feature_that_runs_against_its_prediction_lends_no_strength() -> None:
    assert merit_of(line(), card("accepted", evidence="opposes", strength="strong")).strength == 0


def test_a_round_goes_to_as_many_criteria_as_it_can(run: Path) -> None:
    """All four requests of a round went to the criterion with the strongest extractor."""
    rounds = [line for line in events(run, "round_planned") if line["round"] > 0]
    possible = {one for line in events(run, "round_planned") for one in line["criteria"]}
    assert len(rounds) > 2
    for line in rounds:
        assert len(set(line["criteria"])) == min(len(line["criteria"]), len(possible))


def test_no_idea_of_the_plan_is_handed_out_twice(run: Path) -> None:
    """A new draft was given the idea of the very draft that it was to differ from."""
    briefs = [json.loads(path.read_text()) for path in next(run.glob("**/briefs")).glob("*.json")]
    given = Counter(
        (one["criterion"]["id"], one["idea"])
        for one in briefs
        if one["operator"] in ("draft", "redraft") and one["idea"] and not one["verdict"]
    )
    assert any(one["operator"] == "redraft" for one in briefs)
    assert [idea for idea, times in given.items() if times > 1] == []
