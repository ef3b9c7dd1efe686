"""Settings: who wins, what is refused, what is never shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.agent.cli.main import main
from scafe.agent.settings.settings import MASK, Settings, load_settings, mask_password
from scafe.agent.settings.unread import UnreadFileWarning, UnreadVariableWarning
from scafe.knowledge.contract.errors import SettingsError


def write_toml(folder: Path, text: str) -> Path:
    path = folder / "scafe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, toml: str = "", **environ: str) -> str:
    if toml:
        write_toml(folder, toml)
    with pytest.raises(SettingsError) as caught:
        load_settings({}, environ, folder)
    return str(caught.value)


@given(st.sets(st.sampled_from(["command line", "SCAFE_SEED", "file"])))
@settings(max_examples=8, deadline=None)
def test_the_command_line_wins_over_the_environment_over_the_file(
    tmp_path_factory: pytest.TempPathFactory, layers: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("layers")
    file = write_toml(folder, "seed = 3\n" if "file" in layers else "")
    environ = {"SCAFE_SEED": "2"} if "SCAFE_SEED" in layers else {}
    typed = {"seed": 1} if "command line" in layers else {}
    configured = load_settings(typed, environ, folder)
    order = [("command line", 1), ("SCAFE_SEED", 2), ("file", 3)]
    origin, seed = next((one for one in order if one[0] in layers), ("default", 0))
    assert configured.settings.seed == seed
    assert configured.origins["seed"] == (str(file) if origin == "file" else origin)


def test_every_setting_has_an_origin(tmp_path: Path) -> None:
    shown = load_settings({}, {}, tmp_path).shown()
    assert set(shown) == set(Settings.model_fields)
    assert {one["origin"] for one in shown.values()} == {"default"}


@pytest.mark.parametrize(
    ("said", "patience"),
    [
        ({"model": "builtin"}, 0),
        ({"model": "openai:some-model"}, 1),
        ({"model": "manual"}, 1),
        ({"model": "builtin", "patience": 2}, 2),
        ({"model": "manual", "patience": 0}, 0),
    ],
)
def test_only_the_built_in_drafter_goes_without_an_adaptive_round_unless_it_is_said(
    tmp_path: Path, said: dict[str, str | int], patience: int
) -> None:
    assert load_settings(said, {}, tmp_path).run_options()["patience"] == patience


def test_a_key_that_is_not_known_names_file_key_and_nearest(tmp_path: Path) -> None:
    message = refusal(tmp_path, "max_call = 3\n")
    assert str(tmp_path / "scafe.toml") in message
    assert "'max_call'" in message
    assert "max_calls" in message


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("SCAFE_SED", "did you mean SCAFE_SEED"),
        ("SCAFE_WORKER", "did you mean SCAFE_WORKERS"),
        ("SCAFE_BASEURL", "did you mean SCAFE_BASE_URL"),
        ("SCAFE_MAXCALLS", "did you mean SCAFE_MAX_CALLS"),
        ("SCAFE_CONFG", "did you mean SCAFE_CONFIG"),
        ("SCAFE_JOB_ARRAY_TASK", "config show"),
        ("SCAFE_seed\x1b", "not read by this version"),
    ],
)
def test_a_variable_that_is_not_known_is_a_warning_and_the_others_count(
    tmp_path: Path, name: str, told: str
) -> None:
    with pytest.warns(UnreadVariableWarning, match=told) as caught:
        configured = load_settings({}, {name: "4", "SCAFE_MAX_COST": "2"}, tmp_path)
    assert configured.settings.max_cost == 2
    assert len(caught) == 1
    assert "\x1b" not in str(caught[0].message)


def test_a_wrong_value_names_where_it_was_written(tmp_path: Path) -> None:
    message = refusal(tmp_path, SCAFE_MAX_CALLS="many")
    assert message.startswith("SCAFE_MAX_CALLS: max_calls is 'many'; expected cap on calls")


def test_a_file_that_is_not_toml_names_the_line(tmp_path: Path) -> None:
    assert "line 2" in refusal(tmp_path, "seed = 1\nseed = \n")


def test_a_named_file_that_is_missing_is_told(tmp_path: Path) -> None:
    assert "SCAFE_CONFIG names nowhere.toml" in refusal(tmp_path, SCAFE_CONFIG="nowhere.toml")


def test_a_key_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    message = refusal(tmp_path, 'api_key = "sk-very-secret"\n')
    assert "environment" in message or "export" in message
    assert "sk-very-secret" not in message


@pytest.mark.parametrize("variable", ["SCAFE_API_KEY", "OPENAI_API_KEY"])
def test_the_key_comes_from_the_environment_and_is_never_shown(tmp_path: Path, variable: str) -> None:
    configured = load_settings({}, {variable: "sk-very-secret"}, tmp_path)
    assert configured.settings.api_key is not None
    assert configured.settings.api_key.get_secret_value() == "sk-very-secret"
    assert configured.shown()["api_key"] == {"value": MASK, "origin": variable}
    assert "sk-very-secret" not in repr(configured)


def test_a_password_in_a_url_is_never_shown(tmp_path: Path) -> None:
    url = "postgresql://someone:hunter2@db/scafe"
    shown = load_settings({}, {"SCAFE_CHECKPOINTS": url}, tmp_path).shown()
    assert "hunter2" not in str(shown)
    assert "someone" in mask_password(url)
    assert mask_password("http://localhost:8000/v1") == "http://localhost:8000/v1"


def test_a_password_in_a_wrong_url_is_not_in_the_message(tmp_path: Path) -> None:
    assert "hunter2" not in refusal(tmp_path, SCAFE_CHECKPOINTS="mysql://someone:hunter2@db/scafe")


def as_run(folder: Path) -> None:
    (folder / "run.json").write_text("{}")


def as_bundle(folder: Path) -> None:
    (folder / "extractors").mkdir()
    (folder / "manifest.json").write_text("{}")


@pytest.mark.parametrize("make", [as_run, as_bundle])
@pytest.mark.parametrize("inside", ["", "revisions/height"])
def test_a_file_in_a_run_folder_or_a_bundle_is_somebody_s_and_is_not_read(
    tmp_path: Path, make: Callable[[Path], None], inside: str
) -> None:
    """It would send key and words to an endpoint of its author's, whoever works in that folder."""
    make(tmp_path)
    here = tmp_path / inside
    here.mkdir(parents=True, exist_ok=True)
    (here / "scafe.toml").write_text('model = "openai:m"\nbase_url = "https://theirs.example/v1"\n')
    with pytest.warns(UnreadFileWarning, match="may be somebody else's") as caught:
        configured = load_settings({}, {}, here)
    assert (configured.settings.base_url, configured.settings.model) == (None, "builtin")
    assert len(caught) == 1
    assert load_settings({}, {"SCAFE_CONFIG": str(here / "scafe.toml")}, here).settings.base_url


def test_a_file_beside_run_folders_is_read(tmp_path: Path) -> None:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    as_run(tmp_path / "runs" / "one")
    (tmp_path / "scafe.toml").write_text("seed = 4\n")
    assert load_settings({}, {}, tmp_path).settings.seed == 4


def test_the_command_line_says_that_a_file_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_run(tmp_path)
    (tmp_path / "scafe.toml").write_text('base_url = "https://theirs.example/v1"\n')
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, ["config", "show"])
    assert found.exit_code == 0
    assert "warning" in found.stderr
    assert "is not read" in found.stderr
    assert "theirs.example" not in found.stdout
