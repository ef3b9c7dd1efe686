"""A network from a local folder: its hidden states are a view, and what lacks is said."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.peers.found import shipped
from scafe.evals.peers.image_text import open_models
from scafe.evals.peers.local_network import input_of, local_network_peers
from scafe.evals.peers.peer import Setting, UnavailableError
from scafe.sandbox.pool.pool import ImageAndMask


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    place = tmp_path_factory.mktemp("networks") / "tiny-swin"
    shape = {"image_size": 32, "patch_size": 4, "embed_dim": 16, "window_size": 4}
    config = transformers.SwinConfig(**shape, depths=[1, 1], num_heads=[2, 2])
    transformers.SwinModel(config).save_pretrained(place)
    (place / "preprocessor_config.json").write_text(
        json.dumps({"image_mean": [0.5] * 3, "image_std": [0.25] * 3})
    )
    (place / "scafe.json").write_text(
        json.dumps({"name": "tiny Swin", "licence": "none", "weights": "random"})
    )
    return place.parent


def picture(value: int) -> ImageAndMask:
    return ImageAndMask(np.full((30, 40, 3), value, np.uint8), np.ones((30, 40), bool))


def test_a_folder_of_transformers_is_a_view_and_two_rows(networks: Path) -> None:
    whole, crop = local_network_peers(open_models(networks))
    (view,) = whole.views(Setting(("a", "b"), True))
    rows = view.rows([picture(10), picture(10), picture(240)], ["a", "b", "c"])
    assert rows.shape == (3, 32)
    assert np.array_equal(rows[0], rows[1])
    assert not np.allclose(rows[0], rows[2])
    assert (whole.card.name, crop.card.name) == ("network-whole-tiny-swin", "network-crop-tiny-swin")
    assert whole.card.weights.words == "random: plumbing only"


def test_the_input_is_standardised_as_the_folder_says(networks: Path) -> None:
    config = input_of(open_models(networks)[0])
    assert (config.size, config.mean[0], config.std[0]) == (32, 127.5, 63.75)


def test_every_row_of_a_folder_has_a_name_of_its_own(networks: Path) -> None:
    names = [peer.card.name for peer in shipped(networks)]
    assert len(names) == len(set(names))


def test_a_folder_of_timm_says_what_lacks(networks: Path, tmp_path: Path) -> None:
    place = tmp_path / "resnet"
    place.mkdir()
    (place / "config.json").write_text(json.dumps({"architecture": "resnet18"}))
    (place / "scafe.json").write_text(json.dumps({"name": "ResNet-18", "licence": "BSD"}))
    (place / "model.safetensors").write_bytes(b"weights")
    whole, _ = local_network_peers(open_models(tmp_path))
    assert whole.model.kind == "timm resnet18"
    if find_spec("timm") is None:
        with pytest.raises(UnavailableError, match=r"timm does not import here \(ModuleNotFoundError\)"):
            whole.views(Setting(("a", "b"), True))
