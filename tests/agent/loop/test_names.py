"""Names of features decide nothing; a run of before keeps its own rule for them."""

import contextlib
import re
from pathlib import Path
from typing import Any

from loop_runs import KilledError, events, go, go_on
from loop_stand_ins import FaultyDrafter, StandInBench, fingerprint

from scafe.agent.brief.brief import Brief
from scafe.evals.disclosure.bench import FeatureRef
from scafe.evals.disclosure.score_card import ScoreCard
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.sandbox.probes.verdict import Verdict


class NamesDoNotCount(StandInBench):
    """Throws the dice over a source as it reads without numbers behind its names."""

    def probe(self, source: str) -> Verdict:
        verdict = super().probe(unnumbered(source))
        names = parse_extractor(source).names
        features = tuple(
            one.model_copy(update={"name": name}) for one, name in zip(verdict.features, names, strict=True)
        )
        return verdict.model_copy(update={"features": features})

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        card = super().score(unnumbered(source), names, pool)
        return card.model_copy(update={"extractor": parse_extractor(source).sha256})


class OldRules(FaultyDrafter):
    """Answers as in a run of before, whatever number a name got since."""

    format = 1

    def text(self, brief: Brief) -> str:
        parents = tuple(unnumbered(one) for one in brief.parents)
        return super().text(brief.model_copy(update={"parents": parents}))


class KeepsNames(FaultyDrafter):
    """Answers as in a run of before that kept names."""

    format = 2


def unnumbered(source: str) -> str:
    return re.sub(r"_share(_\d+)+", "_share", source)


def decisions(root: Path) -> list[object]:
    """Return what was decided of which revision, without names and hashes."""
    numbers = {one["sha256"]: (one["criterion"], one["number"]) for one in events(root, "revised")}
    told: list[object] = []
    for line in events(root):
        if line["kind"] == "judged":
            told.append((numbers[line["sha256"]], len(line["accepted"]), len(line["findings"])))
        if line["kind"] == "scored":
            told.append((line["criterion"], line["number"], line["card"]["gate"], len(line["pooled"])))
        if line["kind"] == "round_assessed":
            told.append({key: line[key] for key in ("gained", "accepted", "rejected", "next", "why")})
        if line["kind"] == "pool_pruned":
            told.append([numbers[extractor] for extractor, _ in line["kept"]])
    return told


def test_names_decide_nothing_the_older_rule_led_to_the_same_decisions(tmp_path: Path) -> None:
    for root, drafter in ((tmp_path / "old", OldRules()), (tmp_path / "new", KeepsNames())):
        go(root, drafter=drafter, bench=NamesDoNotCount(root / "bench"), max_calls=40)
    assert any(line["renamed"] for line in events(tmp_path / "old", "revised"))
    assert [line["format"] for line in events(tmp_path / "old", "run_started")] == [1]
    assert [line["format"] for line in events(tmp_path / "new", "run_started")] == [2]
    assert decisions(tmp_path / "old") == decisions(tmp_path / "new")


def test_a_run_of_before_goes_on_under_its_own_rule_for_names(tmp_path: Path) -> None:
    def killed(line: dict[str, Any]) -> None:
        if line["kind"] == "round_assessed":
            raise KilledError

    for root in (tmp_path / "whole", tmp_path / "killed"):
        stop = {"listener": killed} if root.name == "killed" else {}
        with contextlib.suppress(KilledError):
            go(root, drafter=OldRules(), bench=NamesDoNotCount(root / "bench"), **stop)

    class Unaware(OldRules):
        format = None

    go_on(tmp_path / "killed", drafter=Unaware(), bench=NamesDoNotCount(tmp_path / "killed" / "bench"))
    assert fingerprint(tmp_path / "killed")["body"] == fingerprint(tmp_path / "whole")["body"]
