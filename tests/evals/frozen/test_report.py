"""The report: what page one says, that it says it offline, the same twice, and what hostile text becomes."""

import base64
import json
import re
import xml.etree.ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.seal import HEADLINE, MARKER, open_seal
from scafe.evals.report.blocks import Paragraph, Report, Section, table, to_markdown, visible
from scafe.evals.report.report import report_body, write_report
from scafe.evals.scoring.headline import Control, Headline

Open = Callable[..., Any]
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Collects what an accessibility or privacy check needs, and that tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open, f"unclosed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def session(open_toy: Open, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A session whose seal is open; its bundle lies beside the bench."""
    folder = tmp_path_factory.mktemp("report")
    session = open_toy(folder / "bench")
    freeze(session, session.refs(), str(folder / "frozen"), {})
    open_seal(session, str(folder / "frozen"), "Ada")
    return session


def written(session: Any, folder: Path, run: dict[str, Any] | None = None) -> dict[str, str]:
    """Write the report of a session whose seal is open."""
    folder.mkdir(exist_ok=True)
    bundle = str(session.folder.parent / "frozen")
    files = write_report(session, bundle, str(folder), run or {"drafter": "builtin"})
    return {kind: Path(path).read_text() for kind, path in files.items()}


@pytest.fixture(scope="module")
def texts(session: Any) -> dict[str, str]:
    return written(session, session.folder.parent / "run")


def test_page_one_carries_the_headline_with_its_company_and_no_clinical_use(texts: dict[str, str]) -> None:
    first = texts["md"].split("## What is called")[0]
    for wanted in (
        "Not a medical device",
        "sealed patients, scored once",
        "baseline: colour and texture, 33 features",
        "ScaFE minus baseline",
        "label-permutation control",
        "development score (optimistic)",
        "Noise floor",
        "calls no model",
    ):
        assert wanted in first, wanted
    assert re.search(r"AUC 0\.\d{3} \(0\.\d{3} to [01]\.\d{3}\) on the held-out test set", first)


def test_the_html_opens_without_script_network_or_file(texts: dict[str, str]) -> None:
    page = Page(texts["html"])
    assert not page.all("script") + page.all("link") + page.all("iframe")
    assert all((one["src"] or "").startswith("data:image/svg+xml;base64,") for one in page.all("img"))
    assert all((one["href"] or "").startswith("#") for one in page.all("a"))
    policy = next(
        one["content"] for one in page.all("meta") if "content-security" in str(one.get("http-equiv")).lower()
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"(src|href|url)\s*[=(]\s*[\"']?https?:", texts["html"])
    assert not any("style" in attributes for _, attributes in page.found)


def test_the_html_keeps_the_basics_of_accessibility(texts: dict[str, str]) -> None:
    page = Page(texts["html"])
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert all(len(one["alt"] or "") > 20 for one in page.all("img"))
    assert len(page.all("caption")) == len(page.all("table")) > 10
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(one["href"] or "")[1:] for one in page.all("a")} <= set(ids)
    assert '<th scope="col"></th>' not in texts["html"]


def test_every_figure_is_well_formed_and_followed_by_its_table(texts: dict[str, str]) -> None:
    data = json.loads(texts["json"])
    kinds = [block["kind"] for section in data["sections"] for block in section["blocks"]]
    places = [place for place, kind in enumerate(kinds) if kind == "figure"]
    assert len(places) >= 4
    for place in places:
        assert "table" in (kinds[place - 1], kinds[place + 1])
    for svg in re.findall(r"base64,([A-Za-z0-9+/=]+)", texts["html"]):
        xml.etree.ElementTree.fromstring(base64.b64decode(svg))


def test_two_reports_of_one_run_differ_in_the_line_of_times_alone(
    texts: dict[str, str], open_toy: Open, tmp_path: Path
) -> None:
    again = open_toy(tmp_path / "bench")
    freeze(again, again.refs(), str(tmp_path / "frozen"), {})
    open_seal(again, str(tmp_path / "frozen"), "Ada")
    marker = again.folder / MARKER
    marker.write_text(
        json.dumps({**json.loads(marker.read_text()), "opened_at": "1999-12-31T23:59:59+00:00"})
    )
    second = written(again, tmp_path)
    for kind in ("html", "md", "json"):
        assert texts[kind] != second[kind]
        assert report_body(texts[kind]) == report_body(second[kind])
        assert "1999" not in report_body(second[kind])
        assert len(texts[kind].splitlines()) - len(report_body(texts[kind]).splitlines()) == 1


def test_markdown_and_json_have_the_rows_of_the_html(texts: dict[str, str]) -> None:
    blocks = [block for section in json.loads(texts["json"])["sections"] for block in section["blocks"]]
    rows = [row for block in blocks for row in block.get("rows", ())]
    assert len(rows) > 60
    assert len(rows) == len(re.findall(r'<th scope="row"', texts["html"]))
    assert len(rows) == len(re.findall(r"^\| (?!.*---)", texts["md"], re.MULTILINE)) - len(
        [block for block in blocks if block["kind"] == "table"]
    )


def test_no_patient_and_no_path_of_this_machine_is_in_a_report(session: Any, texts: dict[str, str]) -> None:
    for text in texts.values():
        assert str(session.folder.parent) not in text
        assert not any(name in text for name in session.names)


