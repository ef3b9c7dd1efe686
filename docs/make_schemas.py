"""Write docs/schemas/*.json and docs/reference-formats-of-files.md from the records themselves.

`make pages` runs it, a test holds both current. A schema's name carries the version of its format.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from scafe.agent.brief.brief import Brief
from scafe.agent.record.events import READER
from scafe.agent.record.revisions import Revision
from scafe.agent.record.run_folder import RunInfo
from scafe.agent.record.seal import Seal
from scafe.agent.settings.settings import Settings
from scafe.evals.disclosure.score_card import ScoreCard
from scafe.evals.frozen.predict import Prediction
from scafe.evals.frozen.records import Manifest, Responses
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.sandbox.probes.verdict import Verdict

DOCS = Path(__file__).parent
FOLDER = DOCS / "schemas"
PAGE = DOCS / "reference-formats-of-files.md"
SETTINGS = DOCS / "reference-settings.md"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
HEAD = """# File formats of runs and bundles

*This page is generated from the records themselves: `python docs/make_schemas.py`.*

Each format has a version and a JSON Schema (draft 2020-12). The version is raised when a file of before can
no longer be read as one of today; a field that is added with a default does not raise it. Files are UTF-8;
JSON without NaN or infinity, no key twice. A line of `events.jsonl` carries three more fields beside its
event: `n` (its number), `ts` (the clock, which decides nothing) and `prev` (SHA-256 of the line before).

"""


@dataclass(frozen=True)
class Format:
    """One kind of file."""

    name: str
    version: int
    file: str
    """Where it lies."""
    meaning: str
    schema: dict[str, Any]


def formats() -> Iterator[Format]:
    """Yield every format that is documented."""
    events = READER.json_schema()
    yield Format("event", 2, "RUN/events.jsonl, one a line", "What happened, and in which order.", events)
    for name, version, file, meaning, record in RECORDS:
        yield Format(name, version, file, meaning, record.model_json_schema(mode="validation"))


RECORDS: tuple[tuple[str, int, str, str, type[BaseModel]], ...] = (
    ("run", 1, "RUN/run.json", "Where a run stands, with which settings and versions.", RunInfo),
    ("seal", 1, "RUN/SEAL.json", "What the run's folder held when the run ended.", Seal),
    ("revision", 1, "RUN/revisions/CRITERION/rNNN.json", "One version of an extractor.", Revision),
    ("brief", 1, "RUN/briefs/SHA256.json", "All that a drafter was given.", Brief),
    ("verdict", 1, "in revisions; `scafe probe --json`", "What the probes found.", Verdict),
    ("score-card", 1, "in events", "What was disclosed of one extractor on images.", ScoreCard),
    ("bundle", 1, "RUN/frozen/manifest.json", "A frozen feature set.", Manifest),
    ("responses", 1, "RUN/frozen/responses.json", "How each feature answered to each dial.", Responses),
    ("prediction", 1, "`scafe predict --json`", "One image, predicted.", Prediction),
    ("criteria-pack", 1, "PACK.yaml", "Clinical criteria as data.", CriteriaPack),
)


def schema_text(one: Format) -> str:
    """Return a schema as it is written."""
    head = {"$schema": DRAFT, "$id": f"{one.name}.v{one.version}.schema.json"}
    return json.dumps({**head, **one.schema}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def page() -> str:
    """Return the page of formats."""
    rows = ["| format | version | where | what it is |", "|---|---|---|---|"]
    for one in formats():
        link = f"[{one.name}](schemas/{one.name}.v{one.version}.schema.json)"
        rows.append(f"| {link} | {one.version} | {_code(one.file)} | {one.meaning} |")
    return HEAD + "\n".join(rows) + "\n" + "".join(_fields(one) for one in formats())


def settings_page() -> str:
    """Return the page of settings."""
    properties = Settings.model_json_schema()["properties"]
    rows = "".join(
        f"| `{name}` | {_kind(field)} | {_default(field)} | {_cell(field.get('description', ''))} |\n"
        for name, field in properties.items()
    )
    return f"{SETTINGS_HEAD}| setting | kind | default | meaning |\n|---|---|---|---|\n{rows}"


SETTINGS_HEAD = """# Settings

*This page is generated from the settings themselves: `python docs/make_schemas.py`.*

A value comes from the command line, then from `SCAFE_NAME` in the environment, then from `scafe.toml` in the
working folder (or the file that `SCAFE_CONFIG` names), then from its default. `scafe config show` tells which
one counts. The key of an endpoint is read from the environment alone.

"""


def _code(file: str) -> str:
    return file if "`" in file or file.startswith("in ") else f"`{file}`"


def _fields(one: Format) -> str:
    records = one.schema.get("$defs", {})
    if "properties" in one.schema:
        records = {one.schema["title"]: one.schema, **records}
    tables = "".join(_table(name, record) for name, record in records.items() if record.get("properties"))
    return f"\n## {one.name}, version {one.version}\n\n{tables}"


def _table(name: str, record: dict[str, Any]) -> str:
    summary = record.get("description", "").partition("\n")[0]
    rows = "".join(
        f"| `{field}` | {_kind(shape)} | {_cell(shape.get('description', ''))} |\n"
        for field, shape in record["properties"].items()
    )
    return f"**{name}**: {_cell(summary)}\n\n| field | kind | meaning |\n|---|---|---|\n{rows}\n"


def _kind(shape: dict[str, Any]) -> str:
    if "const" in shape:
        return f"`{json.dumps(shape['const'])}`"
    if "enum" in shape:
        return " or ".join(f"`{json.dumps(one)}`" for one in shape["enum"])
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "anyOf" in shape:
        return " or ".join(dict.fromkeys(_kind(one) for one in shape["anyOf"]))
    if shape.get("type") == "array":
        return f"list of {_kind(shape['items'])}" if "items" in shape else "list"
    return str(shape.get("type", "any"))


def _default(shape: dict[str, Any]) -> str:
    value = shape.get("default")
    return "" if value is None else f"`{json.dumps(value)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for found in formats():
        name = f"{found.name}.v{found.version}.schema.json"
        (FOLDER / name).write_text(schema_text(found), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    SETTINGS.write_text(settings_page(), encoding="utf-8")
