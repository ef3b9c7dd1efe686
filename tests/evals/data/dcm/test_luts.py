import io

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array

from scafe.knowledge.contract.errors import DatasetError

CURVE = 65535 * (np.arange(4096) / 4095) ** 3

ROUNDED = 1.0
"""Without a window the .1st to 99.9th percentile is shown: .26 of 255 off the whole ramp, and rounding."""


def reference(data: bytes) -> tuple[np.ndarray, pydicom.Dataset]:
    dataset = pydicom.dcmread(io.BytesIO(data))
    return apply_modality_lut(pixel_array(dataset), dataset), dataset


class TestModality:
    def test_a_modality_table_maps_stored_values(self, show, make, ramp, lut) -> None:
        table = lut(65535 - CURVE, ModalityLUTType="OD")
        units, _ = reference(make(ramp, 12, ModalityLUTSequence=[table]))
        low, high = np.percentile(units, (0.1, 99.9))
        want = 255 * np.clip((units - low) / (high - low), 0, 1)
        assert np.abs(show(ramp, 12, ModalityLUTSequence=[table]) - want).max() <= ROUNDED

    def test_its_window_is_in_the_units_of_the_table(self, show, ramp, lut) -> None:
        table = lut(np.arange(4096)[::-1] * 10, ModalityLUTType="US")
        shown = show(ramp, 12, ModalityLUTSequence=[table], WindowCenter=20000, WindowWidth=10001)
        assert (
            np.abs(
                shown - 255 * np.clip(((4095 - ramp.astype(float)) * 10 - 15000 + 0.5) / 10000, 0, 1)
            ).max()
            <= 1
        )

    def test_rescaled_values_meet_the_window_in_their_own_units(self, show, ramp) -> None:
        scan = dict(RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)
        units = ramp.astype(float) - 1024
        want = 255 * np.clip((units - 39.5) / 399 + 0.5, 0, 1)
        assert np.abs(show(ramp, 12, **scan) - want).max() <= 0.5 + 1e-9

    def test_a_negative_slope_turns_the_picture_over(self, show, ramp) -> None:
        turned = show(ramp, 12, RescaleSlope=-0.5, RescaleIntercept=100)
        assert np.abs(turned - (255 - show(ramp, 12))).max() <= 1

    @pytest.mark.parametrize(
        "scale",
        [{"RescaleSlope": 0, "RescaleIntercept": 1}, {"RescaleSlope": 2}, {"RescaleIntercept": -1024}],
    )
    def test_half_a_rescale_is_refused(self, show, ramp, scale) -> None:
        with pytest.raises(DatasetError, match=r"row 2.*RescaleSlope"):
            show(ramp, 12, **scale)

    def test_a_table_beside_a_rescale_is_refused(self, show, ramp, lut) -> None:
        with pytest.raises(DatasetError, match=r"row 2.*exclude each other"):
            show(ramp, 12, ModalityLUTSequence=[lut(CURVE)], RescaleSlope=1, RescaleIntercept=0)


class TestInterest:
    def test_a_voi_table_maps_to_the_full_range_of_its_bits(self, show, make, ramp, lut) -> None:
        values, dataset = reference(make(ramp, 12, VOILUTSequence=[lut(CURVE)]))
        want = apply_voi_lut(values, dataset) / 65535 * 255
        assert np.abs(show(ramp, 12, VOILUTSequence=[lut(CURVE)]) - want).max() <= 0.5 + 1e-9

    @pytest.mark.parametrize("bits", [8, 10, 12, 16])
    def test_whatever_its_bits_the_highest_entry_is_white(self, show, ramp, lut, bits) -> None:
        top = 2**bits - 1
        shown = show(ramp, 12, VOILUTSequence=[lut(np.rint(np.linspace(0, top, 4096)), bits=bits)])
        assert (shown[0, 0], shown[-1, -1]) == (0, 255)
        assert np.abs(shown - ramp / 4095 * 255).max() <= 255 / top + 0.5

    def test_values_outside_the_table_take_its_ends(self, show, ramp, lut) -> None:
        shown = show(ramp, 12, VOILUTSequence=[lut(np.linspace(10, 245, 100), first=1000, bits=8)])
        assert set(np.unique(shown[ramp < 1000])) == {10}
        assert set(np.unique(shown[ramp > 1100])) == {245}

    @pytest.mark.parametrize("vr", ["OW", "US"])
    def test_it_reads_the_same_however_it_is_written(self, show, ramp, lut, vr) -> None:
        shown = show(ramp, 12, VOILUTSequence=[lut(np.linspace(0, 1023, 4096), bits=10, vr=vr)])
        assert np.abs(shown - ramp / 4095 * 255).max() <= 1

    def test_entries_of_eight_bits_may_lie_two_to_a_word(self, show, ramp, lut) -> None:
        table = lut(np.linspace(0, 255, 4096), bits=8)
        packed = table.LUTData[::2]
        table.add_new("LUTData", "OW", packed)
        assert np.abs(show(ramp, 12, VOILUTSequence=[table]) - ramp / 4095 * 255).max() <= 1.5

    @pytest.mark.parametrize("written", ["SS", "US"])
    def test_below_zero_its_first_value_is_signed_whatever_the_vr_says(
        self, show, ramp, lut, written
    ) -> None:
        # PS3.3 C.11.2.1.1: signed if the output of the rescale may be, as Hounsfield units always are.
        table = lut(np.linspace(0, 65535, 2000))
        first = -1000 if written == "SS" else 65536 - 1000
        table.add_new("LUTDescriptor", written, [2000, first, 16])
        shown = show(ramp, 12, RescaleSlope=1, RescaleIntercept=-1024, VOILUTSequence=[table])
        units = ramp.astype(float) - 1024
        want = 255 * np.clip((units + 1000) / 1999, 0, 1)
        assert np.abs(shown - want).max() <= 1

    def test_it_goes_before_a_window(self, show, ramp, lut) -> None:
        table = [lut(CURVE)]
        both = show(ramp, 12, VOILUTSequence=table, WindowCenter=100, WindowWidth=50)
        assert (both == show(ramp, 12, VOILUTSequence=table)).all()

    def test_the_first_of_several_tables_is_taken(self, show, ramp, lut) -> None:
        two = show(ramp, 12, VOILUTSequence=[lut(CURVE), lut(65535 - CURVE)])
        assert (two == show(ramp, 12, VOILUTSequence=[lut(CURVE)])).all()

    def test_monochrome1_is_turned_over_after_the_table(self, show, ramp, lut) -> None:
        plain = show(ramp, 12, VOILUTSequence=[lut(CURVE)])
        turned = show(ramp, 12, VOILUTSequence=[lut(CURVE)], PhotometricInterpretation="MONOCHROME1")
        assert np.abs(plain + turned - 255).max() <= 1

    @pytest.mark.parametrize(
        ("described", "message"),
        [
            ([5000, 0, 16], "of 5000 entries"),
            ([4096, 0, 24], "24 bits"),
            ([4096, 0, 8], "more than its 8 bits"),
        ],
    )
    def test_a_table_that_contradicts_its_descriptor_is_refused(
        self, show, ramp, lut, described, message
    ) -> None:
        table = lut(CURVE)
        table.add_new("LUTDescriptor", "US", described)
        with pytest.raises(DatasetError, match=rf"row 2.*{message}"):
            show(ramp, 12, VOILUTSequence=[table])
