"""What every row of a comparison sees: masks that the data lacks are found once, without a label, for all."""

from pathlib import Path

import numpy as np
import pytest

from scafe.evals.compare import comparison
from scafe.evals.compare.comparison import Request, compare_on
from scafe.evals.compare.criteria_rows import Sandbox
from scafe.evals.compare.engine import run_all
from scafe.evals.compare.page import markdown_page
from scafe.evals.compare.plan import make_plan
from scafe.evals.compare.shelf import Shelf
from scafe.evals.compare.shown import Shown, as_given, located, locator_of
from scafe.evals.compare.table import Table
from scafe.evals.data.dataset import Dataset, Drawn, Row, build_dataset
from scafe.evals.peers.classical import ClassicalPeer
from scafe.evals.peers.criteria import CriteriaPeer
from scafe.evals.peers.peer import Setting
from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.locator import parse_locator
from scafe.knowledge.criteria.pack import load_pack
from scafe.sandbox.pool.pool import ImageAndMask

PACK = load_pack("scar.vss")
REFERENCE = Path(__file__).parents[3] / "runs" / "reference"
SOURCE = '''"""What is redder than the frame."""

import numpy as np

LOCATOR = "scar"


def locate(image):
    """Mark what is redder than green."""
    return image[:, :, 0] > image[:, :, 1] + MARGIN, 0.9
'''
FINE, COARSE = (parse_locator(SOURCE.replace("MARGIN", margin)) for margin in ("35.0", "60.0"))


def pictures(labels: tuple[str, str] = ("red", "pale"), masks: bool = False) -> Dataset:
    rows = []
    for number in range(16):
        rng = np.random.default_rng(number)
        image = rng.integers(60, 90, (40, 44, 3)).astype(np.uint8)
        image[8:32, 10:34, 0] = 140 + 50 * (number % 2) + rng.integers(0, 30, (24, 24))
        mask = np.zeros((40, 44), dtype=bool)
        mask[8:32, 10:34] = True
        shown = ImageAndMask(image, mask if masks else np.ones_like(mask))
        rows.append(Row(f"{number}", labels[number % 2], f"p{number}", Drawn(shown), masks))
    return build_dataset(rows, "the pictures", labels=("red", "pale"))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return Sandbox(tmp_path_factory.mktemp("store"), workers=1)


@pytest.fixture(scope="module")
def found(sandbox: Sandbox) -> Shown:
    return located(pictures(), PACK, FINE, sandbox)


def test_a_locator_marks_what_it_finds_and_is_counted(found: Shown) -> None:
    truth = pictures(masks=True)
    for place, image in enumerate(truth.images(range(len(truth)))):
        mask = found.images[place].mask
        assert 2 * (mask & image.mask).sum() / (mask.sum() + image.mask.sum()) > 0.95
    assert found.has_masks
    assert found.masks is not None
    assert (found.masks.counts.found, found.masks.counts.given, found.masks.is_reference) == (16, 0, False)


def test_masks_depend_on_no_label(found: Shown, sandbox: Sandbox) -> None:
    swapped = located(pictures(labels=("pale", "red")), PACK, FINE, sandbox)
    assert swapped.keys == found.keys
    assert all(np.array_equal(swapped.images[n].mask, found.images[n].mask) for n in range(16))


def test_given_masks_win_and_without_a_locator_the_whole_image_is_seen(sandbox: Sandbox) -> None:
    given = pictures(masks=True)
    assert located(given, PACK, FINE, sandbox).keys == as_given(given).keys
    whole = located(pictures(), PACK, None, sandbox)
    assert (whole.has_masks, whole.masks) == (False, None)
    assert whole.images[0].mask.all()


def test_rows_inside_the_mask_run_on_what_was_found(found: Shown, tmp_path: Path) -> None:
    peer = ClassicalPeer("ridge", "mask")
    plan, setting = make_plan(pictures(), (3,), 2), Setting(("red", "pale"), found.has_masks)
    (ran,) = run_all([peer], found, plan, setting, Shelf(tmp_path))
    assert ran.cells
    (lacking,) = run_all([peer], as_given(pictures()), plan, Setting(("red", "pale"), False), Shelf(tmp_path))
    assert "no masks" in lacking.reason


def test_another_locator_is_another_comparison(found: Shown, sandbox: Sandbox) -> None:
    other = located(pictures(), PACK, COARSE, sandbox)
    assert not set(other.keys) & set(found.keys)
    assert other.sha256 != found.sha256


def test_the_page_says_where_masks_come_from(
    found: Shown, tmp_path: Path, ours: CriteriaPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "one_shot_peer", lambda pack, dataset, sandbox: ours)
    told: dict = {}
    for locator in (FINE, None):
        request = Request(PACK, (), ("prevalence",), (3,), 2, 0, workers=1, locator=locator)
        compared = compare_on(pictures(), request, Shelf(tmp_path), Sandbox(tmp_path, workers=1), print)
        assert Table.model_validate_json(compared.table.model_dump_json()) == compared.table
        told[locator is FINE] = markdown_page(compared.table)
    where = f"on 16 images (locator, {FINE.sha256[:8]})"
    assert f"Masks of the scar: 0 given, 16 found by the locator, 0 empty, {where}" in told[True]
    assert "Masks of" not in told[False]


def test_the_bundles_locator_is_taken_and_else_the_reference() -> None:
    shipped = locator_of(None, PACK, [])
    assert shipped == locator_of("reference", PACK, [])
    assert shipped is not None
    own = locator_of(None, PACK, [REFERENCE / "located-builtin" / "frozen"])
    kept = (REFERENCE / "located-builtin" / "frozen" / "locator.py").read_text(encoding="utf-8")
    assert own is not None
    assert own.source == kept


@pytest.mark.parametrize(("asked", "pack"), [("none", "scar.vss"), (None, "histology.crc_tissue")])
def test_no_locator_where_none_is_wanted_or_the_pack_has_no_region(asked: str | None, pack: str) -> None:
    assert locator_of(asked, load_pack(pack), []) is None


def test_a_locator_of_another_region_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(FINE.source.replace('"scar"', '"mass"'))
    with pytest.raises(ContractError, match=r'LOCATOR is "mass"; the region of pack scar.vss is "scar"'):
        locator_of(str(file), PACK, [])
