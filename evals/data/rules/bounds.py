"""How much a reader takes at most: bytes, pixels, voxels, pages. What is above is refused unread.

Time is bounded by these: every reader goes over what it unpacks a fixed number of times.
"""

from scafe.knowledge.contract.errors import DatasetError

MAX_FILE_BYTES = 1_000_000_000
"""Largest file that is opened at all, in bytes."""
MAX_PIXELS = 40_000_000
"""Largest image in pixels: 120 MB as RGB, a twelfth of what one extractor may use."""
MIN_EDGE = 8
"""Shortest edge in pixels: below it no window, ring or texture has a meaning."""
MAX_VOXELS = 400_000_000
"""Largest volume in voxels: 1500 slices of 512×512."""
MAX_VOLUME_BYTES = 800_000_000
"""Largest volume in bytes after unpacking: its header is asked before anything is unpacked."""
MAX_PAGES = 64
"""Longest chain of pages in a TIFF that is walked."""
MAX_CHUNKS = 20_000
"""Most chunks of a PNG, and segments of a JPEG, that are looked at."""
MAX_SQUARING = 12.0
"""Largest ratio of a pixel's sides that is resampled; above it the file more probably lies."""


def check_size(width: int, height: int, where: str) -> None:
    """Refuse an image that is too large for the sandbox or too small to measure."""
    if width * height > MAX_PIXELS:
        raise DatasetError(
            f"{where}: {width}×{height} pixels are more than the {MAX_PIXELS // 1_000_000} million that one "
            "image may have; resize or crop it"
        )
    if min(width, height) < MIN_EDGE:
        raise DatasetError(f"{where}: {width}×{height} pixels; both edges need at least {MIN_EDGE}")
