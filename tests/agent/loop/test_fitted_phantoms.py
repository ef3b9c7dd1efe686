"""Fitted ranges go from the command line to the bench, and a run without them keeps its old configuration."""

import json

import pytest
from click.testing import CliRunner

from scafe.agent.cli.main import main
from scafe.agent.loop.asked import bench_spec
from scafe.agent.record.run_folder import RunFolder
from scafe.agent.settings.run_config import RunConfig
from scafe.sandbox.probes.ranges import Range

FITTED = (Range(name="blur", low=0, high=1),)
FIT = {"format": 1, "kind": "scar", "patients": "60-149", "nuisances": [one.model_dump() for one in FITTED]}


def test_the_bench_is_asked_for_the_fitted_ranges(tmp_path):
    config = RunConfig(pack="scar.vss", fitted=FITTED)
    assert bench_spec(config, RunFolder(tmp_path)).fitted == FITTED
    assert RunConfig.model_validate_json(config.model_dump_json()) == config


def test_a_configuration_without_a_fit_says_nothing_of_it():
    assert "fitted" not in RunConfig(pack="scar.vss").model_dump()


@pytest.mark.parametrize(
    ("pack", "code", "said"), [("scar.vss", 0, ""), ("ultrasound.birads", 2, "fit again")]
)
def test_a_fit_is_for_the_packs_phantom(tmp_path, pack, code, said):
    (tmp_path / "fit.json").write_text(json.dumps(FIT))
    words = ["run", pack, "--cohort", "plain", "--dry-run", "--phantoms-fit", str(tmp_path / "fit.json")]
    told = CliRunner().invoke(main, words)
    assert told.exit_code == code
    assert said in told.output
