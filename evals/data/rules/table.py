"""What is made of masks, grey levels and pixel sides, alike for every format: rows of `docs/formats.md`."""

from typing import Final

from scafe.evals.data.attributes import Attribute, Standing


def _row(format: str, name: str, standing: Standing, what: str, held_by: str) -> Attribute:
    return Attribute(format, name, standing, what, f"rules/{held_by}")


TWO = "test_masks.py::test_two_levels_are_a_mask_in_every_form"
NOT_TOLD = "test_masks.py::test_what_cannot_be_told_is_refused"
SCALE = "test_masks.py::test_neither_scale_nor_rounding_changes_a_mask"
MASKS: Final = (
    _row("mask", "two levels, one of them 0", "honoured", "the other one is the lesion: 1, 255, .5 …", TWO),
    _row("mask", "levels that differ by rounding", "honoured",
         "within a ten-thousandth of the largest they are one: 1.00000006 is 1.", SCALE),
    _row("mask", "more levels, with `--mask-label N`", "honoured",
         "level N is the lesion, the rest is not; of a palette N is the index.",
         "test_masks.py::test_a_label_chooses_one_level_exactly"),
    _row("mask", "more levels, without", "refused", "name one, or save two levels; a void rim is a level.",
         "test_masks.py::test_more_than_two_levels_are_never_taken_without_a_label"),
    _row("mask", "palette", "honoured",
         "indices are levels; of two, the one whose colour is black is 0.", TWO),
    _row("mask", "alpha", "honoured", "is the shape where the colour is the same everywhere inside it.", TWO),
    _row("mask", "colour and alpha that draw different shapes, several colours", "refused",
         "save it in black and white.", NOT_TOLD),
    _row("mask", "JPEG, WebP with loss", "honoured",
         "half-way, if at most 1 % of it is neither near black nor near white.",
         "test_masks.py::test_a_jpeg_is_cut_half_way"),
    _row("mask", "no 0, negative or not finite levels", "refused", "save it with 0 and 1.", NOT_TOLD),
    _row("mask", "another size or grid than its image", "refused", "export it on the image's pixels.",
         "test_masks.py::test_another_size_is_refused_with_both"),
)  # fmt: skip
WINDOWS: Final = (
    _row("volume", "window `mask@2`", "honoured",
         "1st to 99th percentile of foreground and lesion, narrowed until the lesion has 32 grey levels.",
         "test_intensity.py::test_a_lesion_keeps_its_grey_levels"),
    _row("volume", "window `mask@2` without a mask", "honoured",
         ".1st to 99.9th percentile of the slice's foreground.",
         "test_intensity.py::test_without_a_mask_a_bright_percent_of_the_slice_is_not_cut_off"),
    _row("volume", "constant background at the border", "irrelevant", "it has no part in the window.",
         "test_intensity.py::test_empty_background_around_a_slice_does_not_change_the_lesion"),
    _row("volume", "window `volume@1`", "honoured",
         "of bundles frozen before: 1st to 99th percentile of all.",
         "test_intensity.py::test_the_earlier_rule_left_one_grey_level_of_a_hot_lesion"),
)  # fmt: skip
