"""What each peer must do: see no label it was not given, ignore what lies outside, say what lacks."""

from importlib.metadata import EntryPoint

import numpy as np
import pytest

from scafe.evals.peers.classical import Classical, ClassicalPeer
from scafe.evals.peers.controls import Noise, RandomFeatures, Shuffled
from scafe.evals.peers.criteria import Column, CriteriaPeer, UnitWeights
from scafe.evals.peers.found import chosen, plugged, require_own_names, shipped
from scafe.evals.peers.fused import Fused
from scafe.evals.peers.peer import Setting, Train, UnavailableError
from scafe.evals.scoring.score import Task
from scafe.knowledge.contract.errors import InputError
from scafe.sandbox.pool.pool import ImageAndMask


def image(seed: int = 0) -> ImageAndMask:
    rng = np.random.default_rng(seed)
    mask = np.zeros((40, 50), dtype=bool)
    mask[10:30, 10:40] = True
    return ImageAndMask(rng.integers(0, 256, (40, 50, 3)).astype(np.uint8), mask)


def train(shift: float = 2.0, patients: int = 20, key: str = "view") -> Train:
    rng = np.random.default_rng(3)
    target = np.arange(2 * patients) % 2
    rows = rng.normal(size=(len(target), 3)) + np.outer(target, [shift, 0, 0])
    names = tuple(f"p{number:02d}" for number in range(len(target)))
    views = {key: rows, Noise().key: rng.normal(size=(len(target), 30))}
    return Train(views, names, ("yes", "no"), 1, Task(target, names))


class View:
    key = "view"

    def rows(self, images: object, keys: object) -> np.ndarray:
        raise AssertionError("not asked for in these tests")


OURS = CriteriaPeer("scafe", "ours", View(), tuple(Column(name, name, 1) for name in "abc"))


def test_inside_the_mask_what_lies_outside_changes_nothing() -> None:
    one, view = image(), Classical("mask")
    other = one.image.copy()
    other[~one.mask] = 0
    first, second = (view.rows([each], ["x"]) for each in (one, ImageAndMask(other, one.mask)))
    assert np.array_equal(first, second)
    whole = Classical("whole")
    assert not np.array_equal(whole.rows([one], ["x"]), whole.rows([ImageAndMask(other, one.mask)], ["x"]))


def test_the_whole_image_is_seen_whatever_the_mask() -> None:
    one, view = image(), Classical("whole")
    other = ImageAndMask(one.image, ~one.mask)
    assert np.array_equal(view.rows([one], ["x"]), view.rows([other], ["x"]))


@pytest.mark.parametrize("model", ["ridge", "forest", "boosting"])
def test_every_classical_model_learns_at_forty_images(model: str) -> None:
    peer = ClassicalPeer(model, "whole")
    data = train(key=Classical("whole").key)
    found = peer.fit(data).predict(data.unlabelled())
    assert found[data.task.target == 1, 0].mean() > found[data.task.target == 0, 0].mean() + 0.2


def test_peers_inside_the_mask_say_that_there_is_none() -> None:
    with pytest.raises(UnavailableError, match="no masks in this data"):
        ClassicalPeer("ridge", "mask").views(Setting(("a", "b"), has_masks=False))


def test_noise_belongs_to_the_image_and_to_no_order() -> None:
    keys = ["ab" * 32, "cd" * 32]
    first, second = Noise().rows([image(), image()], keys), Noise().rows([image(), image()], keys[::-1])
    assert np.array_equal(first, second[::-1])


def test_shuffled_labels_leave_nothing_to_learn() -> None:
    from scafe.evals.scoring.stats import auc

    data = train(shift=3.0, patients=40)
    found = []
    for seed in range(12):
        drawn = Train(data.views, data.patients, data.classes, seed, data.task)
        chances = Shuffled(OURS).fit(drawn).predict(data.unlabelled())[:, 0]
        found.append(auc(chances, data.task.target == 1))
    assert abs(np.mean(found) - 0.5) < 3 * np.std(found, ddof=1) / 12**0.5


def test_unit_weights_touch_no_label_and_follow_the_declared_sign() -> None:
    peer, data = UnitWeights(View(), OURS.columns), train()
    blank = Train(
        data.views, data.patients, data.classes, 0, Task(np.zeros(40, dtype=np.int64), data.patients)
    )
    found = [peer.fit(one).predict(data.unlabelled()) for one in (data, blank)]
    assert np.array_equal(*found)
    assert found[0][data.task.target == 1, 0].mean() > found[0][data.task.target == 0, 0].mean()


def test_unit_weights_without_a_declared_sign_are_no_row() -> None:
    peer = UnitWeights(View(), (Column("a", "a", 0),))
    with pytest.raises(UnavailableError, match="declares no direction"):
        peer.views(Setting(("yes", "no"), True))


def test_a_stack_leans_to_the_part_that_knows_and_says_so() -> None:
    data = train(shift=2.5, patients=40)
    fitted = Fused(OURS, RandomFeatures()).fit(data)
    shares = fitted.shares(data.unlabelled())
    assert shares["ScaFE"] > 0.7
    assert shares["ScaFE"] + shares["other"] == pytest.approx(1)
    assert shares["criterion a"] > shares["criterion b"]


def test_a_stack_of_two_equal_parts_halves_them() -> None:
    shares = Fused(OURS, OURS).fit(train()).shares(train().unlabelled())
    assert shares["ScaFE"] == pytest.approx(0.5)


def test_two_peers_of_one_name_are_refused_with_both_homes() -> None:
    with pytest.raises(InputError, match=r"two peers are named 'prevalence'.*criteria\.Prevalence and"):
        require_own_names((*shipped(), shipped()[-2]))


def test_a_name_that_is_none_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        InputError, match=r"no peer is named 'clasical-ridge-whole'; there are classical-ridge"
    ):
        chosen(shipped(), ("clasical-ridge-whole",))


def test_the_beginning_of_a_name_takes_all_that_begin_so() -> None:
    names = [peer.card.name for peer in chosen(shipped(), ("classical-ridge",))]
    assert names == ["classical-ridge-whole", "classical-ridge-mask"]


def more_peers() -> tuple:
    return (RandomFeatures(),)


def test_another_distribution_adds_peers_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import types

    module = types.ModuleType("scafe_more_peers")
    module.more_peers = more_peers  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "scafe_more_peers", module)
    point = EntryPoint("mine", "scafe_more_peers:more_peers", "scafe.peers")
    assert [peer.card.name for peer in plugged([point])] == ["control-random"]
