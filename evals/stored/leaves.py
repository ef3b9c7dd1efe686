"""What the leaves of a checked skops schema say: plain values and arrays."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from scafe.knowledge.contract.plain_json import read_json


@dataclass(frozen=True)
class Leaves:
    """The arrays of a file by name, and where it lies."""

    arrays: dict[str, NDArray[Any]]
    where: str

    def plain(self, node: Any) -> Any:
        """Return the value of a JSON leaf."""
        return read_json(node["content"].encode(), self.where)

    def array(self, node: Any) -> NDArray[Any]:
        """Return the array that a leaf names."""
        return self.arrays[node["file"]]

    def row(self, node: Any) -> list[float]:
        """Return an array of one axis as numbers."""
        array = self.array(node)
        if array.ndim != 1 or array.dtype.kind not in "fi":
            raise ValueError(f"{node['file']} is not a row of numbers")
        return [float(value) for value in array]

    def number(self, node: Any) -> float:
        """Return a count, which scikit-learn keeps as an array without axes or as an integer."""
        return float(self.plain(node)) if node["__loader__"] == "JsonNode" else float(self.array(node))

    def texts(self, node: Any) -> list[str]:
        """Return an array of labels; the steps between levels are numbers."""
        array = self.array(node)
        if array.ndim != 1:
            raise ValueError(f"{node['file']} is not a row of labels")
        if array.dtype.kind != "U":
            return [str(value) for value in array.tolist()]
        width, raw = array.dtype.itemsize, array.tobytes()
        # decoded here: numpy takes the file's code points as they are
        return [raw[at : at + width].decode("utf-32-le").rstrip("\0") for at in range(0, len(raw), width)]
