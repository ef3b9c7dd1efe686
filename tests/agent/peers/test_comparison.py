"""Rows that ask a model, from images to table: what leaves under which consent, and what comes back."""

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from scafe.agent.egress.scripted import ScriptedServer
from scafe.agent.peers.asking import AskRequest, ask_all
from scafe.agent.peers.question import Question
from scafe.evals.compare import comparison
from scafe.evals.compare.outward import ROWS, Answers, OutwardPeer, Which, outward_peers
from scafe.evals.compare.questions import require_consent, write_questions
from scafe.evals.peers.classical import Classical
from scafe.evals.peers.criteria import Column, CriteriaPeer
from scafe.evals.peers.peer import Card, Images, Rows, Sample, Setting, Train, UnavailableError, per_image
from scafe.evals.processes.compare import main
from scafe.evals.scoring.score import Task
from scafe.knowledge.contract.errors import DisclosureError

CHEST = Setting(("bacteria", "virus"), False, "radiograph")
LEVELS = ("none", "features", "pixels")
PATIENTS = 7


class Brightness:
    """View of these tests: it needs no sandbox."""

    key = "brightness of these tests"

    def rows(self, images: Images, keys: object) -> Rows:
        return per_image(lambda one: [one.image.mean(), one.image.std()], images)


OURS = CriteriaPeer("scafe-one-shot", "ours", Brightness(), (Column("bright", "opacity"), Column("sd", "b")))


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(comparison, "one_shot_peer", lambda pack, dataset, sandbox: OURS)
    rng = np.random.default_rng(0)
    lines = ["path,label,patient_id"]
    for place, label in enumerate(("bacteria", "virus")):
        for number in range(PATIENTS):
            image = rng.integers(40 + 60 * place, 200, (24, 24, 3)).astype(np.uint8)
            cv2.imwrite(str(tmp_path / f"secretfile{label}{number}.png"), image)
            lines.append(f"secretfile{label}{number}.png,{label},secretpatient{label}{number}")
    (tmp_path / "m.csv").write_text("\n".join(lines))
    return tmp_path / "m.csv"


def words(manifest: Path, allow: str, *rows: str) -> list[str]:
    out = manifest.parent / "out"
    asked = ("--model=scripted", f"--asked={out / 'asked'}")
    return [
        *(str(manifest), "--pack=radiograph.chest", f"--out={out}", "--draws=2", "--sizes=3", "--json"),
        *(*asked, f"--allow={allow}", f"--peers={','.join(rows)}", "--workers=1", "--locator=none"),
    ]


def questions(manifest: Path) -> list[dict]:
    path = manifest.parent / "out" / "asked" / "questions.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("allowed", LEVELS)
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_no_row_builds_a_question_above_the_consent(row: tuple, allowed: str, tmp_path: Path) -> None:
    peer = OutwardPeer(*row, allowed=allowed, answers=Answers(tmp_path, "m"))
    if LEVELS.index(allowed) >= LEVELS.index(peer.level):
        assert peer.views(CHEST)
        return
    with pytest.raises(UnavailableError, match=f"needs --allow-{peer.level}"):
        peer.views(CHEST)
    with pytest.raises(DisclosureError, match=f"allow it with --allow-{peer.level}"):
        write_questions(tmp_path, [(peer, [])], None)
    assert not list(tmp_path.iterdir())


