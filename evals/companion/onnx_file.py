"""An ONNX file of the user's, tried once before anything is built on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from scafe.evals.peers.network import INSTALL, Embedding, Network, open_network, session_of
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.contract.inert import inert
from scafe.sandbox.pool.pool import ImageAndMask

SIDE = 32
"""Pixels of the grey picture that a network is tried on."""
MOST_NUMBERS = 8192
"""Numbers an image gets at most; a pooled layer has some hundreds or thousands, a feature map far more."""
WAY_OUT = (
    "give --companion colour_texture, or a file that takes (n, 3, s, s) images and gives one row of numbers "
    "for each, as benchmarks/networks.sh makes one (docs/how-to-companion.md)"
)


def open_onnx(path: Path) -> Network:
    """Open an ONNX image model with the config.json beside it, and have it look at a grey picture.

    Parameters
    ----------
    path : Path
        The file, or a folder with `model.onnx`.

    Raises
    ------
    InputError
        It is no such model; the message is one sentence with the way out.
    """
    file = path / "model.onnx" if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"companion {file}: there is no such file; {WAY_OUT}")
    if find_spec("onnxruntime") is None:
        raise InputError(
            f"companion {file}: onnxruntime is not installed; {INSTALL}, or --companion colour_texture"
        )
    with _told(file):
        session_of(file)
    network = open_network(file)
    _try(network, file)
    return network


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Turn what onnxruntime says of a file into one sentence with the way out."""
    try:
        yield
    except Exception as error:  # onnxruntime's faults share no class of their own
        told = inert(" ".join(str(error).split())[:200])
        raise InputError(f"companion {file} is no ONNX image model ({told}); {WAY_OUT}") from None


def _try(network: Network, file: Path) -> None:
    grey = ImageAndMask(np.full((SIDE, SIDE, 3), 127, np.uint8), np.ones((SIDE, SIDE), bool))
    with _told(file):
        found = Embedding(network, "whole").rows([grey], ["grey"])
    if not 1 <= found.shape[1] <= MOST_NUMBERS or not np.isfinite(found).all():
        raise InputError(
            f"companion {file} gives {found.shape[1]} numbers for an image, or some that are not finite; "
            f"expected 1 to {MOST_NUMBERS}; {WAY_OUT}"
        )
