"""What the drafter is told at each step, and what becomes of its answers."""

from pathlib import Path
from typing import Any

from loop_runs import events, go
from loop_stand_ins import FaultyDrafter

from scafe.agent.brief.brief import Brief
from scafe.agent.record.revisions import list_revisions, read_source
from scafe.agent.record.run_folder import load_run
from scafe.agent.reply.reply import read_reply


def briefs(root: Path) -> list[Brief]:
    folder = next((root / "runs").glob("*")) / "briefs"
    return [Brief.model_validate_json(path.read_bytes()) for path in sorted(folder.iterdir())]


def test_blind_drafts_see_no_score_no_bank_and_no_other_extractor(whole: Path) -> None:
    wide = [brief for brief in briefs(whole) if brief.operator == "draft"]
    assert wide
    assert all(not (brief.parents or brief.bank or brief.feedback or brief.verdict) for brief in wide)


def test_a_revising_brief_carries_findings_score_and_what_is_left(whole: Path) -> None:
    revising = [brief for brief in briefs(whole) if brief.operator in ("refine", "counter", "recombine")]
    assert any(brief.feedback for brief in revising)
    assert all(brief.parents and brief.verdict for brief in revising)
    assert all(not feature.fingerprint for brief in revising for feature in brief.verdict.features)  # type: ignore[union-attr]


def test_a_malformed_answer_is_asked_for_once_more_then_given_up(tmp_path: Path) -> None:
    go(tmp_path, seed=2)
    tries: dict[tuple[int, int, str], list[dict[str, Any]]] = {}
    number = 0
    for line in events(tmp_path, "round_planned", "replied"):
        number += line["kind"] == "round_planned"
        if line["kind"] == "replied" and line["criterion"]:
            tries.setdefault((number, line["task"], line["criterion"]), []).append(line)
    assert max(map(len, tries.values())) == 2
    assert all(lines[0]["complaint"] for lines in tries.values() if len(lines) == 2)
    lost = sum(bool(lines[-1]["complaint"]) for lines in tries.values())
    told = [line for line in events(tmp_path, "discarded") if "could be read" in line["reason"]]
    assert lost == len(told) > 0


def test_an_extractor_is_repaired_twice_at_most(whole: Path) -> None:
    parents = {line["sha256"]: line for line in events(whole, "revised")}
    for line in parents.values():
        depth, one = 0, line
        while one["operator"] == "repair":
            depth, one = depth + 1, parents[one["parents"][0]]
        assert depth <= 2


def test_what_a_reply_holds_is_kept_to_the_byte_names_and_all(whole: Path) -> None:
    run = load_run(next((whole / "runs").glob("*")))
    told = {
        read_reply(run.reply(line["reply"]), line["criterion"]).source
        for line in events(whole, "replied")
        if line["operator"] != "plan"
    }
    revisions = list_revisions(run)
    assert {read_source(run, one) for one in revisions} <= told
    assert all(set(one.predicted) == {f"{one.criterion}_share"} for one in revisions)
    assert max(one.number for one in revisions) > 1
    assert not any(line["renamed"] for line in events(whole, "revised"))


def test_a_reply_that_renames_a_feature_is_honoured(tmp_path: Path) -> None:
    class Renaming(FaultyDrafter):
        def text(self, brief: Brief) -> str:
            return super().text(brief).replace("_share", f"_part{brief.variant}")

    go(tmp_path, drafter=Renaming())
    names = {name for line in events(tmp_path, "revised") for name in line["predicted"]}
    assert len({name.rpartition("_")[2] for name in names}) > 1
