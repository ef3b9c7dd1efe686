"""An old import path fails with the new one in its words; every new one is there."""

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

import scafe
from scafe.knowledge.measures import measure_names
from scafe.moved import MovedFinder, install, moved_modules, told_of


@pytest.mark.parametrize(("old", "new"), moved_modules().items())
def test_every_old_module_names_one_that_is_there(old: str, new: str) -> None:
    assert find_spec(new) is not None
    assert told_of(old).startswith(f"{old} moved to {new}")


@pytest.mark.parametrize("old", moved_modules())
def test_importing_an_old_path_says_where_it_went(old: str) -> None:
    name = f"{old}.anything" if _is_a_room(old) else old
    with pytest.raises(ImportError, match="moved to scafe") as told:
        import_module(name)
    assert moved_modules()[old] in str(told.value)


@pytest.mark.parametrize("measure", measure_names())
def test_an_old_measure_names_its_modality(measure: str) -> None:
    modality, _, name = measure.partition("_")
    with pytest.raises(ImportError, match=rf"moved to scafe\.knowledge\.measures\.{modality}\.{name}$"):
        import_module(f"scafe.knowledge.measures.{measure}")


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("import scafe.agent.run", "scafe.agent.loop.run"),
        ("from scafe.evals.dataset import Dataset", "scafe.evals.data.dataset"),
        ("from scafe.evals.report import write_report", "scafe.evals.report.report.write_report"),
        ("from scafe.knowledge.criteria import load_pack", "scafe.knowledge.criteria.pack.load_pack"),
        ("from scafe.sandbox.pool import Pool", "scafe.sandbox.pool.pool.Pool"),
        ("from scafe.agent.drafters import Drafter", "scafe.agent.drafters.drafter.Drafter"),
        ("from scafe.agent.drafters import load_drafter", "scafe.agent.drafters.loading.load_drafter"),
        ("from scafe.evals.splits import plan_feedback", "plan_feedback to scafe.evals.scoring.feedback"),
        ("import scafe.sandbox.remote", "main to scafe.sandbox.pool.container"),
    ],
)
def test_a_line_of_an_old_script_is_told_its_new_place(line: str, new: str) -> None:
    with pytest.raises(ImportError, match=new.replace(".", r"\.")):
        exec(line, {})


def test_a_name_that_never_was_is_an_ordinary_error() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'scafe\.nowhere'"):
        import_module("scafe.nowhere")
    with pytest.raises(AttributeError, match=r"has no attribute 'nowhere'; it has .*__version__"):
        scafe.nowhere  # type: ignore[attr-defined]  # noqa: B018


def test_where_a_name_went_can_be_imported() -> None:
    for old, name in (("scafe.evals.report", "write_report"), ("scafe.agent.drafters", "SHIPPED")):
        home, _, last = told_of(f"{old}.{name}").removeprefix(f"{old}.{name} moved to ").rpartition(".")
        assert hasattr(import_module(home), last)


def test_the_finder_stands_last_and_once() -> None:
    install()
    assert sys.meta_path.count(MovedFinder) == 1  # type: ignore[arg-type]


def test_python_m_with_an_old_name_is_told_too() -> None:
    command = [
        sys.executable,
        "-I",
        "-c",
        "import scafe, runpy; runpy.run_module('scafe.evals.bench_process')",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "moved to scafe.evals.processes.bench" in told.stderr


def _is_a_room(old: str) -> bool:
    """Whether a folder has the name now that a module had; then the module's names are asked for."""
    return old in _FOLDERS


_FOLDERS = {".".join(new.split(".")[:-1]) for new in moved_modules().values()}
