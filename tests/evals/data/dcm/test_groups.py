import numpy as np
import pytest
from pydicom.dataset import Dataset

from scafe.evals.data.dicom import open_frame
from scafe.knowledge.contract.errors import DatasetError

GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


def item(**attributes: object) -> Dataset:
    one = Dataset()
    for name, value in attributes.items():
        setattr(one, name, value)
    return one


def group(**macros: Dataset) -> list[Dataset]:
    return [item(**{name: [macro] for name, macro in macros.items()})]


WINDOW = item(WindowCenter="2048", WindowWidth="1000")


@pytest.mark.parametrize("where", GROUPS)
def test_one_frame_takes_its_window_from_its_functional_group(show, ramp, where) -> None:
    shown = show(ramp, 12, NumberOfFrames=1, **{where: group(FrameVOILUTSequence=WINDOW)})
    want = 255 * np.clip((ramp.astype(float) - 1548) / 999, 0, 1)  # PS3.3 C.11.2.1.2.1: 2048 − .5 ± 999 / 2
    assert np.abs(shown - want).max() <= 0.5 + 1e-9


def test_the_function_of_the_window_is_taken_with_it(show, ramp) -> None:
    curved = item(WindowCenter="2048", WindowWidth="1000", VOILUTFunction="SIGMOID")
    shown = show(ramp, 12, SharedFunctionalGroupsSequence=group(FrameVOILUTSequence=curved))
    assert np.abs(shown - 255 / (1 + np.exp(-4 * (ramp.astype(float) - 2048) / 1000))).max() <= 0.5 + 1e-9


def test_rescale_and_window_of_different_groups_work_together(show, ramp) -> None:
    scale = item(RescaleSlope="2", RescaleIntercept="-100", RescaleType="US")
    shown = show(
        ramp, 12, NumberOfFrames=1,
        SharedFunctionalGroupsSequence=group(PixelValueTransformationSequence=scale),
        PerFrameFunctionalGroupsSequence=group(FrameVOILUTSequence=WINDOW),
    )  # fmt: skip
    want = 255 * np.clip((2 * ramp.astype(float) - 100 - 1548) / 999, 0, 1)
    assert np.abs(shown - want).max() <= 0.5 + 1e-9


def test_spacing_comes_from_its_functional_group(make, ramp) -> None:
    measures = item(PixelSpacing=["0.5", "0.25"])
    data = make(ramp, 12, SharedFunctionalGroupsSequence=group(PixelMeasuresSequence=measures))
    assert open_frame(data, "a").pitch.spacing_mm == (0.5, 0.25)


def test_a_voi_table_comes_from_its_functional_group(show, ramp, lut) -> None:
    table = lut(65535 * (np.arange(4096) / 4095) ** 2)
    macro = item(VOILUTSequence=[table])
    grouped = show(ramp, 12, SharedFunctionalGroupsSequence=group(FrameVOILUTSequence=macro))
    assert (grouped == show(ramp, 12, VOILUTSequence=[table])).all()


def test_a_group_that_contradicts_the_top_level_is_refused(show, ramp) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*WindowCenter is 100.* at the top level and 2048"):
        show(
            ramp, 12, WindowCenter="100", WindowWidth="1000",
            SharedFunctionalGroupsSequence=group(FrameVOILUTSequence=WINDOW),
        )  # fmt: skip


def test_shared_and_own_group_that_contradict_each_other_are_refused(show, ramp) -> None:
    other = item(WindowCenter="7", WindowWidth="1000")
    with pytest.raises(DatasetError, match=r"row 2.*WindowCenter"):
        show(
            ramp, 12,
            SharedFunctionalGroupsSequence=group(FrameVOILUTSequence=WINDOW),
            PerFrameFunctionalGroupsSequence=group(FrameVOILUTSequence=other),
        )  # fmt: skip


@pytest.mark.parametrize("frames", [2, 30])
def test_several_frames_are_refused_with_their_number(show, ramp, frames) -> None:
    with pytest.raises(DatasetError, match=rf"row 2.*{frames} frames.*own file"):
        show(ramp, 12, NumberOfFrames=frames, PixelData=ramp.tobytes() * frames)


def test_groups_of_more_frames_than_one_are_refused(show, ramp) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*2 frames"):
        show(ramp, 12, PerFrameFunctionalGroupsSequence=group() + group())
