"""The schemas and settings that docs/ shows are those of the records, and the files of a run fit them."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
RUN = ROOT / "runs" / "reference" / "builtin"
MADE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "make_schemas.py"))
FORMATS = {one.name: one for one in MADE["formats"]()}


@pytest.mark.parametrize("name", FORMATS)
def test_a_schema_is_current(name: str) -> None:
    one = FORMATS[name]
    file = ROOT / "docs" / "schemas" / f"{one.name}.v{one.version}.schema.json"
    assert file.read_text(encoding="utf-8") == MADE["schema_text"](one), "run `make pages`"


def test_no_schema_is_left_over() -> None:
    found = {file.name for file in (ROOT / "docs" / "schemas").iterdir()}
    assert found == {f"{one.name}.v{one.version}.schema.json" for one in FORMATS.values()}


def test_the_pages_are_current() -> None:
    assert MADE["PAGE"].read_text(encoding="utf-8") == MADE["page"](), "run `make pages`"
    assert MADE["SETTINGS"].read_text(encoding="utf-8") == MADE["settings_page"](), "run `make pages`"


def files_of(name: str) -> list[Any]:
    where = {"run": "run.json", "seal": "SEAL.json", "bundle": "frozen/manifest.json"}
    where |= {
        "responses": "frozen/responses.json",
        "revision": "revisions/*/*.json",
        "brief": "briefs/*.json",
    }
    if name == "event":
        lines = [json.loads(line) for line in (RUN / "events.jsonl").read_text().splitlines()]
        return [{key: line[key] for key in line if key not in ("n", "ts", "prev")} for line in lines]
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(RUN.glob(where[name]))]


@pytest.mark.parametrize("name", ["event", "run", "seal", "bundle", "responses", "revision", "brief"])
def test_the_files_of_the_reference_run_fit_their_schema(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="files are NOT held to schemas without jsonschema")
    check = jsonschema.Draft202012Validator(FORMATS[name].schema)
    files = files_of(name)
    assert files
    assert [error.message for one in files for error in check.iter_errors(one)] == []


@pytest.mark.parametrize("name", ["run", "seal", "bundle", "brief"])
def test_a_field_that_nobody_knows_does_not_fit(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="files are NOT held to schemas without jsonschema")
    check = jsonschema.Draft202012Validator(FORMATS[name].schema)
    assert not check.is_valid(files_of(name)[0] | {"patient_name": "x"})
