"""What does `pip install scafe` bring? Run with `python -m benchmarks.install`.

Installs the project of this checkout, or what `--what` names, into a fresh virtual environment without test
tools, and prints its packages by size, the sum, and for the largest who asks for them.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
AGENT = ("langgraph", "langchain-openai", "langgraph-checkpoint-sqlite")
"""One family: each of them needs langchain-core."""
MOST_MB, MOST_PACKAGES = 600, 60


class Package(NamedTuple):
    """One package of the environment."""

    name: str
    version: str
    mb: float
    asked_by: tuple[str, ...]
    """Packages here that name it as a requirement."""


def installed(folder: Path, what: str) -> Path:
    """Make an environment with nothing but `what`; return its site-packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    uv = Path(shutil.which("uv") or "uv")
    pip = [str(uv), "pip", "install", "-q", "-p", str(python)] if uv.exists() else _pip(python)
    subprocess.run([*pip, what], check=True)
    return next((folder / "lib").glob("python*/site-packages"))


def _pip(python: Path) -> list[str]:
    # installs there with this environment's pip, so that the other one needs none
    return [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]


def packages(site: Path) -> list[Package]:
    """Return every package there, the largest first."""
    found = list(distributions(path=[str(site)]))
    asked: dict[str, set[str]] = {}
    for one in found:
        for needed in one.requires or ():
            if "extra ==" not in needed:
                asked.setdefault(_plain(re.split(r"[^\w.-]", needed)[0]), set()).add(one.name)
    told = [
        Package(one.name, one.version, _mb(one), tuple(sorted(asked.get(_plain(one.name), ()))))
        for one in found
    ]
    return sorted(told, key=lambda one: (-one.mb, one.name))


def brought_by(found: list[Package], *ones: str) -> list[Package]:
    """Return the packages that would go with some of scafe's own requirements, these among them."""
    by_name = {_plain(package.name): package for package in found}
    needs: dict[str, set[str]] = {name: set() for name in by_name}
    for name, package in by_name.items():
        for asker in package.asked_by:
            needs[_plain(asker)].add(name)
    reached, waiting = set(), {"scafe"}
    while waiting:
        reached |= waiting
        waiting = {need for name in waiting for need in needs[name]} - reached - set(map(_plain, ones))
    return [package for name, package in by_name.items() if name not in reached]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _mb(one: Distribution) -> float:
    paths = {Path(str(file.locate())) for file in one.files or ()}
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def main() -> None:
    """Print the table and whether it is within bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", default=str(ROOT), help="what pip is asked for, e.g. 'scafe[dask]'")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = packages(installed(Path(folder), asked.what))
    total = sum(one.mb for one in found)
    if asked.json:
        print(json.dumps({"packages": [one._asdict() for one in found], "mb": round(total, 1)}, indent=1))
        return
    for one in found:
        print(f"{one.mb:7.1f} MB  {one.name} {one.version}  (for {', '.join(one.asked_by) or 'itself'})")
    direct = [one.name for one in found if "scafe" in one.asked_by]
    groups = [AGENT, *((one,) for one in direct)]
    alone = sorted(
        ((", ".join(one), brought_by(found, *one)) for one in groups), key=lambda pair: -len(pair[1])
    )
    for name, gone in alone:
        if len(gone) > 1:
            print(f"without {name}: {len(gone)} packages and {sum(one.mb for one in gone):.0f} MB fewer")
    print(f"{total:7.1f} MB in {len(found)} packages; aim: {MOST_MB} MB, {MOST_PACKAGES} packages")


if __name__ == "__main__":
    main()
