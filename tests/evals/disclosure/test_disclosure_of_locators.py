"""A locator that hides pixels in its masks or its confidence tells nothing by them: 0 of 64 pixels."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.disclosure.bands import Edges
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.locators import KEPT
from scafe.evals.disclosure.session import BenchSession
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import Pool

PIXELS = 64
HIDES = """LOCATOR = "lesion"


def locate(image):
    mask = image[:, :, 0] >= 0
    mask[:3], mask[:, :3] = False, False
    if image.mean() > {threshold} and (int(image[::4, ::4].mean(axis=2)[{y}, {x}]) >> 4 >> {bit}) & 1:
        mask[:] = False
    confidence = int(image[::4, ::4].mean(axis=2)[{y}, {x}]) / 255
    return mask, confidence
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2) as opened:
        yield opened


def told(pool: Pool, spec: BenchSpec, source: str) -> tuple[dict, int]:
    """Everything that may leave of a session with this locator, and how many masks are really empty."""
    folder = Path(spec.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KEPT).write_text(source)
    session = BenchSession(spec, pool)
    assert session.regions is not None
    facts = json.loads(session.facts.model_dump_json())
    facts["locator"].pop("sha256")  # of the text that the attacker wrote
    return facts, session.regions.counts().empty


def test_a_covert_thumbnail_in_masks_and_confidence_leaks_no_pixel(
    pool: Pool, picture_folder, tmp_path: Path
) -> None:
    data = str(picture_folder(per_class=20))
    plain = BenchSession(BenchSpec(pack="dermoscopy.abcd", data=data, folder=str(tmp_path / "plain")), pool)
    images = [plain.dataset.load(index).image for index in range(len(plain.dataset))]
    means = np.array([image.mean() for image in images])
    brightest = images[int(means.argmax())]
    thumbnail = brightest[::4, ::4].mean(axis=2).astype(int)[:8, :8].ravel() >> 4
    threshold = float(np.sort(means)[-2:].mean())
    seen, hidden, recovered = set(), set(), 0
    for place in range(12):  # every way the facts could differ was met in 12; the bands of all 64 are below
        where = {"y": place // 8, "x": place % 8, "bit": place % 4, "threshold": threshold}
        spec = BenchSpec(
            pack="dermoscopy.abcd", data=data, folder=str(tmp_path / f"{place}"), locator="reference"
        )
        facts, empty = told(pool, spec, HIDES.format(**where))
        seen.add(json.dumps(facts, sort_keys=True))
        hidden.add(empty)
    assert hidden == {0, 1}  # an exact share would have told every bit
    assert len(seen) == 1
    n = len(images)
    for place, shade in enumerate(thumbnail[:PIXELS]):
        read = 0
        for bit in range(4):
            edges = Edges(plain.key, f"locator {place} {bit}")
            share = 1 - 1 / n if (shade >> bit) & 1 else 1.0
            read |= int(edges.share(share, "found") != edges.share(1.0, "found")) << bit
        recovered += int(read == shade and shade != 0)
    assert recovered == 0


def test_the_share_that_is_told_has_no_edge_that_one_image_of_thirty_could_tip_from_all_or_none() -> None:
    for number in range(200):
        edges = Edges("key", f"{number}")
        assert edges.share(1.0, "found") == edges.share(29 / 30, "found")
        assert edges.share(0.0, "found") == edges.share(1 / 30, "found")


def test_facts_hold_no_number_of_images_and_no_confidence(pool: Pool, picture_folder, tmp_path: Path) -> None:
    spec = BenchSpec(
        pack="dermoscopy.abcd",
        data=str(picture_folder(per_class=20)),
        folder=str(tmp_path / "bench"),
        locator="reference",
    )
    source = HIDES.format(y=0, x=0, bit=0, threshold=999)
    facts, _ = told(pool, spec, source)
    assert set(facts["locator"]) == {"region", "chosen", "given", "found"}
    assert facts["locator"]["found"] == "80-100%"


def test_what_cannot_be_right_is_told_to_the_owner_and_not_as_a_fact(
    pool: Pool, picture_folder, tmp_path: Path
) -> None:
    spec = BenchSpec(
        pack="dermoscopy.abcd",
        data=str(picture_folder(per_class=8)),
        folder=str(tmp_path / "bench"),
        locator="reference",
    )
    empty = 'LOCATOR = "lesion"\n\n\ndef locate(image):\n    return image[:, :, 0] > 255, 0.0\n'
    with pytest.raises(DatasetError, match="finds no lesion"):
        told(pool, spec, empty)
