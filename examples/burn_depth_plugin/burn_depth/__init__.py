"""Burn depth for ScaFE: a criteria pack, a phantom and measures, found through entry points."""

from pathlib import Path

HERE = Path(__file__).parent


def pack_path() -> Path:
    """Return the YAML file of the pack; ScaFE calls this through the entry point `scafe.criteria`."""
    return HERE / "burn.depth.yaml"


def measures_folder() -> Path:
    """Return the folder of measures; ScaFE calls this through the entry point `scafe.measures`."""
    return HERE / "measures"