def test_an_accepted_null_voids_the_claim_in_words_before_the_number(session: Any, tmp_path: Path) -> None:
    path = session.folder / HEADLINE
    good = path.read_text()
    headline = Headline.model_validate_json(good)
    failed = Control(name="noise", what="20 features of pure noise", result="15 accepted", passed=False)
    controls = headline.controls.model_copy(update={"items": (failed,)})
    path.write_text(headline.model_copy(update={"controls": controls}).model_dump_json())
    text = written(session, tmp_path)["md"]
    path.write_text(good)
    assert 0 < text.index("NO CLAIM CAN BE MADE FROM THIS RUN") < text.index("Result and comparisons")


def test_a_closed_and_a_burnt_seal_are_told_apart_and_give_no_number(open_toy: Open, tmp_path: Path) -> None:
    session = open_toy(tmp_path / "bench")
    freeze(session, session.refs(), str(tmp_path / "frozen"), {})
    closed = written(session, tmp_path)["md"]
    assert "the held-out test set was left sealed" in closed
    (session.folder / MARKER).write_text("{}")
    burnt = written(session, tmp_path)["md"]
    assert "The set may be scored only once" in burnt
    assert "baseline: colour" not in closed + burnt


def test_replies_are_counted_by_what_they_held(session: Any, tmp_path: Path) -> None:
    told = {"replies": {"extractor": 9, "declined": 2, "broken": 1}}
    text = written(session, tmp_path, told)["md"]
    for row in ("held an extractor | 9", "declined: nothing better | 2", "could not be read | 1"):
        assert f"replies that {row}" in text


def test_what_left_the_machine_and_what_it_cost_are_shown_as_told(session: Any, tmp_path: Path) -> None:
    run = {
        "drafter": "openai:some-model",
        "egress": {"bytes": 48213, "calls": 12, "hosts": ["models.example"], "level": "aggregates"},
        "budget": {"cost": 0.84, "currency": "EUR", "tokens": 31000},
        "calls": 12,
        "max_calls": 40,
        "revisions": [{"name": "r000", "criterion": "redness", "standing": "pooled", "sha256": "ab" * 32}],
    }
    text = written(session, tmp_path, run)["md"]
    for wanted in ("models.example", "48213", "12 of 40", "0.84", "redness/r000", "cost per feature"):
        assert wanted in text


HOSTILE = "</td><script>x</script><img src=x onerror=y> | **bold** [a](javascript:b) \u202egnp.exe\u200b"


def test_hostile_text_stays_text_in_every_form(session: Any, tmp_path: Path) -> None:
    run = {
        "drafter": HOSTILE,
        "egress": {"hosts": [HOSTILE]},
        "revisions": [{"name": HOSTILE, "reasons": [HOSTILE]}],
    }
    texts = written(session, tmp_path, run)
    page = Page(texts["html"])
    assert not page.all("script")
    assert len(page.all("img")) == texts["html"].count("data:image/svg+xml;base64,")
    assert "<script" not in texts["md"]
    assert not re.search(r"(?<!\\)\]\(javascript", texts["md"])
    for text in (texts["html"], texts["md"]):
        assert "\u202e" not in text
        assert "⟨U+202E⟩" in text


def test_a_cell_cannot_break_out_of_a_markdown_table() -> None:
    one = Report(
        title="t",
        sections=(Section(id="s", title="s", blocks=(table("c", ("a", "b"), [("x | y\n| z", "1")]),)),),
    )
    row = to_markdown(one, "now").splitlines()[-1]
    assert len(re.findall(r"(?<!\\)\|", row)) == 3


def test_what_cannot_be_seen_is_shown_by_its_code_and_a_report_keeps_its_times_on_one_line() -> None:
    assert visible("a\u202eb\u200bc\x07") == "a⟨U+202E⟩b⟨U+200B⟩c⟨U+0007⟩"
    one = Report(title="t", sections=(Section(id="s", title="s", blocks=(Paragraph(text="p"),)),))
    text = to_markdown(one, "then\nTimes: forged\nmore")
    assert len(report_body(text).splitlines()) == len(text.splitlines()) - 1


class TestAbstract:
    def test_stands_first_and_has_ten_lines(self, session: Any, tmp_path: Path) -> None:
        report = json.loads(written(session, tmp_path / "a")["json"])
        first = report["sections"][0]
        assert (first["id"], len(first["blocks"][0]["items"])) == ("abstract", 10)

    def test_says_the_headline_with_its_interval_and_the_control(self, session: Any, tmp_path: Path) -> None:
        text = written(session, tmp_path / "a")["md"]
        told = text[text.index("## Abstract") : text.index("## What this is")]
        headline = Headline.model_validate_json((session.folder / HEADLINE).read_bytes())
        assert f"{headline.model.auc.value:.3f} ({headline.model.auc.low:.3f}" in told
        assert f"{headline.permuted.auc:.3f}" in told
        assert "not a medical device" in told.lower()

    def test_claims_nothing_where_a_control_failed(self, session: Any, tmp_path: Path) -> None:
        path = session.folder / HEADLINE
        before = path.read_bytes()
        headline = Headline.model_validate_json(before)
        void = Control(name="noise", what="20 features of pure noise", result="15 accepted", passed=False)
        broken = headline.model_copy(
            update={"controls": headline.controls.model_copy(update={"items": (void,)})}
        )
        path.write_text(broken.model_dump_json())
        try:
            text = written(session, tmp_path / "a")["md"]
        finally:
            path.write_bytes(before)
        assert "Result: none may be claimed" in text


def test_the_contents_name_every_section_and_print_hides_them(session: Any, tmp_path: Path) -> None:
    text = written(session, tmp_path / "a")["html"]
    ids = re.findall(r'<section id="([^"]+)"', text)
    contents = text[text.index("<nav") : text.index("</nav>")]
    assert re.findall(r'href="#([^"]+)"', contents) == ids
    assert "nav { display: none; }" in text[text.index("@media print") :]
