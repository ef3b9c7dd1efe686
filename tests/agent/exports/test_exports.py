"""What other tools read back from a run, each with its own reader."""

import base64
import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from viewer_stand_ins import REFERENCE, rewrite_events

from scafe.agent.cli.main import main
from scafe.agent.record.revisions import list_revisions
from scafe.agent.record.run_folder import load_run
from scafe.agent.record.trace import EVENTS, read_lines

NAMES = ("builtin", "played-scar", "played-dermoscopy")
MISSING = "the export was not read back: pip install 'scafe[test]'"


def export(name: str | Path, form: str, into: Path | str) -> Any:
    run = REFERENCE / name if isinstance(name, str) else name
    return CliRunner().invoke(
        main, ["runs", "export", str(run), "--to", form, "--into", str(into), "--json", "--quiet"]
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("name", NAMES)
def test_csv_holds_a_row_for_each_event_and_revision(name: str, tmp_path: Path) -> None:
    told = export(name, "csv", tmp_path / "csv")
    assert told.exit_code == 0, told.output
    rows = {
        table: read_csv(tmp_path / "csv" / f"{table}.csv") for table in ("events", "revisions", "features")
    }
    assert len(rows["events"]) == len(list(read_lines(REFERENCE / name / EVENTS)))
    records = list_revisions(load_run(REFERENCE / name))
    assert {row["revision"]: row["sha256"] for row in rows["revisions"]} == {
        one.name: one.sha256 for one in records
    }
    assert len(rows["features"]) == sum(len(one.verdict.features) for one in records if one.verdict)


def test_no_cell_of_a_csv_is_taken_for_a_formula(tmp_path: Path) -> None:

    run = tmp_path / "run"
    shutil.copytree(REFERENCE / "played-scar", run)

    def plant(line: dict[str, Any]) -> dict[str, Any]:
        return line | {"reason": "=cmd()"} if line["kind"] == "turned_away" else line

    def plant_operator(line: dict[str, Any]) -> dict[str, Any]:
        return plant(line) | ({"findings": [["=x()", "reject", "@y"]]} if line["kind"] == "judged" else {})

    rewrite_events(run, plant_operator)
    assert export(run, "csv", tmp_path / "csv").exit_code == 0
    for path in (tmp_path / "csv").iterdir():
        cells = [cell for row in csv.reader(path.read_text().splitlines()) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]


@pytest.mark.parametrize("name", NAMES)
def test_parquet_comes_back_with_the_same_values_as_csv(name: str, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason=MISSING)
    assert export(name, "parquet", tmp_path / "parquet").exit_code == 0
    assert export(name, "csv", tmp_path / "csv").exit_code == 0
    for table in ("events", "revisions", "features"):
        read = parquet.read_table(tmp_path / "parquet" / f"{table}.parquet").to_pylist()
        plain = read_csv(tmp_path / "csv" / f"{table}.csv")
        assert len(read) == len(plain) > 0
        numbers = [key for key, value in read[0].items() if isinstance(value, int | float)]
        assert all(
            float(one[key]) == float(other[key])
            for one, other in zip(read, plain, strict=True)
            for key in numbers
            if one[key] is not None and not isinstance(one[key], bool)
        )


@pytest.mark.parametrize("name", NAMES)
def test_git_log_shows_each_revision_and_checks_out_its_source(name: str, tmp_path: Path) -> None:
    into = tmp_path / "history"
    told = export(name, "git", into)
    assert told.exit_code == 0, told.output
    log = git(into, "log", "--reverse", "--format=%H %s").splitlines()
    run = load_run(REFERENCE / name)
    records = {one.name: one for one in list_revisions(run)}
    assert sorted(line.split()[1].rstrip(":") for line in log) == sorted(records)
    for line in log:
        commit, revision = line.split()[0], line.split()[1].rstrip(":")
        criterion = records[revision].criterion
        source = (REFERENCE / name / "revisions" / f"{revision}.py").read_text()
        assert git(into, "show", f"{commit}:{criterion}.py").rstrip("\n") == source.rstrip("\n")
    assert git(into, "fsck", "--strict") == ""
    again = tmp_path / "again"
    export(name, "git", again)
    assert git(again, "rev-parse", "HEAD") == git(into, "rev-parse", "HEAD")


@pytest.mark.parametrize("name", NAMES)
def test_an_ro_crate_is_read_back_with_its_action_and_files(name: str, tmp_path: Path) -> None:
    library = pytest.importorskip("rocrate.rocrate", reason=MISSING)
    told = export(name, "ro-crate", tmp_path / "crate")
    assert told.exit_code == 0, told.output
    crate = library.ROCrate(tmp_path / "crate")
    action = next(one for one in crate.get_entities() if one.type == "CreateAction")
    assert crate.root_dataset["mentions"][0].id == action.id
    assert crate.root_dataset["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"
    assert action["instrument"]["name"] == "ScaFE"
    assert {"pack.yaml", "run.json"} == {one.id for one in action["object"]}
    results = {one.id for one in action["result"]}
    assert {"events.jsonl", "report.html", "frozen/manifest.json", "SEAL.json"} <= results
    assert all((tmp_path / "crate" / unquote(one.id)).is_file() for one in crate.data_entities)
    assert (tmp_path / "crate" / "events.jsonl").read_bytes() == (REFERENCE / name / EVENTS).read_bytes()
    assert not (tmp_path / "crate" / "bench").exists()


@pytest.mark.parametrize("name", NAMES)
def test_spans_are_read_back_as_opentelemetry_reads_them(name: str, tmp_path: Path) -> None:
    trace = pytest.importorskip("opentelemetry.proto.trace.v1.trace_pb2", reason=MISSING)
    json_format = pytest.importorskip("google.protobuf.json_format", reason=MISSING)
    told = export(name, "otlp", tmp_path / "spans.json")
    assert told.exit_code == 0, told.output
    text = (tmp_path / "spans.json").read_text()
    data = json.loads(text)
    for span in data["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        assert (len(span["traceId"]), len(span["spanId"])) == (32, 16)
        for key in ("traceId", "spanId", "parentSpanId"):  # OTLP/JSON has hex, protobuf's own reader base64
            if key in span:
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    message = json_format.Parse(json.dumps(data), trace.TracesData())
    spans = message.resource_spans[0].scope_spans[0].spans
    ids = {span.span_id for span in spans}
    assert len(ids) == len(spans)
    assert all(span.parent_span_id in ids for span in spans if span.parent_span_id)
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano > 0 for span in spans)
    calls = [span for span in spans if span.name.startswith("chat ")]
    assert len(calls) == sum(line["kind"] == "replied" for line in read_lines(REFERENCE / name / EVENTS))
    assert all(any(one.key == "gen_ai.request.model" for one in span.attributes) for span in calls)
    assert "CRITERION" not in text


def test_mlflows_client_lists_the_run_with_parameters_metrics_and_artifacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking = pytest.importorskip("mlflow.tracking", reason=MISSING)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    told = export("played-scar", "mlflow", tmp_path / "mlruns")
    assert told.exit_code == 0, told.output
    client = tracking.MlflowClient(tracking_uri=(tmp_path / "mlruns").as_uri())
    experiment = client.get_experiment_by_name("scafe")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_name == "played-scar"
    assert found.info.status == "FINISHED"
    assert found.data.params["pack"] == "scar.keloid_vs_hypertrophic"
    opened = next(
        line for line in read_lines(REFERENCE / "played-scar" / EVENTS) if line["kind"] == "seal_opened"
    )
    assert found.data.metrics["auc"] == pytest.approx(opened["auc"])
    artifacts = {one.path for one in client.list_artifacts(found.info.run_id)}
    assert {"events.jsonl", "report.html", "frozen"} <= artifacts
    assert "data" not in found.data.params


@pytest.mark.parametrize("address", ["http://10.0.0.1:5000", "https://mlflow.example", "databricks://x"])
def test_a_run_goes_to_no_mlflow_of_another_machine(address: str) -> None:
    told = export("builtin", "mlflow", address)
    assert told.exit_code == 2
    assert "not on this machine" in told.stdout


@pytest.mark.parametrize("form", ["csv", "git", "otlp"])
def test_nothing_that_stands_there_is_overwritten(form: str, tmp_path: Path) -> None:
    place = tmp_path / "there"
    place.write_text("mine")
    told = export("builtin", form, place)
    assert told.exit_code == 2
    assert place.read_text() == "mine"


@pytest.mark.parametrize("form", ["csv", "git", "otlp", "ro-crate"])
def test_a_damaged_run_is_not_handed_on(form: str, tmp_path: Path) -> None:

    run = tmp_path / "run"
    shutil.copytree(REFERENCE / "builtin", run)
    data = (run / EVENTS).read_bytes()
    (run / EVENTS).write_bytes(data.replace(b'"round": 0', b'"round": 7', 1))
    told = export(run, form, tmp_path / "into")
    assert told.exit_code == 4
    assert not (tmp_path / "into").exists()


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
