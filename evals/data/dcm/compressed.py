"""Compressed frames: measured first, then decoded by the plug-in that is there, or refused by name."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scafe.evals.data.dcm import codestream
from scafe.evals.data.dcm.calls import library
from scafe.evals.data.dcm.codestream import Stream
from scafe.evals.data.dcm.layout import Layout
from scafe.evals.data.dcm.rows import bounds
from scafe.evals.data.dcm.values import CORRECT
from scafe.knowledge.contract.errors import DatasetError

RLE = "1.2.840.10008.1.2.5"
JPEG_LOSSY = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
JPEG_2000 = tuple(f"1.2.840.10008.1.2.4.{part}" for part in (90, 91, 201, 202, 203))
INSTALL = {
    **dict.fromkeys(JPEG_LS, "pip install pyjpegls"),
    **dict.fromkeys(JPEG_2000, "pip install pylibjpeg pylibjpeg-openjpeg"),
}
OTHERWISE = "pip install pylibjpeg pylibjpeg-libjpeg"
COPY = "copy the file again, or save it uncompressed (Explicit VR Little Endian)"


def decompressed(flat: Any, layout: Layout, where: str) -> NDArray[Any]:
    """Decode the one frame of encapsulated pixel data; colours come out as RGB.

    Raises
    ------
    DatasetError
        A stream of another size than the header's, several frames, a plug-in that is missing, damage.
    """
    frame = _frame(flat, layout, where)
    if layout.syntax in JPEG_2000:
        frame, flat = _without_boxes(frame, flat)
    if layout.high != layout.bits - 1:
        raise DatasetError(f"{where}: DICOM HighBit = {layout.high} in a compressed file; {CORRECT}")
    stream = _measured(frame, layout, where)
    if stream is not None and layout.syntax in JPEG_LOSSY and layout.samples == 3 and stream.bits == 8:
        return _colours_of_jpeg(frame, stream, layout, where)
    return _by_plugin(flat, layout, where)


def _frame(flat: Any, layout: Layout, where: str) -> bytes:
    from pydicom.encaps import generate_fragments

    with library(where, "the DICOM fragments are damaged", COPY):
        offsets, *fragments = generate_fragments(flat.PixelData or b"")
    frames = len(fragments) if layout.syntax == RLE else max(len(offsets) // 4, min(len(fragments), 1))
    if frames != 1:
        raise DatasetError(
            f"{where}: the compressed DICOM pixels hold {frames} frames, the header names one; "
            "save the one to use as its own file"
        )
    return b"".join(fragments)


def _without_boxes(frame: bytes, flat: Any) -> tuple[bytes, Any]:
    """Take the codestream out of a JP2 file: PS3.5 allows no boxes, and pydicom may never end on them."""
    from pydicom.encaps import encapsulate

    start = frame.find(codestream.BEGINNING)
    if start <= 0:
        return frame, flat
    bare = flat.copy()
    bare.PixelData = encapsulate([frame[start:]])
    return frame[start:], bare


def _measured(frame: bytes, layout: Layout, where: str) -> Stream | None:
    if layout.syntax == RLE:
        segments = codestream.rle(frame, layout.rows * layout.columns, where)
        wanted = layout.samples * -(-layout.allocated // 8)
        if segments != wanted:
            raise DatasetError(f"{where}: the RLE frame has {segments} segments and not {wanted}; {CORRECT}")
        return None
    found = (
        codestream.jpeg_2000(frame, where) if layout.syntax in JPEG_2000 else codestream.jpeg(frame, where)
    )
    said = (found.rows, found.columns, found.samples)
    if said != (layout.rows, layout.columns, layout.samples):
        raise DatasetError(
            f"{where}: the compressed stream holds {found.columns}×{found.rows} pixels of {found.samples} "
            f"samples, the DICOM header says {layout.columns}×{layout.rows} of {layout.samples}; {CORRECT}"
        )
    if found.blocks > bounds.MAX_BLOCKS:
        raise DatasetError(
            f"{where}: the JPEG 2000 stream has {found.blocks:,} blocks and precincts, more than "
            f"{bounds.MAX_BLOCKS:,}; save it uncompressed"
        )
    _require_agreement(found, layout, where)
    return found


def _require_agreement(found: Stream, layout: Layout, where: str) -> None:
    if found.bits > layout.allocated or (layout.samples > 1 and found.bits != layout.bits):
        raise DatasetError(
            f"{where}: the compressed stream holds {found.bits} bits, the DICOM header says BitsAllocated = "
            f"{layout.allocated} and BitsStored = {layout.bits}; {CORRECT}"
        )
    untransformed = layout.photometric in ("YBR_ICT", "YBR_RCT") and not found.is_transformed
    twice = layout.photometric in ("YBR_FULL", "YBR_FULL_422") and found.is_transformed
    if untransformed or twice:
        does = "does" if found.is_transformed else "does not"
        raise DatasetError(
            f"{where}: DICOM PhotometricInterpretation = {layout.photometric}, but the stream {does} "
            f"turn its colours into RGB itself; {CORRECT}"
        )


def _colours_of_jpeg(frame: bytes, stream: Stream, layout: Layout, where: str) -> NDArray[Any]:
    # The stream's own markers say whether its colours are YCbCr. pydicom converts a second time where
    # Adobe's marker is there, since its plug-in has then returned RGB already.
    with library(where, "the DICOM pixels cannot be decoded", COPY):
        picture = Image.open(io.BytesIO(frame), formats=("JPEG",))
        if stream.is_rgb is None and layout.photometric == "RGB":
            picture.draft("YCbCr", picture.size)  # as stored: libjpeg would guess a transform
            return np.asarray(picture)
        return np.asarray(picture.convert("RGB"))


def _by_plugin(flat: Any, layout: Layout, where: str) -> NDArray[Any]:
    from pydicom.pixels.decoders.base import get_decoder

    install = INSTALL.get(layout.syntax, OTHERWISE)
    decoder = get_decoder(layout.syntax)
    if not decoder.is_available:
        raise DatasetError(f"{where}: {decoder.UID.name} needs a decoder; {install}")
    # The one that pydicom brings cannot abort the process on damaged bytes.
    plugin = "pydicom" if layout.syntax == RLE else ""
    options: Any = {"allow_excess_frames": False}
    with library(where, "the DICOM pixels cannot be decoded", f"{COPY}, or {install}"):
        values, _ = decoder.as_array(flat, index=0, decoding_plugin=plugin, **options)
    return np.asarray(values)
