"""Reference extractors for the proxies of the packs: plain files with named constants.

They ship in this folder, one folder per modality: `scar/gloss.py` is the measure `scar_gloss`. Another
distribution adds a flat folder of its own through the entry point `scafe.measures` (its value names a
function without arguments that returns the folder). Every later room may import it.
"""

import re
from functools import cache
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.contract.extractor import Extractor, parse_extractor


def measure_names() -> tuple[str, ...]:
    """Return the names of every measure found, sorted."""
    return tuple(sorted(_files()))


def measure_source(name: str) -> str:
    """Return the text of a measure by the name of its file, without .py.

    Raises
    ------
    PackError
        There is no such file.
    """
    files = _files()
    if name not in files:
        alike = sorted(one for one in files if one.split("_")[0] == name.split("_")[0]) or sorted(files)
        raise PackError(f"no measure {name!r}; there are {', '.join(alike)}")
    return files[name].read_text(encoding="utf-8")


@cache
def load_measure(name: str) -> Extractor:
    """Parse a measure by name.

    Raises
    ------
    PackError
        There is no such file.
    ContractError
        The file is not an extractor.
    """
    return parse_extractor(measure_source(name))


def _files() -> dict[str, Path]:
    plugged = [Path(point.load()()) for point in entry_points(group="scafe.measures")]
    return {path.stem: path for folder in plugged for path in _extractors_in(folder)} | _shipped()


def _shipped() -> dict[str, Path]:
    here = Path(str(resources.files("scafe.knowledge"))) / "measures"
    modalities = [folder for folder in sorted(here.iterdir()) if (folder / "__init__.py").is_file()]
    return {f"{one.name}_{path.stem}": path for one in modalities for path in _extractors_in(one)}


def _extractors_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if re.fullmatch(r"[a-z][a-z0-9_]*", path.stem)]