def test_without_consent_no_question_is_written_and_no_socket_opened(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*given: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    main(words(manifest, "none", *(row[0] for row in ROWS)))
    document = json.loads(capsys.readouterr().out)
    assert document["waiting"] == 0
    assert questions(manifest) == []
    rows = {row["name"]: row for row in document["table"]["rows"]}
    assert {rows[row[0]]["status"] for row in ROWS} == {"unavailable"}


@pytest.mark.parametrize("failing", ["", "a view", "a fit", "an image", "an answer"])
def test_no_row_at_all_opens_a_socket_without_consent_whatever_fails(
    failing: str, manifest: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for way in ("connect", "connect_ex", "sendto", "sendmsg"):
        monkeypatch.setattr(socket.socket, way, _refused)
    monkeypatch.setattr(comparison, "plugged", lambda: (Failing(failing),))
    if failing == "an image":
        next(manifest.parent.glob("*.png")).write_bytes(b"no picture")
    if failing == "an answer":
        (manifest.parent / "out" / "asked").mkdir(parents=True)
        (manifest.parent / "out" / "asked" / "answers.jsonl").write_text("{")
    given = [one for one in words(manifest, "none") if not one.startswith("--peers")]
    with suppress(RuntimeError):  # of the peer of these tests; what it says stays on this machine
        main(given)
    told = capsys.readouterr().out
    assert questions(manifest) == []
    if not failing:
        rows = json.loads(told)["table"]["rows"]
        assert {row["name"] for row in rows if row["points"]} >= {"classical-ridge-whole", "prevalence"}


def _refused(*given: object) -> None:
    raise AssertionError("a socket was used")


@dataclass(frozen=True)
class Failing:
    """A peer that fails where it is told to, holding values of images."""

    where: str

    @property
    def card(self) -> Card:
        return Card("failing", "A peer of these tests", "network", "–")

    def views(self, setting: Setting) -> tuple:
        if self.where == "a view":
            raise RuntimeError(self.where)
        return (Classical("whole"),)

    def fit(self, train: Train) -> "Failing":
        if self.where == "a fit":
            raise RuntimeError(self.where)
        return self

    def predict(self, sample: Sample) -> np.ndarray:
        return np.full((len(sample), 2), 0.5)


def test_consent_to_values_writes_values_and_never_a_picture_a_file_or_a_patient(manifest: Path) -> None:
    main(words(manifest, "features", *(row[0] for row in ROWS)))
    written = questions(manifest)
    assert {one["row"] for one in written} == {"llm-features", "llm-verbal", "llm-reading"}
    text = json.dumps(written)
    assert '"picture"' not in text
    assert "secret" not in text


def test_consent_to_pixels_names_no_file_and_no_patient_either(manifest: Path) -> None:
    main(words(manifest, "pixels", "vlm"))
    written = questions(manifest)
    assert {one["row"] for one in written} == {row[0] for row in ROWS if row[0].startswith("vlm")}
    assert "secret" not in json.dumps(written)
    assert all(one["image"]["picture"] for one in written)


def test_a_row_waits_is_asked_and_stands_in_the_table(
    manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = words(manifest, "features", "llm-features", "llm-reading")
    main(given)
    first = json.loads(capsys.readouterr().out)
    assert first["waiting"] == len(questions(manifest)) > 0
    with ScriptedServer(_reply) as server:
        folder = manifest.parent / "out" / "asked"
        request = AskRequest(folder=folder, model="m", base_url=server.url, consent="features")
        ask_all(request, lambda told: None)
    main(given)
    second = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in second["table"]["rows"]}
    assert second["waiting"] == 0
    assert rows["llm-features"]["points"][0]["labels_touched"] == 0
    assert rows["llm-features"]["points"][0]["auc"]["value"] > 0.8
    assert rows["llm-features"]["shares"]["unreadable replies"] == 0
    assert rows["llm-reading"]["shares"]["unreadable replies"] == 1


def _reply(body: dict) -> str:
    asked = body["messages"][1]["content"]
    if "structured reading" in body["messages"][0]["content"]:
        return "I cannot say."
    bright = float(asked.split("- bright: ")[1].split("\n")[0])
    return json.dumps({"answer": "virus" if bright > 130 else "bacteria", "score": 0.8})


def test_every_question_that_is_written_can_be_asked(manifest: Path) -> None:
    main(words(manifest, "pixels", *(row[0] for row in ROWS)))
    assert all(Question.model_validate(one) for one in questions(manifest))


def sample(which: list[int], patients: list[str]) -> Train:
    rows = np.array(which, dtype=np.float64)[:, None]
    near = np.column_stack([rows, rows % 7])
    target = np.arange(len(which)) % 2
    views = {Which().key: rows, Classical("whole").key: near}
    return Train(views, tuple(patients), ("a", "b"), 1, Task(target, tuple(patients)))


@pytest.mark.parametrize("shots", ["few", "nearest"])
def test_examples_never_show_the_patient_that_is_asked_about(shots: str, tmp_path: Path) -> None:
    train = sample(list(range(12)), [f"p{number // 2}" for number in range(12)])
    peer = OutwardPeer("r", "t", "s", "pixels", "names", shots, "pixels", Answers(tmp_path, "m"))
    for asked, patient in zip(peer.fit(train).asked(train), train.patients, strict=True):
        shown = {train.patients[which] for which, _ in asked.examples}
        assert patient not in shown
        assert [label for _, label in asked.examples].count("a") == 3


def test_nearest_examples_are_the_nearest_of_each_class(tmp_path: Path) -> None:
    train = sample(list(range(20)), [f"p{number}" for number in range(20)])
    peer = OutwardPeer("r", "t", "s", "pixels", "names", "nearest", "pixels", Answers(tmp_path, "m"))
    asked = peer.fit(train).asked(Sample(train.select(np.arange(20) == 19).views, ("x",), ("a", "b")))[0]
    assert 19 in {which for which, label in asked.examples if label in ("a", "b")}


def test_another_model_is_another_row_of_cells(tmp_path: Path) -> None:
    first, second = (outward_peers("pixels", Answers(tmp_path / name, name))[0] for name in ("m", "n"))
    assert first.identity != second.identity
    require_consent(first)
