"""Picture and report on a tiny Swin and a tiny BERT of random weights: plumbing that never gets a number."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scafe.evals.compare import comparison
from scafe.evals.peers.criteria import Column, CriteriaPeer
from scafe.evals.peers.found import shipped
from scafe.evals.peers.image_text import FolderNote, LocalModel, open_models
from scafe.evals.peers.local_network import local_network_peers
from scafe.evals.peers.peer import Images, Rows, Setting, Train, per_image
from scafe.evals.peers.reports.aligned import ImageTextPeer, image_text_peer
from scafe.evals.peers.reports.views import KEY, TOKENS, Places, Tokens, packed, unpacked
from scafe.evals.processes.compare import main
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.stats import auc
from scafe.sandbox.pool.pool import ImageAndMask

WORDS = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "one",
    "two",
    "colours",
    "regular",
    "network",
    "finding",
)
RANDOM = {"name": "tiny", "licence": "none", "weights": "random"}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a Swin and a BERT of a few thousand random weights."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    place = tmp_path_factory.mktemp("networks")
    for name in ("tiny-swin", "tiny-bert"):
        (place / name).mkdir()
        (place / name / "scafe.json").write_text(json.dumps(RANDOM))
    swin = {"image_size": 32, "patch_size": 4, "embed_dim": 8, "window_size": 2, "depths": [1, 1]}
    transformers.SwinModel(transformers.SwinConfig(**swin, num_heads=[1, 2])).save_pretrained(
        place / "tiny-swin"
    )
    (place / "tiny-bert" / "vocab.txt").write_text("\n".join(WORDS))
    bert = {"vocab_size": len(WORDS), "hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 16}
    config = transformers.BertConfig(**bert, num_attention_heads=2, max_position_embeddings=TOKENS)
    transformers.BertModel(config).save_pretrained(place / "tiny-bert")
    transformers.BertTokenizer(str(place / "tiny-bert" / "vocab.txt")).save_pretrained(place / "tiny-bert")
    return place


def pictures(number: int) -> list[ImageAndMask]:
    rng = np.random.default_rng(0)
    return [
        ImageAndMask(rng.integers(0, 256, (40, 36, 3)).astype(np.uint8), np.ones((40, 36), bool))
        for _ in range(number)
    ]


def texts(number: int) -> dict[str, str]:
    """Return reports that tell odd from even, by a word that names no class."""
    return {
        f"{place}": f"{'one' if place % 2 else 'two'} colours{' regular' * (place % 3)} network"
        for place in range(number)
    }


def seen(peer: ImageTextPeer, number: int, said: dict[str, str], seed: int = 3) -> Train:
    views = peer.views(Setting(("mel", "nv"), False, texts=said))
    names = tuple(f"p{place}" for place in range(number))
    keys = [f"{place}" for place in range(number)]
    rows = {view.key: view.rows(pictures(number), keys) for view in views}
    return Train(rows, names, ("mel", "nv"), seed, Task(np.arange(number) % 2, names))


def test_the_head_learns_what_only_the_report_tells_and_gives_the_same_twice(networks: Path) -> None:
    peer = image_text_peer(open_models(networks))
    train = seen(peer, 32, texts(32))
    first, second = (peer.fit(train).predict(train.unlabelled()) for _ in range(2))
    assert np.array_equal(first, second)
    assert auc(first[:, 0], train.task.target == 1) > 0.9
    assert first.sum(axis=1) == pytest.approx(1)


def test_padding_behind_a_report_changes_nothing(networks: Path) -> None:
    peer = image_text_peer(open_models(networks))
    train = seen(peer, 24, texts(24))
    fitted = peer.fit(train)
    key = next(key for key in train.views if key.startswith(KEY))
    states = unpacked(train[key]).copy()
    states[states[:, :, -1] == 0] = 0  # what a BERT leaves on places without a token
    other = {**train.views, key: np.array([packed(one) for one in states])}
    changed = Train(other, train.patients, train.classes, train.seed, train.task)
    assert np.allclose(fitted.predict(train.unlabelled()), fitted.predict(changed.unlabelled()), atol=1e-5)


def test_the_contrastive_loss_is_least_for_a_pictures_own_report(networks: Path) -> None:
    torch = pytest.importorskip("torch")
    from scafe.evals.peers.reports.alignment import build_alignment

    torch.manual_seed(0)
    head = build_alignment((4, 6), (5, 7), 2).eval()
    with torch.no_grad():
        head.read.load_state_dict(head.see.state_dict())  # one projection: a report can be its picture's twin
    places = torch.randn(6, 4, 6)
    report = torch.cat([places.mean(1, keepdim=True).expand(-1, 5, -1), torch.ones(6, 5, 1)], dim=2)
    targets = torch.zeros(6, dtype=torch.long)
    with torch.no_grad():
        head.classify[1].weight.zero_()  # leaves the contrastive part alone
        own, others = (
            float(head.loss(torch.cat([places.flatten(1), one.flatten(1)], 1), targets))
            for one in (report, report.roll(1, 0))
        )
    assert own < others


def test_other_texts_are_another_view_and_a_text_belongs_to_its_image(networks: Path) -> None:
    peer = image_text_peer(open_models(networks))
    _, first = peer.views(Setting(("mel", "nv"), False, texts=texts(6)))
    _, second = peer.views(Setting(("mel", "nv"), False, texts={**texts(6), "0": "regular network"}))
    assert isinstance(first, Tokens)
    assert first.key != second.key
    rows = first.rows(pictures(2), ["0", "1"])
    assert np.array_equal(rows[::-1], first.rows(pictures(2), ["1", "0"]))


def test_a_bert_is_no_row_of_its_own_and_random_weights_say_so(networks: Path) -> None:
    models = open_models(networks)
    assert [one.card.name for one in local_network_peers(models)] == [
        "network-whole-tiny-swin", "network-crop-tiny-swin",
    ]  # fmt: skip
    assert image_text_peer(models).card.weights.words == "random: plumbing only"
    assert [one.card.name for one in shipped(networks)].count("image-text") == 1


def test_one_random_network_of_two_makes_the_row_plumbing() -> None:
    pair = [
        LocalModel(Path("x"), FolderNote(name=kind, licence="MIT", weights=weights), kind, "0" * 64)
        for kind, weights in (("swin", "pretrained"), ("bert", "random"))
    ]
    assert image_text_peer(pair).card.weights.kind == "random"
    assert ImageTextPeer().card.weights.kind == "none"
    assert Places(pair[0]).key != Places(LocalModel(Path("x"), pair[0].note, "swin", "1" * 64)).key


class Brightness:
    """View of these tests: it needs no sandbox."""

    key = "brightness of these tests"

    def rows(self, images: Images, keys: object) -> Rows:
        return per_image(lambda one: [one.image.mean()], images)


def manifest(folder: Path, said: dict[str, str]) -> Path:
    import cv2

    lines = ["path,label,report"]
    for place, one in enumerate(pictures(len(said))):
        cv2.imwrite(str(folder / f"{place}.png"), one.image)
        lines.append(f"{place}.png,{('keloid', 'hypertrophic')[place % 2]},{said[str(place)]}")
    (folder / "m.csv").write_text("\n".join(lines))
    return folder / "m.csv"


def compared(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, *more: str) -> dict[str, Any]:
    ours = CriteriaPeer("scafe-one-shot", "ours", Brightness(), (Column("bright", "b"),))
    monkeypatch.setattr(comparison, "one_shot_peer", lambda pack, dataset, sandbox: ours)
    main([str(path), "--pack=scar.vss", f"--out={path.parent / 'out'}", "--draws=2", "--sizes=3", "--json",
          "--workers=1", "--locator=none", "--peers=image-text", *more])  # fmt: skip
    told = json.loads(capsys.readouterr().out)
    return next(row for row in told["table"]["rows"] if row["name"] == "image-text")


def test_from_manifest_to_table_a_random_pair_is_plumbing_without_a_number(
    tmp_path: Path, networks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*given: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)  # reports stay here, and no hub is asked
    path = manifest(tmp_path, texts(16))
    row = compared(path, monkeypatch, capsys, "--text-column=report", f"--networks={networks}")
    assert (row["status"], row["points"]) == ("plumbing only", [])
    assert row["egress"] == "none"
    kept = "".join(one.read_text() for one in (path.parent / "out").glob("comparison.*"))
    assert "colours" not in kept  # no report stands in the table


def test_without_the_named_column_or_with_labels_in_it_the_row_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {f"{place}": ("Keloid", "hypertrophic")[place % 2] for place in range(16)}
    path = manifest(tmp_path, labels)
    row = compared(path, monkeypatch, capsys, "--ignore-columns=report")
    assert "no image of this data has a text" in row["reason"]
    row = compared(path, monkeypatch, capsys, "--text-column=report")
    assert "names of classes" in row["reason"]


def test_two_networks_in_a_folder_of_one_kind_take_the_first(networks: Path, tmp_path: Path) -> None:
    for name in ("a-swin", "b-swin"):
        shutil.copytree(networks / "tiny-swin", tmp_path / name)
    found = image_text_peer(open_models(tmp_path))
    assert found.picture is not None
    assert (found.picture.folder.name, found.words) == ("a-swin", None)
