"""The commands about packs and about the host."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scafe.agent.cli.main import main
from scafe.agent.egress.scripted import ScriptedServer
from scafe.knowledge.criteria.pack import load_pack, pack_names


def scafe(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def my_scale(tmp_path: Path) -> Path:
    path = tmp_path / "my_scale.yaml"
    path.write_text(scafe("criteria", "show", "scar.vss", "--yaml").stdout, encoding="utf-8")
    return path


def test_every_pack_is_listed() -> None:
    listed = json.loads(scafe("criteria", "list", "--json").stdout)
    assert [one["id"] for one in listed] == list(pack_names())


def test_a_broken_plug_in_does_not_hide_the_other_packs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = tmp_path / "broken-1.0.dist-info"
    site.mkdir()
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (site / "entry_points.txt").write_text("[scafe.criteria]\nbroken.pack = nowhere:pack\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    told = scafe("criteria", "list")
    assert told.exit_code == 0
    assert "cannot be loaded: No module named 'nowhere'" in told.stdout
    assert "scar.vss" in told.stdout


@pytest.mark.parametrize("name", pack_names())
def test_a_pack_is_shown_with_all_that_it_asks(name: str) -> None:
    shown = scafe("criteria", "show", name).stdout
    pack = load_pack(name)
    assert [one.id for one in pack.criteria if one.id not in shown] == []
    assert pack.citation.text in shown


def test_a_pack_printed_as_yaml_is_a_pack(my_scale: Path) -> None:
    assert load_pack(str(my_scale)) == load_pack("scar.vss")
    assert scafe("criteria", "check", my_scale, "--strict").exit_code == 0


def test_yaml_and_json_together_are_refused() -> None:
    assert scafe("criteria", "show", "scar.vss", "--yaml", "--json").exit_code == 2


def test_an_unknown_pack_names_the_nearest() -> None:
    told = scafe("criteria", "show", "scar.vs")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "scar.vss" in told.stderr


def test_a_typo_in_a_pack_names_field_and_line(my_scale: Path) -> None:
    lines = my_scale.read_text().splitlines(keepends=True)
    number = next(index for index, line in enumerate(lines) if "observable:" in line)
    lines[number] = lines[number].replace("observable:", "observabel:")
    my_scale.write_text("".join(lines))
    told = scafe("criteria", "check", my_scale)
    assert (told.exit_code, told.stdout) == (2, "")
    assert f"{my_scale}, line " in told.stderr
    assert "field criteria." in told.stderr


def test_a_dial_that_the_phantom_lacks_fails_the_strict_check(my_scale: Path) -> None:
    text = my_scale.read_text()
    assert "dial: vascularity" in text
    my_scale.write_text(text.replace("dial: vascularity", "dial: vascularitee"))
    told = scafe("criteria", "check", my_scale, "--strict", "--json")
    assert told.exit_code == 2
    assert [fault for fault in json.loads(told.stdout)["faults"] if "vascularitee" in fault]
    assert scafe("criteria", "check", my_scale).exit_code == 0


def test_doctor_gives_every_layer_and_the_tier() -> None:
    told = scafe("doctor", "--json")
    document = json.loads(told.stdout)
    assert {"seccomp", "landlock", "namespaces", "rlimits"} <= {one["name"] for one in document["checks"]}
    assert {one["status"] for one in document["checks"]} <= {"ok", "warn", "fail"}
    assert told.exit_code == (6 if document["tier"] == "C" else 0)


def test_doctor_names_the_way_to_a_backend_that_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    told = scafe("doctor", "--sandbox", "gvisor")
    assert (told.exit_code, told.stdout) == (6, "")
    assert "runsc" in told.stderr


@pytest.mark.parametrize(("context_tokens", "code"), [(None, 0), (4096, 5)])
def test_an_endpoint_is_asked_and_found_usable_or_not(context_tokens: int | None, code: int) -> None:
    with ScriptedServer(["no code, only words"], after="repeat", context_tokens=context_tokens) as server:
        words = ["doctor", "model", "--model", "openai:m", "--base-url", server.url, "--json"]
        told = scafe(*words)
    found = json.loads(told.stdout)
    assert told.exit_code == code
    assert found["ok"] is (code == 0)
    assert {one["name"] for one in found["checks"]} >= {"answer", "usage", "context"}
    assert "private address" in told.stderr


def test_an_endpoint_that_is_not_there_is_told_before_anything_is_asked() -> None:
    told = scafe("doctor", "model", "--model", "openai:m", "--base-url", "http://127.0.0.1:9/v1")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "127.0.0.1:9 does not answer" in told.stderr


def test_doctor_model_without_a_model_says_how_to_name_one() -> None:
    assert "--model openai:NAME" in scafe("doctor", "model").stderr


def test_the_gate_is_tried_on_studies_whose_truth_is_known() -> None:
    told = scafe("selftest", "gate", "--reps", "1", "--n", "20", "--noise", "2", "--json")
    found = json.loads(told.stdout)
    assert told.exit_code == (0 if found["ok"] else 1)
    assert {one["rule"] for one in found["rows"]} >= {"nothing added"}


def test_endless_loops_end_and_leave_no_process() -> None:
    told = scafe("selftest", "sandbox", "--hang", "1", "--json")
    found = json.loads(told.stdout)
    assert found["loops"] == 1
    assert found["survivors"] == found["survivors_of_kill"] == 0
    assert told.exit_code == (0 if found["ok"] else 6)
