"""The functional groups of an enhanced object, beside the top level, for the one frame (PS3.3 C.7.6.16)."""

from typing import Any

from scafe.evals.data.dcm.calls import library
from scafe.knowledge.contract.errors import DatasetError

GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
MACROS = ("PixelMeasuresSequence", "PixelValueTransformationSequence", "FrameVOILUTSequence")
"""Macros whose attributes change the picture of a frame."""
TAKEN = (
    "PixelSpacing", "RescaleIntercept", "RescaleSlope", "RescaleType", "WindowCenter", "WindowWidth",
    "WindowCenterWidthExplanation", "VOILUTFunction", "VOILUTSequence",
)  # fmt: skip


def frame_of(elements: Any, where: str) -> Any:
    """Return a Dataset with the attributes of the one frame beside those of the top level.

    Raises
    ------
    DatasetError
        Several frames, several groups for one frame, or a value that differs from the top level's.
    """
    flat = elements.copy()
    damaged = "the DICOM functional groups are damaged"
    with library(where, damaged, "correct the header or leave the file out"):
        _require_one_frame(elements, where)
        for group in GROUPS:
            for item in _only(elements, group, where):
                for macro in MACROS:
                    for values in _only(item, macro, where):
                        flat[macro] = item[macro]
                        _lay(flat, macro, values, where)
    return flat


def _require_one_frame(elements: Any, where: str) -> None:
    frames = max(int(elements.get("NumberOfFrames", 1) or 1), len(elements.get(GROUPS[1], None) or ()))
    if frames > 1:
        raise DatasetError(
            f"{where}: the DICOM file holds {frames} frames (NumberOfFrames); "
            "save the one to use as its own file"
        )


def _only(dataset: Any, name: str, where: str) -> list[Any]:
    items = list(dataset.get(name, None) or ())
    if len(items) > 1:
        raise DatasetError(
            f"{where}: DICOM {name} has {len(items)} items for one frame; save the frame as its own file"
        )
    return items


def _lay(flat: Any, macro: str, values: Any, where: str) -> None:
    for name in TAKEN:
        if name not in values:
            continue
        if name in flat and flat[name].value != values[name].value:
            raise DatasetError(
                f"{where}: DICOM {name} is {flat[name].value} at the top level and {values[name].value} in "
                f"{macro}; correct the header"
            )
        flat[name] = values[name]
