"""From the bytes of a `.nii` or `.nii.gz` file to those of the volume, never more than its header says."""

import struct
import zlib
from typing import Any, Final

from scafe.evals.data.rules.bounds import MAX_VOLUME_BYTES, MAX_VOXELS
from scafe.evals.data.rules.contained import contained
from scafe.knowledge.contract.errors import DatasetError

GZIP: Final = b"\x1f\x8b"
HEAD: Final = 4096
"""Bytes that are unpacked to read the header; the larger of the two has 540."""
AGAIN: Final = "copy it again or leave it out"
SIZES: Final = {348: "nifti1", 540: "nifti2"}
MAGIC: Final = {"nifti1": (344, b"n+1\0", b"ni1\0"), "nifti2": (4, b"n+2\0", b"ni2\0")}


def unpacked(data: bytes, nibabel: Any, where: str) -> tuple[bytes, Any]:
    """Return the volume's bytes and its nibabel header.

    Raises
    ------
    DatasetError
        No single-file NIfTI, more than the bounds allow, cut off, or a wrong checksum.
    """
    is_zipped = data[:2] == GZIP
    with contained(where, "not readable NIfTI", AGAIN):
        head = zlib.decompressobj(31).decompress(data, HEAD) if is_zipped else data[:HEAD]
        header = _header(head, nibabel, where)
        size = _bytes_needed(header, where)
        raw = _inflated(data, size) if is_zipped else data
    if len(raw) < size:
        raise DatasetError(f"{where}: cut off after {len(raw)} of {size} bytes; {AGAIN}")
    return raw, header


def _header(head: bytes, nibabel: Any, where: str) -> Any:
    if len(head) < 348:
        raise DatasetError(f"{where}: not NIfTI, its header is too short; {AGAIN}")
    little, big = (struct.unpack(f"{order}i", head[:4])[0] for order in "<>")
    kind = SIZES.get(little) or SIZES.get(big)
    if kind is None:
        raise DatasetError(f"{where}: not NIfTI; save it as .nii, or name the file after what it is")
    at, single, pair = MAGIC[kind]
    magic = head[at : at + 4]
    if magic != single:
        what = "the header of a pair with .img" if magic == pair else "ANALYZE 7.5, not NIfTI"
        raise DatasetError(f"{where}: {what}; save it as one .nii file")
    made = nibabel.Nifti1Header if kind == "nifti1" else nibabel.Nifti2Header
    return made(head[: made.sizeof_hdr], check=False)


def _bytes_needed(header: Any, where: str) -> int:
    rank = int(header["dim"][0])
    sides = [int(side) for side in header["dim"][1 : max(0, rank) + 1]]
    if not 1 <= rank <= 7 or min(sides) < 1:
        raise DatasetError(f"{where}: the header has the dimensions {sides} of {rank}; correct it")
    voxels, begin = 1, header["vox_offset"]
    for side in sides:
        voxels *= side
    if voxels > MAX_VOXELS:
        raise DatasetError(
            f"{where}: {'×'.join(map(str, sides))} are more than {MAX_VOXELS} voxels; crop the volume"
        )
    if not 0 <= float(begin) <= MAX_VOLUME_BYTES:
        raise DatasetError(f"{where}: the header puts the voxels at byte {begin}; correct it")
    size = max(int(begin), int(header.sizeof_hdr) + 4) + voxels * int(header.get_data_dtype().itemsize)
    if size > MAX_VOLUME_BYTES:
        raise DatasetError(
            f"{where}: unpacks to {size // 10**6} MB, more than {MAX_VOLUME_BYTES // 10**6}; crop the volume"
        )
    return size


def _inflated(data: bytes, size: int) -> bytes:
    """Inflate up to `size` bytes, of several gzip members where a parallel packer wrote them."""
    parts: list[bytes] = []
    while size > 0 and data[:2] == GZIP:
        member = zlib.decompressobj(31)
        parts.append(member.decompress(data, size))
        size -= len(parts[-1])
        if not member.eof:
            # one byte more reads the trailer, and with it the checksum
            member.decompress(member.unconsumed_tail, 1)
            break
        data = member.unused_data
    return parts[0] if len(parts) == 1 else b"".join(parts)
