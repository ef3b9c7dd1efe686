"""A whole run over real images, sandbox and bench: its locator is drafted by the built-in drafter."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.agent.loop.run import RunConfig, start_run
from scafe.agent.record.seal import verify_run
from scafe.agent.record.trace import EVENTS, read_lines
from scafe.evals.frozen.bundle import open_bundle
from scafe.knowledge.contract.locator import parse_locator
from scafe.knowledge.phantoms import load_phantom

PER_CLASS = 8


def study(root: Path) -> Path:
    root.mkdir()
    phantom, rows = load_phantom("scar"), ["path,label,patient_id"]
    for number in range(2 * PER_CLASS):
        label = phantom.classes[number % 2]
        Image.fromarray(np.asarray(phantom.draw(number, label, size=96).image)).save(root / f"{number}.png")
        rows.append(f"{number}.png,{label},p{number}")
    (root / "m.csv").write_text("\n".join(rows) + "\n")
    return root / "m.csv"


@pytest.mark.slow
def test_a_run_drafts_its_locator_and_freezes_it_with_the_set(tmp_path: Path) -> None:
    config = RunConfig(
        pack="scar.keloid_vs_hypertrophic",
        data=str(study(tmp_path / "study")),
        locator="draft",
        max_calls=6,
        approve="auto",
        seed=1,
        out=str(tmp_path / "runs"),
    )
    outcome = start_run(config)
    assert verify_run(outcome.run).faults == ()
    lines = list(read_lines(outcome.run / EVENTS))
    (chosen,) = [line for line in lines if line["kind"] == "locator_chosen"]
    located = [line for line in lines if line["kind"] == "located"]
    assert located
    assert chosen["compared"] == len(located) + 1
    figures = json.loads((outcome.run / "bench" / "drafted_locators.json").read_text())
    assert [one["sha256"] for one in figures if one["kept"]] == [chosen["locator"]["sha256"]]
    bundle = open_bundle(outcome.run / "frozen")
    frozen = parse_locator((bundle.folder / "locator.py").read_text())
    assert frozen.sha256 == chosen["locator"]["sha256"]
    assert "Locator: " in (outcome.run / "report.md").read_text()
