"""One DICOM image as an extractor sees it, and the patient its header names.

The picture is the one that the header asks for: values of the modality, values of interest, presentation;
colours as sRGB; square pixels. What an attribute does is in `dcm/table.py` and, from there, in
docs/formats.md; what is not understood is refused. Private elements, names and dates are never decoded.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.dcm.calls import library
from scafe.evals.data.dcm.groups import frame_of
from scafe.evals.data.dcm.header import read_header
from scafe.evals.data.dcm.layout import require_pixels
from scafe.evals.data.dcm.rows.bounds import MAX_BYTES
from scafe.evals.data.dcm.shown.aspect import Pitch, read_pitch
from scafe.evals.data.dcm.shown.colour import show_colour, to_srgb
from scafe.evals.data.dcm.shown.grey import Choice, show_grey
from scafe.evals.data.dcm.shown.palette import show_palette
from scafe.evals.data.dcm.stored import Stored, read_stored
from scafe.evals.data.dcm.survey import survey
from scafe.evals.data.rules.reading import AS_USUAL, Reading
from scafe.evals.data.rules.squared import squared
from scafe.evals.data.sources import Decoded, FilePath, digest, mask_for, read_bytes
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

SUFFIXES = (".dcm", ".dicom")
READER = b"dicom@2"
"""Changes when the same bytes may give other pixels; part of every image's hash."""
FIRST_VRS = (b"UL", b"OB", b"UI", b"CS", b"DA")
"""Of the elements that a file without preamble may begin with, where it names them."""
LONGEST_FIRST = 256
"""Bytes that the first of these elements may have."""
NO_MASK = Choice()


@dataclass(frozen=True)
class DicomFile:
    """A DICOM file of one frame and, if there is one, its mask file."""

    image: FilePath
    mask: FilePath | None = None
    reading: Reading = AS_USUAL

    def read(self, where: str) -> Decoded:
        """Decode both files; see `Pixels.read`."""
        data = read_bytes(self.image, where, MAX_BYTES)
        frame = open_frame(data, where)
        label = self.reading.mask_label
        mask, outline = mask_for(frame.stored.values, self.mask, where, label)
        shown = show(frame, where, Choice(mask if self.mask else None, self.reading.window))
        image, mask, side = squared(shown, mask, frame.pitch.sides, where)
        if not mask.any():
            raise DatasetError(f"{where}: the mask marks nothing on square pixels; draw it larger")
        spacing = (side, side) if frame.pitch.spacing_mm else None
        marks = (READER, self.reading.window.encode(), str(label).encode())
        return Decoded(ImageAndMask(image, mask), digest(data, outline, *marks), frame.met, spacing)


@dataclass(frozen=True)
class Frame:
    """The one frame of a file, decoded and not yet shown."""

    stored: Stored
    flat: Any
    """pydicom Dataset of what bears on display."""
    pitch: Pitch
    met: frozenset[Attribute]


def decode_dicom(data: bytes, where: str) -> NDArray[np.uint8]:
    """Decode one frame to (H, W, 3) uint8 sRGB on the pixels of the file; see `open_frame` and `show`."""
    return show(open_frame(data, where), where)


def open_frame(data: bytes, where: str) -> Frame:
    """Decode the one frame of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        Names row and file in errors.

    Raises
    ------
    DatasetError
        If the file is no DICOM, holds no pixels or several frames, asks for something that is not understood,
        passes a bound, is damaged, or needs a decoder that is not installed.
    """
    header = read_header(data, where)
    flat = frame_of(header.elements, where)
    require_pixels(flat, where)
    met = survey(header, flat, where)
    return Frame(read_stored(flat, header.syntax, where), flat, read_pitch(flat, where), met)


def show(frame: Frame, where: str, choice: Choice = NO_MASK) -> NDArray[np.uint8]:
    """Return the picture that the header asks for, (H, W, 3) uint8 sRGB, on the pixels of the file.

    Raises
    ------
    DatasetError
        If tables, windows or profiles are damaged or contradict each other.
    """
    stored, flat = frame.stored, frame.flat
    if stored.layout.is_grey:
        return np.repeat(show_grey(stored, flat, where, choice)[:, :, None], 3, axis=2)
    if stored.layout.photometric == "PALETTE COLOR":
        return to_srgb(show_palette(stored, flat, where), flat, where)
    return to_srgb(show_colour(stored, where), flat, where)


def is_header(head: bytes) -> bool:
    """Tell a DICOM file by its first 132 bytes: a preamble, or an element of group 0002 or 0008."""
    if head[128:132] == b"DICM":
        return True
    group, element, coded, length = int.from_bytes(head[:2], "little"), head[2:4], head[4:6], head[4:8]
    # Files begin with a group length, a character set, an image type or a class (PS3.6, in order of tags).
    begins = (group, int.from_bytes(element, "little")) in {
        (2, 0), (2, 1), (2, 2), (8, 0), (8, 1), (8, 5), (8, 8), (8, 0x12), (8, 0x16)
    }  # fmt: skip
    short = len(head) >= 8 and int.from_bytes(length, "little") < LONGEST_FIRST
    return begins and (coded in FIRST_VRS or short)


def dicom_patient(data: bytes, where: str) -> str:
    """Return the header's PatientID; DatasetError if it has none."""
    header = read_header(data, where, pixels=False)
    with library(where, "the DICOM attribute PatientID is damaged", "give patient_id in a CSV manifest"):
        patient = str(header.elements.get("PatientID", "") or "").strip()
    if not patient:
        raise DatasetError(f"{where}: the DICOM header has no PatientID; give patient_id in a CSV manifest")
    return patient
