import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.criteria.totals import SCALES, read_tds, scale, total_dermoscopy_score, total_score

PUBLISHED = {"vss_1990": (0, 13), "posas_observer_2": (6, 60), "mecott_2015": (3, 12), "tds": (1.0, 8.9)}


@pytest.mark.parametrize(("scale_id", "ends"), PUBLISHED.items())
def test_the_range_of_the_total_is_the_published_one(scale_id, ends):
    assert scale(scale_id).range == ends


@pytest.mark.parametrize("one", SCALES, ids=lambda one: one.id)
def test_a_partial_scale_has_no_total(one):
    full = {item.name: item.low for item in one.items}
    assert total_score(one.id, full) == one.range[0]
    for item in one.items:
        partial = {name: value for name, value in full.items() if name != item.name}
        with pytest.raises(InputError, match=f"needs {item.name}: part of a scale"):
            total_score(one.id, partial)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SCALES), st.data())
def test_a_higher_grade_never_lowers_a_total(one, data):
    scores = {i.name: data.draw(st.integers(int(i.low), int(i.high))) for i in one.items}
    item = data.draw(st.sampled_from(one.items))
    before = total_score(one.id, scores)
    after = total_score(one.id, {**scores, item.name: item.high})
    assert after - before == pytest.approx(item.weight * (item.high - scores[item.name]))
    assert one.range[0] <= before <= one.range[1]


@pytest.mark.parametrize("bad", [4, -1, 1.5, math.nan])
def test_grades_that_no_rater_gives_are_refused(bad):
    with pytest.raises(InputError, match="vascularity"):
        total_score("vss_1990", {"vascularity": bad, "pigmentation": 0, "pliability": 0, "height": 0})


def test_unknown_items_and_scales_are_refused():
    with pytest.raises(InputError, match="no item delta_a"):
        total_score("mecott_2015", {"height": 1, "surface": 1, "colour_mismatch": 1, "delta_a": 3})
    with pytest.raises(InputError, match="totals are known for vss_1990"):
        total_score("vss", {})


@pytest.mark.parametrize(
    ("tds", "reading"),
    [(1.0, "benign"), (4.7, "benign"), (4.75, "suspicious"), (5.45, "suspicious"), (5.5, "melanoma")],
)
def test_the_tds_reads_as_published(tds, reading):
    assert read_tds(tds) == reading


def test_the_tds_weighs_its_items_as_published():
    assert total_dermoscopy_score(2, 8, 6, 5) == 8.9
    assert total_dermoscopy_score(0, 0, 1, 1) == 1.0
    with pytest.raises(InputError, match=r"between 1.0 and 8.9"):
        read_tds(9.5)
