"""The folders and their rooms point one way, without cycles, and only named modules open a door."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("knowledge", "sandbox", "evals", "agent")
"""Lowest first; each may import itself and what stands before it."""
ROOMS = {
    "knowledge": (
        "contract", "criteria", "toolkit", "phantoms.base", "phantoms.rendering", "phantoms", "measures",
        "locators",
        "strict",
    ),
    "sandbox": ("language", "system", "pool", "probes"),
    "evals": (
        "data", "cluster", "stored", "scoring", "experts", "audit", "transfer", "peers", "companion",
        "disclosure", "frozen", "report", "compare", "processes",
    ),
    "agent": (
        "settings", "brief", "record", "egress", "reply", "drafters", "peers", "nodes", "loop", "terminal",
        "view", "exports", "cli",
    ),
}  # fmt: skip
"""Lowest first, inside each layer; a room may import itself and the rooms before it."""
NETWORK = {
    "openai", "langchain_openai", "httpx", "httpx2", "requests", "socket", "urllib", "http", "uvicorn",
    "dask", "distributed", "fsspec",
}  # fmt: skip
NETWORK_DOORS = {f"agent/egress/{name}.py" for name in ("door", "models", "scripted")} | {
    "agent/view/server.py",
    "evals/cluster/client.py",
}
EVALS_DOORS = {f"scafe.evals.disclosure.{name}" for name in ("bench", "score_card")}
FACE = "scafe"
"""The outermost layer, a folder of its own: it may import all others, and none of them may import it."""
MODULES = sorted(path for layer in (*LAYERS, FACE) for path in (ROOT / layer).rglob("*.py"))
MOST_FILES, MOST_LINES, MOST_FUNCTION_LINES, MOST_DOCSTRING_LINES = 16, 350, 50, 8


def dotted(path: Path) -> str:
    """Return what a file is imported as: scafe/runs.py as scafe.runs, agent/x.py as scafe.agent.x."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts if parts[0] == FACE else (FACE, *parts)).removesuffix(".__init__")


NAMES = {dotted(path): path for path in MODULES}
FACES = {dotted(path) for path in (ROOT / FACE).glob("*.py")} - {"scafe.__main__"}
"""Loaded by whoever imports scafe; `__main__` is the command line, in a process of its own."""
IMAGES = ("scafe.evals.data", "scafe.evals.processes", "scafe.evals.frozen.predict")
OPENS_IMAGES = {"scafe.bundles", "scafe.datasets"}


@cache
def imports(module: Path) -> frozenset[str]:
    """Return the dotted names that `module` imports, e.g. {"scafe.evals.disclosure.bench", "httpx"}."""
    return frozenset(name for node in ast.walk(ast.parse(module.read_text())) for name in _named(node))


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        inside = {f"{node.module}.{alias.name}" for alias in node.names}
        yield from (inside & NAMES.keys()) or {node.module}


def ours(module: Path) -> list[str]:
    return sorted(name for name in imports(module) if name.split(".")[0] == FACE)


def place(name: str) -> tuple[int, int]:
    """Where a module stands: its layer, and its room in there; a layer's own `__init__` comes last in it."""
    _, layer, *inside = *name.split("."), ""
    if layer not in LAYERS:
        return len(LAYERS), 0
    inside = inside[:-1]
    rooms = ROOMS[layer]
    fitting = [i for i, room in enumerate(rooms) if inside[: room.count(".") + 1] == room.split(".")]
    assert fitting or not inside, f"{name} stands in no room of {layer}: {', '.join(rooms)}"
    return LAYERS.index(layer), fitting[0] if fitting else len(rooms)


def too_long(path: Path) -> list[str]:
    """Say what of a file passes the limits: the file itself, or functions of it by name."""
    text = path.read_text()
    functions = [
        n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [n.name for n in functions if (n.end_lineno or 0) - n.lineno >= MOST_FUNCTION_LINES]
    return ([f"{path}: {len(text.splitlines())} lines"] if len(text.splitlines()) > MOST_LINES else []) + [
        f"{path}: {name} has over {MOST_FUNCTION_LINES} lines" for name in long
    ]


@pytest.mark.parametrize("name", NAMES)
class TestModule:
    def test_imports_only_from_its_own_room_and_rooms_below(self, name: str) -> None:
        above = [used for used in ours(NAMES[name]) if place(used) > place(name)]
        assert not above

    def test_reaches_the_network_only_through_a_door(self, name: str) -> None:
        if str(NAMES[name].relative_to(ROOT)) not in NETWORK_DOORS:
            assert not {used.split(".")[0] for used in imports(NAMES[name])} & NETWORK

    def test_agent_sees_evals_only_through_its_doors(self, name: str) -> None:
        if name.startswith("scafe.agent"):
            assert {used for used in imports(NAMES[name]) if used.startswith("scafe.evals")} <= EVALS_DOORS

    def test_is_short(self, name: str) -> None:
        assert not too_long(NAMES[name])


def reached(name: str) -> set[str]:
    """Return the modules of ScaFE that importing one may load, over any number of others."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        found |= waiting
        waiting = {used for one in waiting for used in ours(NAMES[one]) if used in NAMES} - found
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if name in FACES])
class TestFace:
    def test_never_reaches_a_network_or_model_client(self, name: str) -> None:
        assert not {one for one in reached(name) if one.startswith("scafe.agent.egress")}
        assert not {used.split(".")[0] for one in reached(name) for used in imports(NAMES[one])} & NETWORK

    def test_opens_images_only_where_the_user_asks_for_it(self, name: str) -> None:
        images = [used for used in ours(NAMES[name]) if used.startswith(IMAGES)]
        assert not images or name in OPENS_IMAGES


def test_no_module_imports_itself_over_others() -> None:
    edges = {name: {used for used in ours(path) if used in NAMES} - {name} for name, path in NAMES.items()}
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("folder", sorted({path.parent for path in ROOT.rglob("*.py")} - {ROOT}), ids=str)
def test_no_folder_holds_more_files_than_one_takes_in(folder: Path) -> None:
    if not {".venv", "build"} & set(folder.parts):
        assert len(list(folder.glob("*.py"))) <= MOST_FILES


@pytest.mark.parametrize("folder", ["tests", "benchmarks", "docs", "examples"])
def test_what_is_not_shipped_is_as_short(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    assert not [said for path in files for said in too_long(path)]


def test_a_long_file_and_a_long_function_are_named(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("async def f():\n" + "    pass\n" * MOST_FUNCTION_LINES + "\n" * MOST_LINES)
    lines, function = too_long(path)
    assert lines.endswith("401 lines")
    assert " f has over 50 lines" in function


@pytest.mark.parametrize("room", [name for name, path in NAMES.items() if path.name == "__init__.py"])
def test_a_room_says_what_it_makes_in_a_few_lines(room: str) -> None:
    said = ast.get_docstring(ast.parse(NAMES[room].read_text())) or ""
    assert 1 <= len(said.splitlines()) <= MOST_DOCSTRING_LINES


@pytest.mark.parametrize(
    "module", sorted((ROOT / "knowledge" / "toolkit").glob("*.py")), ids=lambda path: path.stem
)
def test_the_toolkit_needs_numpy_and_opencv_alone(module: Path) -> None:
    """It lies in bundles as plain files, where extractors run without ScaFE."""
    siblings = {path.stem for path in module.parent.glob("*.py")}
    used = {name.split(".")[0] for name in imports(module)} - siblings
    assert used <= {"cv2", "numpy"} | sys.stdlib_module_names


def test_every_package_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(name for name, path in NAMES.items() if path.name == "__init__.py")
