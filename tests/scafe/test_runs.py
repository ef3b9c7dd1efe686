"""A run on disk, read from Python: the committed reference runs, which earlier code wrote."""

import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

import scafe
from scafe.agent.record.revisions import Revision
from scafe.knowledge.contract.errors import InputError, IntegrityError
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.pages import run_page
from scafe.sandbox.probes.verdict import Finding, Verdict

REFERENCE = Path(__file__).parents[2] / "runs" / "reference"
NAMES = ("builtin", "played-dermoscopy", "played-scar")
NASTY = '<img src=x onerror="alert(1)"> & <script>'


@pytest.fixture
def run() -> scafe.Run:
    return scafe.load_run(REFERENCE / "builtin")


class Tags(HTMLParser):
    """Collects the tags of a page and what stands between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_run_is_read(name: str) -> None:
    found = scafe.load_run(str(REFERENCE / name))
    kinds = [one["kind"] for one in found.events()]
    assert (kinds[0], kinds[-1], found.status) == ("run_started", "run_finished", "frozen")
    assert found.scores is not None
    assert found.scores.auc is not None
    assert kinds.count("revised") == len(found.revisions)
    assert found.bundle is not None
    assert len(found.summary) == 5
    assert found.report == found.path / "report.html"


def test_events_are_read_one_at_a_time(run: scafe.Run) -> None:
    events = run.events()
    assert isinstance(events, Iterator)
    assert next(events)["n"] == 0


def test_an_edited_event_is_met_where_it_stands(tmp_path: Path) -> None:
    folder = shutil.copytree(REFERENCE / "builtin", tmp_path / "copy")
    path = folder / "events.jsonl"
    path.write_text(path.read_text().replace('"mode": "blind"', '"mode": "gated"', 1))
    with pytest.raises(IntegrityError, match="line 3: carries another hash"):
        list(scafe.load_run(folder).events())


def test_a_revision_is_read_with_its_source(run: scafe.Run) -> None:
    for one in run.revisions:
        assert parse_extractor(run.source(one)).criterion == one.criterion
    assert run.source("height/r001") == run.source(run.revision("height/r001"))
    with pytest.raises(InputError, match="no revision 'height/r099'"):
        run.source("height/r099")


def test_a_run_is_found_by_name_by_part_of_it_and_by_last(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE / "played-scar", tmp_path / "20260101T000000Z-first-aaaa")
    shutil.copytree(
        REFERENCE / "builtin", tmp_path / "20260102T000000Z-second-bbbb"
    )  # begun seven hours later
    assert scafe.load_run("first", out=tmp_path).name.endswith("first-aaaa")
    assert scafe.load_run("last", out=str(tmp_path)).name.endswith("second-bbbb")
    with pytest.raises(InputError, match="it could be"):
        scafe.load_run("2026", out=tmp_path)


def test_what_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(scafe.ScafeError, match="see `scafe runs list`"):
        scafe.load_run(tmp_path)


def test_a_frame_has_a_row_for_each_probed_feature(run: scafe.Run) -> None:
    frame = run.to_frame()
    features = [(one.name, f.name) for one in run.revisions if one.verdict for f in one.verdict.features]
    assert list(zip(frame["revision"], frame["feature"], strict=True)) == features
    assert frame["stability"].between(-1, 1).all()
    assert set(frame["criterion"]) <= {one.criterion for one in run.revisions}


def test_without_pandas_a_frame_says_how_to_get_it(run: scafe.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        run.to_frame()


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_headline_features_and_verdicts(name: str) -> None:
    found = scafe.load_run(REFERENCE / name)
    page = Tags(found._repr_html_())
    assert page.open == []
    assert found.summary[1] in page.text
    assert found.bundle is not None
    assert all(one.column in page.text for one in found.bundle.features)
    assert all(one.name in page.text for one in found.revisions)
    assert "For research only" in page.text


def test_what_a_model_wrote_cannot_run_in_the_notebook() -> None:
    finding = Finding(code=NASTY, severity="reject", feature=NASTY, message=NASTY)
    verdict = Verdict(extractor="0" * 64, criterion=NASTY, findings=(finding,))
    revision = Revision(
        criterion=NASTY, number=1, sha256="0" * 64, operator="draft", round=0, verdict=verdict
    )
    page = Tags(run_page(NASTY, [NASTY], (), [revision]))
    assert not {"img", "script"} & page.tags
    assert page.text.count(NASTY) == 5  # head, line, revision, code, feature; the message is in a title
