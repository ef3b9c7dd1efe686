"""Locators are drafted, probed, mended and fixed in the loop, before any criterion is."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from locating_stand_ins import LocatingBench, LocatingDrafter, located
from loop_runs import Failing, KilledError, check_kill_points, events, go, go_on
from loop_stand_ins import FaultyDrafter, fingerprint

from scafe.agent.brief.brief import LocatorBrief, read_brief
from scafe.agent.cli.main import main
from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.drafters.replay import ReplayDrafter
from scafe.agent.record.revisions import list_revisions
from scafe.agent.record.run_folder import load_run
from scafe.agent.record.seal import verify_run
from scafe.agent.record.trace import trace_body
from scafe.agent.terminal.sayings import in_words
from scafe.knowledge.contract.errors import BudgetError, InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("located")
    assert located(root).status == "frozen"
    return root


def briefs(root: Path) -> list[LocatorBrief]:
    folder = load_run(next((root / "runs").glob("*")))
    asked = [line for line in events(root, "replied") if line["criterion"] == "locator"]
    return [read_brief(folder.brief(line["brief"])) for line in asked]


def test_locators_come_before_the_plan_and_are_probed_compared_and_fixed(run: Path) -> None:
    kinds = [line["kind"] for line in events(run)]
    assert kinds.index("locator_chosen") < kinds.index("planned")
    of_locators = [line["kind"] for line in events(run)][: kinds.index("locator_chosen")]
    assert {"replied", "revised", "judged", "located", "discarded"} <= set(of_locators)
    chosen = events(run, "locator_chosen")[0]
    assert chosen["revision"] == "locator/r001"
    assert chosen["locator"]["chosen"] == "draft"


def test_at_most_three_are_drafted_and_two_mended_and_every_call_counts(run: Path) -> None:
    asked = [line["operator"] for line in events(run, "replied") if line["criterion"] == "locator"]
    assert asked == ["locate", "locate", "locate", "relocate", "relocate"]
    assert events(run, "run_finished")[0]["calls"] == len(events(run, "replied")) <= 30


def test_what_could_not_be_read_is_mended_first_and_then_what_the_images_speak_against(run: Path) -> None:
    first, second = briefs(run)[3:]
    assert "no Python module was found" in first.complaint
    assert second.card is not None
    assert (second.card.agreement, second.verdict.findings) == (".5-.75", ())


def test_a_brief_for_a_locator_names_no_class_and_no_criterion(run: Path) -> None:
    text = "".join(one.model_dump_json() for one in briefs(run))
    assert "keloid" not in text.replace("scar.vss", "")
    assert not {"classes", "criterion", "criteria", "feedback"} & set(LocatorBrief.model_fields)


def test_revisions_of_locators_are_files_with_what_was_seen_of_them(run: Path) -> None:
    folder = load_run(next((run / "runs").glob("*")))
    found = [one for one in list_revisions(folder) if one.criterion == "locator"]
    assert [one.standing for one in found].count("chosen") == 1
    assert all(one.located is not None and one.located.card is not None for one in found)
    assert verify_run(folder.path).faults == ()


def test_where_no_draft_passes_the_probes_the_one_that_ships_is_taken_and_the_report_is_told(
    tmp_path: Path,
) -> None:
    bench = LocatingBench(tmp_path / "bench", rejects=lambda source: True)
    outcome = located(tmp_path, bench=bench)
    assert bench.chosen == [()]
    chosen = events(tmp_path, "locator_chosen")[0]
    assert (chosen["revision"], chosen["locator"]["chosen"]) == ("", "reference")
    told = json.loads((outcome.run / "report.html").read_text())["locator"]
    assert told["why"] == "no draft passed the probes and fits the images"


def test_a_rejected_draft_goes_back_with_its_findings(tmp_path: Path) -> None:
    located(tmp_path, bench=LocatingBench(tmp_path / "bench", rejects=lambda source: True))
    mending = [one for one in briefs(tmp_path) if one.operator == "relocate"]
    assert any(one.verdict is not None and one.verdict.findings[0].code == "misses" for one in mending)


def test_without_a_locator_to_draft_nothing_of_it_is_asked(tmp_path: Path) -> None:
    go(tmp_path)
    assert "locator" not in {line["criterion"] for line in events(tmp_path, "replied")}


def test_a_run_of_few_calls_spends_none_of_its_last_three_on_locators(tmp_path: Path) -> None:
    located(tmp_path, max_calls=4)
    assert not [line for line in events(tmp_path, "replied") if line["criterion"] == "locator"]
    assert events(tmp_path, "locator_chosen")[0]["locator"]["chosen"] == "reference"


def test_a_cap_among_locators_ends_the_search_with_the_one_that_ships(tmp_path: Path) -> None:
    class Capped(LocatingDrafter):
        def draft(self, brief):
            raise BudgetError("the cap of 3 dollars is reached")

    outcome = located(tmp_path, drafter=Capped())
    assert outcome.status == "no_acceptable_set"
    assert "3 dollars" in events(tmp_path, "cap_reached")[0]["why"]
    assert events(tmp_path, "locator_chosen")[0]["revision"] == ""


def test_a_pack_with_a_criterion_of_that_name_is_refused_in_words(tmp_path: Path) -> None:
    from scafe.knowledge.criteria.pack import pack_path

    mine = tmp_path / "mine.yaml"
    mine.write_text(pack_path("scar.vss").read_text().replace("id: vascularity", "id: locator"))
    with pytest.raises(InputError, match="give it another id"):
        located(tmp_path, pack=str(mine))


def test_an_answer_of_a_killed_run_is_not_asked_for_again_once_its_step_is_done(tmp_path: Path) -> None:
    def listener(line: dict) -> None:
        if line["kind"] == "locator_chosen":
            raise KilledError

    with pytest.raises(KilledError):
        located(tmp_path, listener=listener)
    asked = (tmp_path / "asked.log").read_text().splitlines()
    more = {"drafter": LocatingDrafter(tmp_path / "asked.log"), "bench": LocatingBench(tmp_path / "bench")}
    assert go_on(tmp_path, **more).status == "frozen"
    later = (tmp_path / "asked.log").read_text().splitlines()[len(asked) :]
    assert not set(asked) & set(later)


def test_killed_among_its_locators_a_run_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    check_kill_points(tmp_path, ["4", "7-30", "12", "19"], "5", drafter="locating")


def test_replayed_the_locators_come_out_the_same(run: Path, tmp_path: Path) -> None:
    class Replayed(ReplayDrafter):
        def __init__(self) -> None:
            super().__init__(next((run / "runs").glob("*")), DrafterSettings())
            self.name = FaultyDrafter.name

    assert located(tmp_path, drafter=Replayed()).status == "frozen"
    same = fingerprint(run)
    assert {**fingerprint(tmp_path), "body": ""} == {**same, "body": ""}
    assert without_usage(tmp_path) == without_usage(run)


def without_usage(root: Path) -> list[dict]:
    lines = trace_body(next((root / "runs").glob("*")) / "events.jsonl").splitlines()
    return [{**json.loads(line), "usage": None} for line in lines]


def test_an_endpoint_that_fails_among_locators_pauses_the_run(tmp_path: Path) -> None:
    from scafe.knowledge.contract.errors import ModelError

    outcome = located(tmp_path, drafter=Failing(ModelError("the endpoint answered 503"), after=0))
    assert (outcome.status, outcome.exit_code) == ("interrupted", 5)


def test_every_event_about_a_locator_is_said_in_a_line(run: Path) -> None:
    told = {line["kind"]: in_words(line) or "" for line in events(run) if line.get("criterion") == "locator"}
    assert told["judged"].endswith("passed the probes on synthetic images")
    assert "no locator could be read" in told["discarded"]
    located = in_words(events(run, "located")[0])
    assert located is not None
    assert "something found on 80-100% of the images, area 3-15% of the frame, Dice .5-.75" in located
    chosen = in_words(events(run, "locator_chosen")[0])
    assert chosen is not None
    assert chosen.startswith("masks of the scar by locator/r001 (agrees most")


def test_the_command_line_shows_the_locators_of_a_run_and_what_tells_them_apart(run: Path) -> None:
    folder = next((run / "runs").glob("*"))
    told = CliRunner().invoke(main, ["runs", "show", str(folder)]).output
    assert "locator/r001  locate  chosen" in told
    assert "locator/r002  locate  turned_away" in told
    diff = CliRunner().invoke(main, ["runs", "diff", str(folder), "locator/r001", "locator/r002"])
    assert diff.exit_code == 0, diff.output
    assert "standing: chosen → turned_away" in diff.output
