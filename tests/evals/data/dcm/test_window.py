import numpy as np
import pytest
from PIL import Image

from scafe.evals.data.dicom import DicomFile
from scafe.evals.data.rules.reading import Reading
from scafe.knowledge.contract.errors import DatasetError

ROUNDED = 1.0
"""Without a window the .1st to 99.9th percentile is shown: .26 of 255 off the whole ramp, and rounding."""


def linear(x: np.ndarray, c: float, w: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1, with ymin 0 and ymax 255."""
    x = x.astype(float)
    shown = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255 if w > 1 else 0 * x
    shown[x <= c - 0.5 - (w - 1) / 2] = 0
    shown[x > c - 0.5 + (w - 1) / 2] = 255
    return shown


def linear_exact(x: np.ndarray, c: float, w: float) -> np.ndarray:
    """PS3.3 C.11.2.1.3.2."""
    x = x.astype(float)
    shown = ((x - c) / w + 0.5) * 255
    shown[x <= c - w / 2] = 0
    shown[x > c + w / 2] = 255
    return shown


def sigmoid(x: np.ndarray, c: float, w: float) -> np.ndarray:
    """PS3.3 C.11.2.1.3.1."""
    return 255 / (1 + np.exp(-4 * (x.astype(float) - c) / w))


FUNCTIONS = {"LINEAR": linear, "LINEAR_EXACT": linear_exact, "SIGMOID": sigmoid}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("centre", "width"), [(2048, 1000), (100, 3), (4000, 400), (2048.5, 4096), (-50, 60)]
)
def test_each_function_is_the_one_of_the_standard(show, ramp, function, centre, width) -> None:
    shown = show(ramp, 12, WindowCenter=centre, WindowWidth=width, VOILUTFunction=function)
    assert np.abs(shown - FUNCTIONS[function](ramp, centre, width)).max() <= 0.5 + 1e-9


def test_a_window_of_width_one_is_a_step_and_without_a_function_it_is_linear(show, ramp) -> None:
    shown = show(ramp, 12, WindowCenter=2000, WindowWidth=1)
    assert (shown == np.where(ramp > 1999.5, 255, 0)).all()


@pytest.mark.parametrize("width", [0, -5, 0.5])
def test_a_width_that_the_standard_excludes_is_refused(show, ramp, width) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*WindowWidth"):
        show(ramp, 12, WindowCenter=2000, WindowWidth=width)


def test_a_function_outside_the_standard_is_refused(show, ramp) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*VOILUTFunction = GAMMA"):
        show(ramp, 12, WindowCenter=2000, WindowWidth=100, VOILUTFunction="GAMMA")


def test_the_first_of_several_windows_is_taken(show, ramp) -> None:
    several = show(ramp, 12, WindowCenter=[600, 3000], WindowWidth=[300, 50])
    assert (several == show(ramp, 12, WindowCenter=600, WindowWidth=300)).all()


def test_centres_without_widths_are_refused(show, ramp) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*WindowCenter has 2 values and WindowWidth 1"):
        show(ramp, 12, WindowCenter=[600, 3000], WindowWidth=300)


def test_without_a_window_the_values_reach_from_black_to_white(show, ramp) -> None:
    part = ramp // 4 + 300
    want = 255.0 * (part - part.min()) / (part.max() - part.min())
    assert np.abs(show(part, 12) - want).max() <= ROUNDED


@pytest.mark.parametrize("window", [{}, {"WindowCenter": 1000, "WindowWidth": 500}])
def test_monochrome1_is_the_negative_of_monochrome2(show, ramp, window) -> None:
    plain = show(ramp, 12, **window)
    turned = show(ramp, 12, PhotometricInterpretation="MONOCHROME1", **window)
    assert np.abs(turned - (255 - plain)).max() <= 1  # halves round to even on both sides


def test_presentation_inverse_and_monochrome1_turn_over_once(show, ramp) -> None:
    once = show(ramp, 12, PhotometricInterpretation="MONOCHROME1")
    both = show(ramp, 12, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE")
    assert (once == both).all()
    assert (show(ramp, 12) == show(ramp, 12, PresentationLUTShape="IDENTITY")).all()


@pytest.mark.parametrize(("photometric", "shape"), [("MONOCHROME1", "IDENTITY"), ("MONOCHROME2", "INVERSE")])
def test_a_presentation_that_contradicts_the_values_is_refused(show, ramp, photometric, shape) -> None:
    with pytest.raises(DatasetError, match=rf"row 2.*PresentationLUTShape = {shape} with {photometric}"):
        show(ramp, 12, PhotometricInterpretation=photometric, PresentationLUTShape=shape)


def test_a_brighter_value_is_never_darker(show, ramp) -> None:
    for function in FUNCTIONS:
        shown = show(ramp, 12, WindowCenter=1500, WindowWidth=900, VOILUTFunction=function).ravel()
        assert (np.diff(shown) >= 0).all()


class TestWithoutAWindow:
    """The rule of every format, `mask@2`: background, dead pixels and outliers do not set the window."""

    def tissue(self) -> np.ndarray:
        return np.linspace(1000, 1999, 64 * 64).reshape(64, 64).astype(np.uint16)

    def test_a_few_dead_pixels_do_not_darken_the_picture(self, show) -> None:
        values = self.tissue()
        values[5, 5], values[6, 6] = 4095, 0
        assert np.abs(show(values, 12)[10:] - show(self.tissue(), 12)[10:]).max() <= 1

    def test_a_rim_of_one_value_is_background(self, show) -> None:
        values = np.zeros((96, 96), np.uint16)
        values[16:80, 16:80] = self.tissue()
        assert np.abs(show(values, 12)[16:80, 16:80] - show(self.tissue(), 12)).max() <= 1

    def test_a_small_bright_lesion_under_its_mask_keeps_its_levels(self, make, tmp_path) -> None:
        values = self.tissue()
        values[30:34, 30:34] = 2500 + 100 * np.arange(16).reshape(4, 4)  # .4 % of the picture
        marked = np.zeros(values.shape, bool)
        marked[30:34, 30:34] = True
        (tmp_path / "a.dcm").write_bytes(make(values, 12))
        Image.fromarray(255 * marked.astype(np.uint8)).save(tmp_path / "m.png")
        found = DicomFile(tmp_path / "a.dcm", tmp_path / "m.png").read("row 2")
        assert found.levels == 16

    def test_bundles_of_the_old_rule_see_the_lowest_to_the_highest_value(self, make, tmp_path) -> None:
        values = self.tissue()
        values[5, 5] = 4095
        (tmp_path / "a.dcm").write_bytes(make(values, 12))
        old = DicomFile(tmp_path / "a.dcm", reading=Reading(window="volume@1")).read("row 2")
        want = 255 * (values.astype(float) - 1000) / 3095
        assert np.abs(old.pair.image[:, :, 0] - want).max() <= 0.5 + 1e-9
        assert old.sha256 != DicomFile(tmp_path / "a.dcm").read("row 2").sha256

    def test_a_window_in_the_header_goes_before_the_rule(self, make, tmp_path) -> None:
        values = self.tissue()
        (tmp_path / "a.dcm").write_bytes(make(values, 12, WindowCenter=1500, WindowWidth=200))
        new, old = (
            DicomFile(tmp_path / "a.dcm", reading=Reading(window=rule)).read("row 2").pair.image
            for rule in ("mask@2", "volume@1")
        )
        assert (new == old).all()
