import numpy as np
import pytest
from pydicom.dataset import Dataset

from scafe.evals.data.dcm.rows.table import ATTRIBUTES, RULES
from scafe.evals.data.dicom import open_frame
from scafe.knowledge.contract.errors import DatasetError

RGB = np.random.default_rng(0).integers(0, 256, (16, 20, 3)).astype(np.uint8)


def item(**attributes: object) -> Dataset:
    one = Dataset()
    for name, value in attributes.items():
        setattr(one, name, value)
    return one


REFUSED = {
    "SamplesPerPixel": {"SamplesPerPixel": 4},
    "PhotometricInterpretation = HSV": {"PhotometricInterpretation": "HSV"},
    "PixelPresentation = MIXED": {"PixelPresentation": "MIXED"},
    "AlphaPaletteColorLookupTableData": {"AlphaPaletteColorLookupTableData": ("OW", bytes(512))},
    "PresentationLUTSequence": {"PresentationLUTSequence": [item(LUTExplanation="a")]},
    "PresentationLUTShape = LIN OD": {"PresentationLUTShape": "LIN OD"},
    "ShutterShape = CIRCULAR": {"ShutterShape": "CIRCULAR"},
    "MaskSubtractionSequence": {"MaskSubtractionSequence": [item(MaskOperation="AVG_SUB")]},
    "SegmentationType = BINARY": {"SegmentationType": "BINARY"},
    "PixelDataProviderURL": {"PixelDataProviderURL": "https://example.org/a"},
    "StoredValueColorRangeSequence": {"StoredValueColorRangeSequence": [item(MinimumStoredValueMapped=0)]},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_refused(show, ramp, name) -> None:
    with pytest.raises(DatasetError, match=rf"^row 2 .*{name}"):
        show(ramp, 12, **REFUSED[name])


@pytest.mark.parametrize(
    "told",
    [
        {"RescaleSlope": 2, "RescaleIntercept": 0},
        {"RescaleIntercept": -5},
        {"ModalityLUTSequence": [item(LUTExplanation="a")]},
    ],
)
def test_units_of_a_colour_image_are_refused(show, told) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*Colours have no modality units"):
        show(RGB, **told)


@pytest.mark.parametrize(
    "tag", [0x00281080, 0x00285000, 0x0028FFFE, 0x20500030, 0x00700402, 0x00181650], ids=hex
)
def test_an_attribute_that_stands_in_no_row_is_refused(show, ramp, tag) -> None:
    with pytest.raises(DatasetError, match=r"row 2.*may change the picture and is not understood"):
        show(ramp, 12, tags={tag: ("US", 1)})


HARMLESS = {
    "SmallestImagePixelValue": ("US", 0), "LargestImagePixelValue": ("US", 9), "BurnedInAnnotation": "NO",
    "LossyImageCompression": "01", "LossyImageCompressionRatio": "12.5", "RescaleType": "HU",
    "PixelPresentation": "MONOCHROME",
    "WindowCenterWidthExplanation": "BONE", "PixelIntensityRelationship": "LIN", "PatientName": "Doe^Jane",
    "IconImageSequence": [item(Rows=4, Columns=4)], "ContentLabel": "A", "Modality": "CT",
    "StudyDate": "20200101",
    "GraphicAnnotationSequence": [item(GraphicLayer="A")],
    "RealWorldValueMappingSequence": [item(LUTLabel="A")],
    "PixelSpacingCalibrationType": "FIDUCIAL", "SequenceOfUltrasoundRegions": [item(RegionDataType=1)],
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_no_pixel_needs_changes_no_pixel(show, ramp, name) -> None:
    assert (show(ramp, 12, **{name: HARMLESS[name]}) == show(ramp, 12)).all()


@pytest.mark.parametrize(
    "told",
    [
        {"WindowCenter": 10, "WindowWidth": 5}, {"VOILUTFunction": "SIGMOID"},
        {"PresentationLUTShape": "INVERSE"},
        {"RescaleSlope": 1, "RescaleIntercept": 0}, {"VOILUTSequence": [item(LUTExplanation="a")]},
    ],
)  # fmt: skip
def test_what_colour_ignores_changes_no_colour(show, told) -> None:
    assert (show(RGB, **told) == RGB).all()


def test_an_empty_attribute_says_nothing(show, ramp) -> None:
    told = {
        "ShutterShape": None,
        "WindowCenter": ("DS", None),
        "WindowWidth": ("DS", None),
        "VOILUTFunction": ("CS", ""),
    }
    assert (show(ramp, 12, **told) == show(ramp, 12)).all()


def test_private_elements_are_passed_over(show, ramp) -> None:
    private = {0x00290010: ("LO", "ACME"), 0x00291001: ("LO", "secret"), 0x70D10010: ("LO", "ACME")}
    assert (show(ramp, 12, tags=private) == show(ramp, 12)).all()


def test_a_picture_says_which_rows_it_met(make, ramp) -> None:
    plain = open_frame(make(ramp, 12), "a").met
    windowed = open_frame(make(ramp, 12, WindowCenter=9, WindowWidth=8, BurnedInAnnotation="NO"), "a").met
    new = {row.name.split(" (")[0][:25]: row.standing for row in windowed - plain}
    assert new == {"WindowCenter, WindowWidth": "honoured", "notes on the image, e.g. ": "irrelevant"}
    assert plain <= windowed <= {*ATTRIBUTES}


def test_a_refusal_shows_no_more_of_a_value_than_fits_a_line(make, ramp) -> None:
    long = "a" * 1000
    data = make(ramp, 12, tags={0x00281080: ("LT", long + "red" + long)})
    with pytest.raises(DatasetError) as caught:
        open_frame(data.replace(long.encode() + b"red", b"\x1b[31m" + b"b" * 998), "row 2")
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


def test_every_keyword_of_the_table_is_one_of_the_standard() -> None:
    from pydicom.datadict import tag_for_keyword

    repeated = {"any", "other"}
    names = {
        name for rule in RULES for name in rule.keywords if not name.startswith(("Overlay", "ROI"))
    } - repeated
    assert not [name for name in sorted(names) if tag_for_keyword(name) is None and name not in OVER]


OVER = {"NumberOfFramesInOverlay", "ImageFrameOrigin"}
"""Keywords of repeating groups: 60xx."""
