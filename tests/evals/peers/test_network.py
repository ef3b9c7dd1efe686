"""A frozen network from a folder: what it is shown, and what is said where a file lacks."""

import json
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.peers.network import Embedding, NetworkPeer, network_input, network_peers, open_networks
from scafe.evals.peers.peer import Setting, UnavailableError
from scafe.evals.peers.radiomics import RadiomicsPeer
from scafe.knowledge.contract.errors import InputError
from scafe.sandbox.pool.pool import ImageAndMask

CONFIG = {
    "name": "mean of channels",
    "licence": "none",
    "source": "these tests",
    "weights": "random",
    "size": 32,
    "mean": [0, 0, 0],
    "std": [255, 255, 255],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a network that averages each channel over the picture."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    node = helper.make_node("ReduceMean", ["image"], ["features"], axes=[2, 3], keepdims=0)
    graph = helper.make_graph(
        [node],
        "mean",
        [helper.make_tensor_value_info("image", kind, ["n", 3, 32, 32])],
        [helper.make_tensor_value_info("features", kind, ["n", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    place = tmp_path / "networks" / "mean"
    place.mkdir(parents=True)
    onnx.save(model, str(place / "model.onnx"))
    (place / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path / "networks"


def picture() -> ImageAndMask:
    image = np.zeros((60, 80, 3), dtype=np.uint8)
    image[20:40, 30:50] = (255, 51, 0)
    mask = np.zeros((60, 80), dtype=bool)
    mask[20:40, 30:50] = True
    return ImageAndMask(image, mask)


def test_an_embedding_is_what_the_network_says_of_the_picture(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    (network,) = open_networks(folder)
    crop, whole = (Embedding(network, where).rows([picture()], ["k"])[0] for where in ("crop", "whole"))
    assert crop[0] / crop[1] == pytest.approx(5, rel=0.02)
    assert crop[0] == pytest.approx(20**2 / 24**2, abs=0.03)  # a margin of a tenth on each side
    assert whole[0] == pytest.approx(20 * 20 / (60 * 80), abs=0.01)


def test_two_rows_of_a_network_do_not_share_their_numbers(folder: Path) -> None:
    (network,) = open_networks(folder)
    assert Embedding(network, "crop").key != Embedding(network, "whole").key


def test_random_weights_are_declared(folder: Path) -> None:
    assert {peer.card.weights.words for peer in network_peers(folder)} == {"random: plumbing only"}


def test_the_same_input_comes_of_a_picture_and_its_mirrored_mirror(folder: Path) -> None:
    (network,) = open_networks(folder)
    one = picture()
    mirrored = ImageAndMask(one.image[:, ::-1], one.mask[:, ::-1])
    first, second = (network_input(each, network.config, "crop") for each in (one, mirrored))
    assert np.allclose(first[..., ::-1], second, atol=0.15)


def test_grey_pictures_and_empty_masks_are_shown_too(folder: Path) -> None:
    (network,) = open_networks(folder)
    grey = ImageAndMask(np.full((20, 30, 1), 7, np.uint8), np.zeros((20, 30), dtype=bool))
    assert network_input(grey, network.config, "crop").shape == (1, 3, 32, 32)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "has model.onnx and no config.json; write one with name, licence"),
        ("{", r"config\.json: not JSON"),
        (json.dumps({**CONFIG, "size": 4}), r"config\.json: size: "),
        (json.dumps({**CONFIG, "colour": 1}), r"config\.json: colour: "),
    ],
)
def test_a_folder_of_weights_without_a_sound_config_is_refused(
    folder: Path, text: str | None, said: str
) -> None:
    config = folder / "mean" / "config.json"
    config.unlink() if text is None else config.write_text(text)
    with pytest.raises(InputError, match=said):
        network_peers(folder)


def test_without_a_network_two_rows_say_how_to_get_one() -> None:
    peers = network_peers(None)
    assert [peer.card.name for peer in peers] == ["network-whole", "network-crop"]
    for peer in peers:
        with pytest.raises(UnavailableError, match=r"benchmarks/networks\.sh FOLDER"):
            peer.views(Setting(("a", "b"), True))


def test_a_crop_needs_a_mask(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    (network,) = open_networks(folder)
    with pytest.raises(UnavailableError, match="nothing to crop to"):
        NetworkPeer(network, "crop").views(Setting(("a", "b"), False))


def test_radiomics_without_a_mask_or_its_package_is_a_row_with_a_reason() -> None:
    with pytest.raises(UnavailableError, match="inside a mask, and this data has none"):
        RadiomicsPeer().views(Setting(("a", "b"), False))
    from importlib.util import find_spec

    if find_spec("radiomics") is None:
        with pytest.raises(UnavailableError, match=r"pip install .* pyradiomics"):
            RadiomicsPeer().views(Setting(("a", "b"), True))
