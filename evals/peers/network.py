"""A pretrained network, frozen, then ridge: a strong and simple rival on photographs.

A network is a folder with `model.onnx`, which takes (n, 3, s, s) and gives (n, numbers), and `config.json`:
name, licence, source, size, mean and std on the scale 0 to 255. `benchmarks/networks.sh` makes one with real
ImageNet weights from the package index.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scafe.evals.peers.peer import (
    Card,
    Fitted,
    Images,
    Rows,
    Setting,
    Train,
    UnavailableError,
    View,
    Weights,
    per_image,
    whole,
)
from scafe.evals.peers.penalised import fit_ridge
from scafe.knowledge.contract.errors import InputError
from scafe.sandbox.pool.pool import ImageAndMask

Where = Literal["whole", "crop"]
MARGIN = 0.1
"""Share of the lesion's longer side that a crop adds on each side."""
MODEL = "model.onnx"
INSTALL = "pip install 'scafe[deep]'"
EXPORT = "benchmarks/networks.sh FOLDER, then --networks FOLDER"


class NetworkConfig(BaseModel):
    """What `config.json` says of a network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    source: str = Field(min_length=1)
    weights: Literal["pretrained", "random"] = "pretrained"
    size: int = Field(ge=16, le=2048, description="pixels of a side of the input")
    mean: tuple[float, float, float] = Field(description="subtracted, on the scale 0 to 255")
    std: tuple[float, float, float] = Field(description="divided by, on the scale 0 to 255")


@dataclass(frozen=True)
class Network:
    """An opened folder."""

    folder: Path
    config: NetworkConfig
    sha256: str
    """Of the ONNX file."""
    file: str = MODEL
    """Name of the ONNX file in the folder."""


@dataclass(frozen=True)
class Embedding:
    """View of an image by a network's last pooled layer."""

    network: Network
    where: Where

    @property
    def key(self) -> str:
        """Hash of the weights, how the input is made, and where it looks."""
        return f"network@1 {self.network.sha256} {self.network.config.model_dump_json()} {self.where}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one row an image."""
        session = session_of(self.network.folder / self.network.file)

        def one(image: ImageAndMask) -> Rows:
            shown = network_input(image, self.network.config, self.where)
            found = session.run(None, {session.get_inputs()[0].name: shown})[0]
            return np.asarray(found, dtype=np.float64).reshape(-1)

        return per_image(one, images)


@dataclass(frozen=True)
class NetworkPeer:
    """The ridge on a frozen network."""

    network: Network | None
    where: Where
    absent: str = ""
    """Why there is no network."""
    suffix: str = ""
    """Tells several networks apart."""

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        place = "whole image" if self.where == "whole" else "crop of the lesion"
        name = f"network-{self.where}{self.suffix}"
        if self.network is None:
            return Card(name, f"Pretrained network, frozen → ridge, {place}", "network", "–")
        config = self.network.config
        weights = Weights(config.weights, config.name, config.licence, self.network.sha256)
        title = f"{config.name}, frozen → ridge, {place}"
        return Card(name, title, "network", config.source, weights=weights)

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the embedding."""
        if self.network is None:
            raise UnavailableError(self.absent)
        if find_spec("onnxruntime") is None:
            raise UnavailableError(f"onnxruntime is not installed: {INSTALL}")
        if self.where == "crop" and not setting.has_masks:
            raise UnavailableError("no masks in this data, so there is nothing to crop to")
        return (Embedding(self.network, self.where),)

    def fit(self, train: Train) -> Fitted:
        """Fit the ridge."""
        assert self.network is not None  # noqa: S101  # views() refused before
        return fit_ridge(train, Embedding(self.network, self.where).key)


def network_peers(folder: Path | None) -> tuple[NetworkPeer, ...]:
    """Return two rows for each network of a folder, or two rows that say what lacks.

    Raises
    ------
    InputError
        A folder with weights has no config.json, or one that does not say what it must.
    """
    found = open_networks(folder) if folder is not None else ()
    if not found:
        absent = f"no network was given: {EXPORT} ({INSTALL})"
        return NetworkPeer(None, "whole", absent), NetworkPeer(None, "crop", absent)
    return tuple(
        NetworkPeer(one, where, suffix="" if place == 0 else f"-{one.folder.name}")
        for place, one in enumerate(found)
        for where in ("whole", "crop")
    )


def open_networks(folder: Path) -> tuple[Network, ...]:
    """Open every ONNX network of a folder, or the folder itself where it is one."""
    places = [folder] if (folder / MODEL).is_file() else sorted(path for path in folder.glob("*/"))
    return tuple(open_network(place / MODEL) for place in places if (place / MODEL).is_file())


def open_network(file: Path) -> Network:
    """Open one ONNX file with the config.json beside it.

    Raises
    ------
    InputError
        There is no config.json, or it does not say what it must.
    """
    folder = file.parent
    try:
        text = (folder / "config.json").read_text(encoding="utf-8")
        config = NetworkConfig.model_validate(json.loads(text))
    except FileNotFoundError:
        raise InputError(
            f"{folder} has {file.name} and no config.json; write one with name, licence, source, size, mean "
            "and std (0 to 255): without them the network would be shown wrong numbers"
        ) from None
    except (ValueError, ValidationError) as error:
        raise InputError(f"{folder / 'config.json'}: {_first(error)}; see docs/compare.md") from None
    return Network(folder, config, hashlib.sha256(file.read_bytes()).hexdigest(), file.name)


def network_input(one: ImageAndMask, config: NetworkConfig, where: Where) -> NDArray[np.float32]:
    """Return (1, 3, s, s): the square around image or lesion, resized and standardised."""
    shown = one if where == "crop" else whole(one)
    rows, columns = np.flatnonzero(shown.mask.any(axis=1)), np.flatnonzero(shown.mask.any(axis=0))
    if not len(rows):
        rows, columns = np.arange(shown.mask.shape[0]), np.arange(shown.mask.shape[1])
    square = _square(shown.image, (rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1), where == "crop")
    colour = square if square.shape[2] == 3 else np.repeat(square[:, :, :1], 3, axis=2)
    small = cv2.resize(colour, (config.size, config.size), interpolation=cv2.INTER_AREA).astype(np.float32)
    standard = (small - np.array(config.mean, np.float32)) / np.array(config.std, np.float32)
    return np.ascontiguousarray(standard.transpose(2, 0, 1)[None])


def _square(
    image: NDArray[np.uint8], rows: tuple[int, int], columns: tuple[int, int], is_crop: bool
) -> NDArray[np.uint8]:
    """Cut a square around a box; the whole image is squeezed instead: its edges may be the finding."""
    if not is_crop:
        return image
    half = max(rows[1] - rows[0], columns[1] - columns[0]) * (0.5 + MARGIN)
    middle = (sum(rows) / 2, sum(columns) / 2)
    cut = [slice(max(0, int(at - half)), int(np.ceil(at + half))) for at in middle]
    return np.ascontiguousarray(image[cut[0], cut[1]])


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors()[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return f"not JSON ({error})"


@lru_cache(maxsize=2)
def session_of(path: Path) -> Any:
    """Open a network for one thread: draws run side by side."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
