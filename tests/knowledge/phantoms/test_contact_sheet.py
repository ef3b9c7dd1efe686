import cv2
import numpy as np
import pytest

from scafe.knowledge.contract.errors import InputError, PackError
from scafe.knowledge.phantoms.scar import PHANTOM
from scafe.knowledge.phantoms.sheet import GAP_PX, HEAD_PX, SIDE_PX, Layout, contact_sheet, write_sheet

SMALL = Layout(columns=3, rows=2, size=64)


def test_a_sheet_has_a_row_per_seed_and_a_column_per_level():
    sheet = contact_sheet(PHANTOM, "vascularity", 0, SMALL)
    assert sheet.shape == (HEAD_PX + 2 * (64 + GAP_PX), SIDE_PX + 3 * (64 + GAP_PX), 3)
    first = sheet[HEAD_PX : HEAD_PX + 64, SIDE_PX : SIDE_PX + 64]
    expected = PHANTOM.render(0, {"vascularity": 1.0}, {"skin_tone": 60.0}, 64).image
    assert np.array_equal(first, expected)


def test_nuisances_have_sheets_too_and_the_outline_can_be_drawn():
    plain = contact_sheet(PHANTOM, "hair", 1, SMALL)
    outlined = contact_sheet(PHANTOM, "hair", 1, Layout(columns=3, rows=2, size=64, outline=True))
    assert (plain != outlined).any()
    assert contact_sheet(PHANTOM, "skin_tone", 0, SMALL).shape == plain.shape


def test_an_unknown_dial_is_told_with_the_known_ones():
    with pytest.raises(PackError, match=r"no dial or nuisance 'redness'; it has vascularity, pigment"):
        contact_sheet(PHANTOM, "redness")


def test_a_written_sheet_reads_back_the_same(tmp_path):
    sheet = contact_sheet(PHANTOM, "height", 2, SMALL)
    write_sheet(tmp_path / "height.png", sheet)
    assert np.array_equal(cv2.imread(str(tmp_path / "height.png"))[..., ::-1], sheet)
    with pytest.raises(InputError, match="choose another --out"):
        write_sheet(tmp_path / "no_folder" / "height.png", sheet)
