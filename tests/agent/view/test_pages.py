"""What an auditor finds, and where: on the reference runs, from their own files."""

import shutil
import subprocess
from pathlib import Path

import pytest
from viewer_stand_ins import PAGES, REFERENCE, Open, loaded

from scafe.agent.egress.sent import list_sent
from scafe.agent.record.revisions import list_revisions
from scafe.agent.record.run_folder import load_run
from scafe.agent.record.signature import sign_run
from scafe.agent.view.reading.code import around_changes, side_by_side
from scafe.agent.view.reading.index import RunIndex


@pytest.mark.parametrize("address", PAGES)
def test_every_page_of_the_reference_runs_opens(open_viewer: Open, address: str) -> None:
    answer = open_viewer(REFERENCE).get(address)
    assert answer.status_code == 200
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", ["builtin", "played-scar", "played-dermoscopy"])
class TestIndex:
    def test_tells_of_every_revision_what_its_record_tells(self, name: str) -> None:
        cells = RunIndex(REFERENCE / name).now(patience=30).happened.cells
        records = list_revisions(load_run(REFERENCE / name))
        assert {one.name: (one.sha256, one.operator, one.parents, one.round) for one in records} == {
            cell.name: (cell.sha256, cell.operator, cell.parents, cell.round) for cell in cells.values()
        }
        rejected = {one.name for one in records if one.standing == "turned_away"}
        assert rejected == {cell.name for cell in cells.values() if cell.standing == "rejected"}

    def test_reads_the_same_in_one_go_and_as_the_trace_grows(self, name: str, tmp_path: Path) -> None:
        data = (REFERENCE / name / "events.jsonl").read_bytes()
        growing = RunIndex(tmp_path)
        for end in (1, 700, len(data) // 2, len(data) - 1, len(data)):
            with (tmp_path / "events.jsonl").open("ab") as file:
                file.write(data[file.tell() : end])
            snapshot = growing.now(patience=30)
        whole = RunIndex(REFERENCE / name).now(patience=30)
        assert snapshot.happened == whole.happened
        assert (snapshot.head, snapshot.fault) == (whole.head, "")


@pytest.mark.parametrize("name", ["played-scar", "played-dermoscopy"])
def test_egress_shows_every_body_that_was_sent(open_viewer: Open, name: str) -> None:
    sent, viewer = list_sent(REFERENCE / name), open_viewer(REFERENCE)
    listed = viewer.get(f"/run/{name}/egress").text
    assert listed.count(">request ") == len(sent)
    assert all(f">{one.bytes}</td>" in listed for one in sent)


def test_a_search_finds_the_requests_that_hold_the_words(open_viewer: Open) -> None:
    viewer = open_viewer(REFERENCE)
    hits = viewer.get("/run/played-scar/egress", params={"q": "HATCH_MARKS"}).text.count(">request ")
    holding = [one for one in list_sent(REFERENCE / "played-scar") if "hatch_marks" in one.body.lower()]
    assert hits == len(holding) > 0


def test_a_call_leads_to_exactly_what_was_sent_for_it(open_viewer: Open) -> None:
    text = open_viewer(REFERENCE).get("/run/played-scar/egress/call/9").text
    assert "call 9" in text
    assert "vascularity/r001" in text


def test_runs_sort_and_filter(open_viewer: Open) -> None:
    viewer = open_viewer(REFERENCE)
    rising = viewer.get("/", params={"sort": "auc", "order": "up"}).text
    falling = viewer.get("/", params={"sort": "auc", "order": "down"}).text
    order = [rising.index(f'/run/{name}"') for name in ("builtin", "played-scar", "played-dermoscopy")]
    assert order == sorted(order)
    assert falling.index('/run/builtin"') > falling.index('/run/played-dermoscopy"')
    assert 'href="/run/builtin"' not in viewer.get("/", params={"pack": "dermoscopy.abcd"}).text
    assert viewer.get("/", params={"sort": "colour"}).status_code == 404


def test_equal_sources_show_no_change_and_a_changed_line_stands_beside_its_other() -> None:
    source = (REFERENCE / "builtin/revisions/pigmentation/r001.py").read_text()
    assert around_changes(side_by_side(source, source)) == []
    rows = side_by_side(source, source.replace("import cv2", "import cv2 as cv"))
    changed = [row for row in rows if row.kind != "same"]
    assert [(row.before.number, row.after.number) for row in changed if row.before and row.after] == [
        (changed[0].before.number, changed[0].before.number)  # type: ignore[union-attr]
    ]


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen: signatures were not shown")
def test_a_signature_is_checked_when_the_page_is_loaded(copied: Path, open_viewer: Open) -> None:
    key = copied.parent / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert "not signed" in loaded(open_viewer(copied), "/run/scar/integrity")
    sign_run(copied / "scar", key)
    assert "good, by key SHA256:" in loaded(open_viewer(copied), "/run/scar/integrity")
    seal = copied / "scar" / "SEAL.json"
    seal.write_bytes(seal.read_bytes().replace(b'"format": 1', b'"format":  1'))
    assert "<b>not good</b>" in loaded(open_viewer(copied), "/run/scar/integrity")
