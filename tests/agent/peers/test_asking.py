"""Questions to an endpoint: nothing above the consent is sent, nothing is paid twice."""

import base64
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from scafe.agent.egress.scripted import ScriptedServer
from scafe.agent.peers.asking import ANSWERS, AskRequest, ask_all
from scafe.agent.peers.question import Question, QuestionPayload, Shown
from scafe.knowledge.contract.errors import EgressError, ModelError

GOOD = '{"thoughts": "t", "answer": "mel", "score": 0.9}'


def picture(seed: int) -> str:
    image = np.random.default_rng(seed).integers(0, 256, (24, 24, 3)).astype(np.uint8)
    return base64.b64encode(cv2.imencode(".png", image)[1].tobytes()).decode()


def question(number: int, level: str = "features") -> Question:
    one = Shown(features={"area": f"{number}.5"}) if level == "features" else Shown(picture=picture(number))
    example = one.model_copy(update={"label": "nv"})
    return Question(
        id=f"{number:032x}",
        row=f"row-{level}",
        level=level,
        wording="features" if level == "features" else "names",
        classes=("mel", "nv"),
        image=one,
        examples=(example,) if level == "pixels" else (),
    )


def lay(folder: Path, *questions: Question) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "questions.jsonl").write_text("".join(f"{one.model_dump_json()}\n" for one in questions))
    return folder


def ask(folder: Path, server: ScriptedServer, consent: str = "features", **more: object) -> dict:
    request = AskRequest(folder=folder, model="scripted", base_url=server.url, consent=consent, **more)
    return ask_all(request, lambda told: None)


def answers(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / ANSWERS).read_text().splitlines()]


def test_values_go_out_in_words_and_come_back_as_probabilities(tmp_path: Path) -> None:
    with ScriptedServer([GOOD, "no idea"]) as server:
        ask(lay(tmp_path, question(1), question(2)), server)
        sent = server.served.bodies[0]["messages"][1]["content"]
    assert "- area: 1.5" in sent
    first, second = answers(tmp_path)
    assert first["probabilities"] == pytest.approx([0.9, 0.1])
    assert (second["probabilities"], second["failure"]) == (None, "no JSON object")


def test_pictures_go_out_whole_and_their_bytes_are_counted(tmp_path: Path) -> None:
    one = question(1, "pixels")
    with ScriptedServer([GOOD]) as server:
        ask(lay(tmp_path, one), server, "pixels")
        parts = server.served.bodies[0]["messages"][1]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert urls == [f"data:image/png;base64,{one.image.picture}"] * 2
    assert answers(tmp_path)[0]["pixel_bytes"] == 2 * len(base64.b64decode(one.image.picture))


def test_consent_to_values_sends_no_picture_and_no_question_beside_it(tmp_path: Path) -> None:
    with ScriptedServer([GOOD] * 3) as server:
        with pytest.raises(EgressError, match="row row-pixels sends pixels"):
            ask(lay(tmp_path, question(1), question(2, "pixels")), server, "features")
        assert server.served.heads == []


def test_a_picture_in_a_question_that_declares_values_is_not_sent(tmp_path: Path) -> None:
    lied = question(1, "pixels").model_copy(update={"level": "features"})
    assert all(isinstance(content, str) for _, content in QuestionPayload(lied).said)
    assert lied.image.picture not in json.dumps(QuestionPayload(lied).said)


def test_the_folder_of_the_data_never_leaves(tmp_path: Path) -> None:
    told = question(1).model_copy(update={"criteria": ("see /data/clinic/patients.csv",)})
    with ScriptedServer([GOOD]) as server:
        with pytest.raises(EgressError, match="which may not leave; nothing was sent"):
            ask(lay(tmp_path, told), server, never_send=("/data/clinic/patients.csv",))
        assert server.served.heads == []


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    with ScriptedServer([GOOD] * 5) as server:
        ask(lay(tmp_path, question(1), question(2)), server)
        ask(lay(tmp_path, question(1), question(2), question(3)), server)
        assert server.served.calls == 3
    assert len(answers(tmp_path)) == 3


def test_an_endpoint_that_goes_in_the_middle_leaves_what_it_answered_and_is_not_paid_twice(
    tmp_path: Path,
) -> None:
    folder = lay(tmp_path, question(1), question(2))
    with ScriptedServer([GOOD, {"status": 401, "message": "gone"}]) as server, pytest.raises(ModelError):
        ask(folder, server)
    assert [one["id"] for one in answers(folder)] == [question(1).id]
    with ScriptedServer([GOOD]) as server:
        ask(folder, server)
        assert server.served.calls == 1
    assert len(answers(folder)) == 2


def test_a_cap_on_questions_stops_before_the_next(tmp_path: Path) -> None:
    with ScriptedServer([GOOD] * 3) as server:
        with pytest.raises(ModelError, match="calls"):
            ask(lay(tmp_path, question(1), question(2)), server, max_calls=1)
        assert server.served.calls == 1
    assert len(answers(tmp_path)) == 1
