"""Calls into pydicom and its plug-ins: what they raise, warn and log becomes one DatasetError, or silence."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scafe.evals.data.sources import Optional, needed
from scafe.knowledge.contract.errors import DatasetError

PYDICOM = Optional("pydicom", "dicom", "DICOM files")
LONGEST = 200
"""Characters of a library's reason that an error repeats."""
LOUD = ("pydicom", "pylibjpeg", "libjpeg", "openjpeg", "rle", "jpeg_ls")


def pydicom(where: str) -> Any:
    """Import pydicom, or say how to install it."""
    return needed(PYDICOM, where)


@contextmanager
def library(where: str, what: str, way_out: str) -> Iterator[None]:
    """Run library code: its exceptions become one sentence, its warnings and log lines are kept back.

    Raises
    ------
    DatasetError
        "where: what (kind: reason); way_out".
    """
    levels = {name: logging.getLogger(name).level for name in LOUD}
    try:
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except DatasetError:
        raise
    except Exception as error:  # damaged bytes raise anything, from KeyError to a plug-in's own classes
        raise DatasetError(f"{where}: {what} ({_reason(error)}); {way_out}") from None
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _reason(error: Exception) -> str:
    said = " ".join("".join(sign if sign.isprintable() else " " for sign in str(error)).split())
    short = said if len(said) <= LONGEST else said[:LONGEST] + "…"
    return f"{type(error).__name__}: {short}" if said else type(error).__name__
