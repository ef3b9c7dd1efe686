"""The folders point one way, and only named modules open a door."""

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("knowledge", "sandbox", "evals", "agent")  # each may import itself and what stands before it
NETWORK = {"openai", "langchain_openai", "httpx", "httpx2", "requests", "socket", "urllib", "http"}
NETWORK_DOORS = {f"agent/egress/{name}.py" for name in ("door", "models", "scripted")} | {"agent/view.py"}
EVALS_DOORS = {f"scafe.evals.disclosure.{name}" for name in ("bench", "score_card")}
MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


@cache
def imports(module: Path) -> frozenset[str]:
    """Return every dotted name that `module` imports, e.g. {"scafe.evals.bench", "httpx"}."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({node.module})
    return frozenset(found)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
class TestModule:
    def test_imports_only_from_its_own_layer_and_below(self, module: Path) -> None:
        layer = module.relative_to(ROOT).parts[0]
        allowed = LAYERS[: LAYERS.index(layer) + 1]
        used = {name.split(".")[1] for name in imports(module) if name.startswith("scafe.")}
        assert used <= set(allowed)

    def test_reaches_the_network_only_through_a_door(self, module: Path) -> None:
        if str(module.relative_to(ROOT)) not in NETWORK_DOORS:
            assert not {name.split(".")[0] for name in imports(module)} & NETWORK

    def test_agent_sees_evals_only_through_its_doors(self, module: Path) -> None:
        if module.relative_to(ROOT).parts[0] == "agent":
            assert {n for n in imports(module) if n.startswith("scafe.evals")} <= EVALS_DOORS


def test_every_package_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        ".".join(("scafe", *path.parent.relative_to(ROOT).parts))
        for path in MODULES
        if path.name == "__init__.py"
    }
    assert sorted(found) == sorted(listed)
