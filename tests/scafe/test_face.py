"""`import scafe` costs next to nothing, holds what it names, and never loads a model's client."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import get_type_hints

import pytest

import scafe
from scafe.agent.settings.settings import Settings
from scafe.settings import RunSettings

ROOT = Path(__file__).parents[2]
MOST_MS = 50
CLIENTS = ("openai", "langchain_openai", "httpx", "scafe.agent.egress")


def fresh(code: str) -> str:
    """Run code in a new interpreter and return what it printed."""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_importing_takes_less_than_fifty_milliseconds() -> None:
    command = [sys.executable, "-X", "importtime", "-c", "import scafe"]
    lines = [
        subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
        for _ in range(3)
    ]
    spent = [int(one[-1].split("|")[1]) / 1000 for one in lines]
    assert lines[0][-1].endswith("| scafe")
    assert min(spent) < MOST_MS


def test_importing_loads_nothing_that_is_heavy() -> None:
    loaded = json.loads(fresh("import scafe, sys, json; print(json.dumps(sorted(sys.modules)))"))
    assert not {"numpy", "sklearn", "pydantic", "langgraph", "click", "importlib.metadata"} & set(loaded)


@pytest.mark.parametrize("name", scafe.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(scafe, name)
    assert name == "__version__" or found.__doc__


def test_the_version_is_that_of_the_distribution() -> None:
    assert scafe.__version__ == version("scafe")


def test_a_person_who_presses_tab_sees_the_public_names_before_they_are_loaded() -> None:
    assert fresh("import scafe; print(dir(scafe) == sorted(scafe.__all__))") == "True\n"


def test_reading_a_run_and_a_bundle_loads_no_client_of_a_model() -> None:
    code = f"""
import json, sys, scafe
run = scafe.load_run("runs/reference/played-scar")
run._repr_html_(), run.bundle.features, scafe.run, scafe.resume, scafe.load_dataset, scafe.probe
print(json.dumps([one for one in sys.modules if one.startswith({CLIENTS!r})]))
"""
    assert json.loads(fresh(code)) == []


def test_every_setting_can_be_given_to_a_run() -> None:
    named = {"model", "seed", "approve", "max_calls", "out"}
    never = {"api_key"}  # from the environment alone
    assert set(get_type_hints(RunSettings)) == set(Settings.model_fields) - named - never


def test_python_m_scafe_is_the_command_line() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "scafe", "--version"], capture_output=True, text=True, check=False
    )
    assert told.stdout == f"scafe {version('scafe')}\n"
