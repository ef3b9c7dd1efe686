"""Whatever a decoder raises becomes one sentence with the file; no library's exception leaves a reader."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from scafe.knowledge.contract.errors import DatasetError, ScafeError


@contextmanager
def contained(where: str, what: str, way_out: str) -> Iterator[None]:
    """Turn every exception of the block into a DatasetError, and drop the libraries' warnings.

    Parameters
    ----------
    where : str
        Row and file.
    what : str
        What could not be done, e.g. "the image is damaged or cut off".
    way_out : str
        What the user can do about it.

    Raises
    ------
    DatasetError
        ``{where}: {what} ({reason}); {way_out}``; the block's own ScafeError passes through.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ScafeError:
        raise
    except Exception as error:  # struct.error, zlib.error, KeyError, MemoryError …: each seen from a decoder
        raise DatasetError(f"{where}: {what} ({_reason(error)}); {way_out}") from None


def _reason(error: Exception) -> str:
    said = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())[:100]
    return said if said else type(error).__name__
