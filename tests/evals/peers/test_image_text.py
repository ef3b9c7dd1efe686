"""Networks that read pictures and words, on tiny random weights: plumbing that never gets a number."""

import json
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.peers.image_text import ClipPeer, Similarity, clip_peers, open_models, sentences_of
from scafe.evals.peers.peer import Sample, Setting, Train, UnavailableError
from scafe.evals.peers.swin_pyramid import build_pyramid
from scafe.evals.scoring.score import Task
from scafe.knowledge.contract.errors import InputError
from scafe.sandbox.pool.pool import ImageAndMask

SETTING = Setting(("mel", "nv"), has_masks=False)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a CLIP of a few thousand random weights."""
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    place = tmp_path_factory.mktemp("networks") / "tiny-clip"
    place.mkdir()
    letters = [chr(one) for one in range(97, 123)]
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{one}</w>" for one in letters)]
    (place / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    (place / "merges.txt").write_text("#version: 0.2\n")
    config = transformers.CLIPConfig(
        text_config={
            "vocab_size": len(tokens), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "max_position_embeddings": 77, "eos_token_id": 1, "bos_token_id": 0,
        },
        vision_config={
            "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "image_size": 32, "patch_size": 16,
        },
        projection_dim=8,
    )  # fmt: skip
    transformers.CLIPModel(config).save_pretrained(place)
    transformers.CLIPTokenizer(str(place / "vocab.json"), str(place / "merges.txt")).save_pretrained(place)
    transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32).save_pretrained(place)
    (place / "scafe.json").write_text(json.dumps({"name": "tiny", "licence": "none", "weights": "random"}))
    return place.parent


def pictures() -> list[ImageAndMask]:
    rng = np.random.default_rng(0)
    return [
        ImageAndMask(rng.integers(0, 256, (40, 30, 3)).astype(np.uint8), np.ones((40, 30), bool))
        for _ in range(3)
    ]


def test_a_picture_gets_a_chance_for_each_class_and_a_pull_for_each_descriptor(networks: Path) -> None:
    peer, names = clip_peers(open_models(networks))
    (view,) = peer.views(SETTING)
    rows = view.rows(pictures(), ["a", "b", "c"])
    assert np.abs(rows).max() <= 1.0001
    sample = Sample({view.key: rows}, ("a", "b", "c"), ("mel", "nv"))
    fitted = peer.fit(
        Train(sample.views, sample.patients, sample.classes, 0, Task(np.zeros(3, int), sample.patients))
    )
    assert fitted.predict(sample).sum(axis=1) == pytest.approx(1)
    told = fitted.shares(sample)
    assert len(told) == 10
    assert all(" which has " in text for text in told)
    assert names.views(SETTING)[0].key != view.key


def test_random_weights_say_so(networks: Path) -> None:
    assert {peer.card.weights.words for peer in clip_peers(open_models(networks))} == {
        "random: plumbing only"
    }


def test_the_class_whose_sentences_are_nearer_is_likelier() -> None:
    texts = sentences_of(("mel", "nv"), True)
    peer = ClipPeer(open_model_without_files(), True)
    key = Similarity(peer.model, texts).key
    rows = np.concatenate([np.full((1, 5), 0.30), np.full((1, 5), 0.25)], axis=1)
    sample = Sample({key: rows}, ("a",), ("mel", "nv"))
    train = Train(sample.views, sample.patients, sample.classes, 0, Task(np.zeros(1, int), sample.patients))
    chances = peer.fit(train).predict(sample)
    assert chances[0, 0] == pytest.approx(1 / (1 + np.exp(-5)))


def open_model_without_files():
    from scafe.evals.peers.image_text import FolderNote, LocalModel

    return LocalModel(Path("nowhere"), FolderNote(name="x", licence="y"), "clip", "0" * 64)


@pytest.mark.parametrize(
    ("name", "said"), [("config.json", "copy the whole"), ("scafe.json", "name and licence")]
)
def test_weights_without_what_describes_them_are_refused(tmp_path: Path, name: str, said: str) -> None:
    place = tmp_path / "clip"
    place.mkdir()
    for one in ("model.safetensors", "config.json", "scafe.json"):
        (place / one).write_text("{}")
    (place / name).unlink()
    with pytest.raises(InputError, match=f"has weights and no {name}; .*{said}"):
        open_models(tmp_path)


def test_classes_without_descriptors_and_no_network_are_rows_with_a_reason() -> None:
    with pytest.raises(UnavailableError, match="no descriptors are written for martian"):
        sentences_of(("martian", "mel"), True)
    for peer in clip_peers(()):
        with pytest.raises(UnavailableError, match="no CLIP was given"):
            peer.views(SETTING)


def test_the_pyramid_learns_through_every_level() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    torch.manual_seed(0)
    network = build_pyramid(2)
    logits = network(torch.randn(3, 3, 48, 48))
    assert logits.shape == (3, 2)
    logits.sum().backward()
    assert len(network.levels) >= 3
    assert all(float(level.narrow.weight.grad.abs().sum()) > 0 for level in network.levels)
