"""The reference locators by name, and the one that finds a pack's region.

Another distribution adds a flat folder of its own through the entry point `scafe.locators` (its value names
a function without arguments that returns the folder).
"""

import re
from functools import cache
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.contract.locator import Locator, parse_locator
from scafe.knowledge.criteria.pack import CriteriaPack


def locator_names() -> tuple[str, ...]:
    """Return the names of every locator found, sorted."""
    return tuple(sorted(_files()))


def locator_source(name: str) -> str:
    """Return the text of a locator by the name of its file, without .py.

    Raises
    ------
    PackError
        There is no such file.
    """
    files = _files()
    if name not in files:
        raise PackError(f"no locator {name!r}; there are {', '.join(sorted(files))}")
    return files[name].read_text(encoding="utf-8")


@cache
def load_locator(name: str) -> Locator:
    """Parse a locator by name.

    Raises
    ------
    PackError
        There is no such file.
    ContractError
        The file is not a locator.
    """
    return parse_locator(locator_source(name))


def reference_locator(pack: CriteriaPack) -> Locator:
    """Return the reference locator of a pack's region.

    Where several modalities have a region of that name, the one of the pack's own modality is taken.

    Raises
    ------
    PackError
        The pack names no region, or nothing ships that finds it.
    """
    if pack.region is None:
        raise PackError(f"pack {pack.id} names no `region`, so there is nothing to locate")
    name = locator_name(pack.region, pack.id, pack.modality.kind, pack.phantom)
    if name is None:
        known = ", ".join(sorted({load_locator(name).region for name in locator_names()}))
        raise PackError(
            f"pack {pack.id}: no locator ships for the region {pack.region!r} (there are {known}); "
            "give one with --locator FILE"
        )
    return load_locator(name)


def locator_name(region: str, pack_id: str, *kinds: str) -> str | None:
    """Return the name of the reference locator of a region; None if nothing ships for it.

    Parameters
    ----------
    region, pack_id : str
    *kinds : str
        Modality, phantom: what tells regions of one name apart beside the head of the pack's id.
    """
    fitting = [name for name in locator_names() if load_locator(name).region == region]
    own = {f"{kind}_{region}" for kind in (*kinds, pack_id.split(".")[0])}
    return next((name for name in fitting if name in own), fitting[0] if fitting else None)


def _files() -> dict[str, Path]:
    plugged = [Path(point.load()()) for point in entry_points(group="scafe.locators")]
    return {path.stem: path for folder in plugged for path in _locators_in(folder)} | _shipped()


def _shipped() -> dict[str, Path]:
    here = Path(str(resources.files("scafe.knowledge"))) / "locators"
    modalities = [folder for folder in sorted(here.iterdir()) if (folder / "__init__.py").is_file()]
    return {f"{one.name}_{path.stem}": path for one in modalities for path in _locators_in(one)}


def _locators_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if re.fullmatch(r"[a-z][a-z0-9_]*", path.stem)]
