"""The bench process answers about drafted locators; after a kill it answers the same and runs none again."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.processes.bench import Desk
from scafe.knowledge.phantoms import load_phantom

DRAFT = '''"""What is redder than the frame."""

import cv2
import numpy as np

LOCATOR = "scar"


def locate(image):
    """Mark what is redder than most of the frame, its largest part."""
    red = cv2.GaussianBlur(image[:, :, 0] - image[:, :, 1].astype(np.float32), (0, 0), 4)
    labels = cv2.connectedComponents((red > np.percentile(red, 75)).astype(np.uint8))[1]
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == sizes.argmax(), 0.5
'''


def study(root: Path) -> Path:
    root.mkdir()
    phantom, rows = load_phantom("scar"), ["path,label,patient_id"]
    for number in range(16):
        label = phantom.classes[number % 2]
        Image.fromarray(np.asarray(phantom.draw(number, label, size=96).image)).save(root / f"{number}.png")
        rows.append(f"{number}.png,{label},p{number}")
    (root / "m.csv").write_text("\n".join(rows) + "\n")
    return root / "m.csv"


def desk(spec: BenchSpec) -> Desk:
    opened = Desk()
    opened.answer("open", {"spec": spec.model_dump(mode="json")})
    return opened


def asked(one: Desk) -> list[dict]:
    verdict = one.answer("probe_locator", {"source": DRAFT})
    cards = one.answer("compare_locators", {"sources": [DRAFT]})
    return [one.answer("facts", {}), verdict, cards, one.answer("choose_locator", {"sources": [DRAFT]})]


@pytest.fixture
def spec(tmp_path: Path) -> BenchSpec:
    return BenchSpec(
        pack="scar.keloid_vs_hypertrophic",
        data=str(study(tmp_path / "study")),
        locator="draft",
        workers=1,
        folder=str(tmp_path / "bench"),
    )


def test_a_locator_is_probed_compared_and_fixed_and_a_later_process_says_the_same(spec: BenchSpec) -> None:
    first = desk(spec)
    told = asked(first)
    first.close()
    facts, verdict, cards, choice = told
    assert facts["to_locate"] == "scar"
    assert "locator" not in facts
    assert verdict["region"] == "scar"
    assert verdict["dice"] is not None
    assert cards["cards"][0]["found"] == "80-100%"
    assert choice["facts"]["found"] == "80-100%"
    assert choice["chosen"] in ("draft", "reference")
    later = desk(spec)
    journal = (Path(spec.folder) / "journal.jsonl").read_bytes()
    assert asked(later) == told
    assert (Path(spec.folder) / "journal.jsonl").read_bytes() == journal
    assert later.session.regions is not None
    assert later.session.regions.locator.sha256 == choice["facts"]["sha256"]
    later.close()
