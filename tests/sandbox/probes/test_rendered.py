"""A phantom of the panel is rendered when it is first looked at, and looks the same whoever asks first."""

from pathlib import Path

import numpy as np

from scafe.knowledge.criteria.pack import load_pack
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.cascade import judge
from scafe.sandbox.probes.panel import _built, build_panel

CONSTANT = (Path(__file__).parent / "zoo" / "constant.py").read_text()
UNUSED_SEED = 4711
"""Panels are kept in the process; no other test may have rendered this one."""


def test_who_is_rejected_early_leaves_most_of_the_panel_unrendered() -> None:
    panel = build_panel("scar", UNUSED_SEED)
    with Pool(workers=1) as pool:
        early = judge(CONSTANT, load_pack("scar.vss"), pool, UNUSED_SEED)
        assert not panel.is_rendered
        assert list(panel.images), "looking at all of them renders them"
        assert panel.is_rendered
        assert judge(CONSTANT, load_pack("scar.vss"), pool, UNUSED_SEED) == early


def test_an_image_has_the_same_bytes_in_whatever_order_the_panel_is_looked_at() -> None:
    one = build_panel("scar", UNUSED_SEED + 1)
    _built.cache_clear()
    other = build_panel("scar", UNUSED_SEED + 1)
    assert other is not one
    forward = [one.images[place] for place in range(len(one.images))]
    backward = [other.images[place] for place in reversed(range(len(other.images)))][::-1]
    for mine, theirs in zip(forward, backward, strict=True):
        assert np.array_equal(mine.image, theirs.image)
        assert np.array_equal(mine.mask, theirs.mask)
        assert not mine.image.flags.writeable
