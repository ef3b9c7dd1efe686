"""How much of a DICOM file is read: every number is checked before memory or time is given to it."""

from scafe.evals.data.attributes import Limit
from scafe.evals.data.rules.bounds import MAX_PIXELS, MAX_SQUARING

MAX_BYTES = 400_000_000
"""Of one file, and of what a deflated file unpacks to: `MAX_PIXELS` of 16-bit colour are 240 MB."""
MAX_HEADER_BYTES = 8_000_000
"""Read before the pixels; colour profiles and tables of 16 bits stay below one million together."""
MAX_ITEMS = 20_000
"""Of sequences before the pixels: pydicom keeps about two kilobytes for each, an empty one too."""
MAX_SCANS = 100
"""Of a JPEG stream: each goes over the whole picture, and progressive files in use have about ten."""
MAX_BLOCKS = 4_000_000
"""Code blocks and precincts of a JPEG 2000 stream: openjpeg keeps a record of each.
`MAX_PIXELS` of colour in the usual blocks of 64 × 64 are 30,000."""

LIMITS = (
    Limit("DICOM", "the file, and what a deflated one unpacks to", MAX_BYTES, "bytes"),
    Limit("DICOM", "header before the pixels", MAX_HEADER_BYTES, "bytes"),
    Limit("DICOM", "items of sequences before the pixels", MAX_ITEMS),
    Limit("DICOM", "pixels, before and after resampling to square ones", MAX_PIXELS),
    Limit("DICOM", "frames", 1),
    Limit("DICOM", "scans of a JPEG stream", MAX_SCANS),
    Limit("DICOM", "blocks and precincts of a JPEG 2000 stream", MAX_BLOCKS),
    Limit("DICOM", "longer to shorter side of a pixel", int(MAX_SQUARING), "to 1"),
)
