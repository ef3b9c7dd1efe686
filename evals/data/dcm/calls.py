"""Calls into pydicom and its plug-ins: what they raise, warn and log becomes one DatasetError, or silence."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scafe.evals.data.rules.contained import contained
from scafe.evals.data.sources import Optional, needed

PYDICOM = Optional("pydicom", "dicom", "DICOM files")
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
        with contained(where, what, way_out):
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
