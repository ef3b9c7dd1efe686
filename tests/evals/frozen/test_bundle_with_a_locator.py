"""No masks, some masks, all masks: what the bench measures, what is frozen, and what a prediction does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scafe.evals.disclosure.bench import BenchSpec, FeatureRef
from scafe.evals.disclosure.drafted import choose_draft
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.bundle import open_bundle
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.frozen_set import FrozenSet
from scafe.evals.frozen.predict import find_pictures, mask_counts, predict
from scafe.evals.processes import bundle as command
from scafe.knowledge.contract.errors import ContractError, DatasetError, IntegrityError
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.locators.reference import reference_locator
from scafe.knowledge.phantoms import load_phantom
from scafe.sandbox.pool.pool import Pool

PACK = "scar.keloid_vs_hypertrophic"
AREA = """CRITERION = "vascularity"
FEATURES = {
    "share": {"unit": "fraction", "range": [0, 1], "direction": "either", "meaning": "share of the mask"},
    "redness": {"unit": "level", "range": [-255, 255], "direction": "up", "meaning": "red less green"},
}


def extract(image, mask):
    inside = image[mask].astype(float)
    redness = float((inside[:, 0] - inside[:, 1]).mean()) if mask.any() else float("nan")
    return {"share": float(mask.mean()), "redness": redness}
"""
PER_CLASS = 6


def study(root: Path, given: int) -> Path:
    """Write scars, a manifest, and masks (the upper left corner) for the first `given` images."""
    root.mkdir()
    phantom, rows = load_phantom("scar"), ["path,mask,label,patient_id"]
    for number in range(2 * PER_CLASS):
        label = phantom.classes[number % 2]
        one = phantom.draw(number, label, size=96)
        Image.fromarray(one.image).save(root / f"{number}.png")
        if number < given:
            corner = np.zeros(one.mask.shape, np.uint8)
            corner[:24, :24] = 255
            Image.fromarray(corner).save(root / f"{number}_outline.png")
        rows.append(f"{number}.png,{f'{number}_outline.png' if number < given else ''},{label},p{number}")
    (root / "m.csv").write_text("\n".join(rows) + "\n")
    return root / "m.csv"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2) as opened:
        yield opened


def opened(pool: Pool, folder: Path, given: int, **asked: Any) -> BenchSession:
    data = study(folder / "study", given)
    spec = BenchSpec(pack=PACK, data=str(data), folder=str(folder / "bench"), **asked)
    return BenchSession(spec, pool)


def shares(session: BenchSession) -> np.ndarray:
    ids = tuple(range(len(session.dataset)))
    return session.feature_table(AREA, ids).column("share")


class TestBench:
    def test_without_masks_measures_inside_what_the_locator_found(self, pool: Pool, tmp_path: Path) -> None:
        session = opened(pool, tmp_path, 0, locator="reference")
        assert session.facts.locator is not None
        assert (session.facts.locator.given, session.facts.locator.region) == ("none", "scar")
        assert np.nanmax(shares(session)) < 0.9

    def test_with_some_masks_leaves_the_given_ones_as_they_are(self, pool: Pool, tmp_path: Path) -> None:
        session = opened(pool, tmp_path, 4, locator="reference")
        assert np.allclose(shares(session)[:4], 24 * 24 / 96**2, atol=1e-6)
        counts = session.regions.counts() if session.regions else None
        assert counts is not None
        assert (counts.given, counts.asked) == (4, 2 * PER_CLASS - 4)

    def test_with_all_masks_asks_no_locator(self, pool: Pool, tmp_path: Path) -> None:
        session = opened(pool, tmp_path, 2 * PER_CLASS, locator="reference")
        assert session.regions is None
        assert session.facts.locator is None

    def test_without_a_locator_measures_whole_images_as_before(self, pool: Pool, tmp_path: Path) -> None:
        session = opened(pool, tmp_path, 0)
        assert np.allclose(shares(session), 1)
        assert "locator" not in session.facts.model_dump(mode="json")

    def test_with_some_masks_and_no_locator_says_how_to_get_the_others(
        self, pool: Pool, tmp_path: Path
    ) -> None:
        with pytest.raises(DatasetError, match="--locator reference"):
            opened(pool, tmp_path, 4)

    def test_perturbed_images_are_located_anew(self, pool: Pool, tmp_path: Path) -> None:
        session = opened(pool, tmp_path, 0, locator="reference")
        assert session.stability(AREA)["share"].icc < 1

    def test_takes_a_persons_own_locator(self, pool: Pool, tmp_path: Path) -> None:
        mine = tmp_path / "mine.py"
        mine.write_text(
            'LOCATOR = "scar"\n\n\ndef locate(image):\n'
            "    mask = image[:, :, 0] > 255\n    mask[20:40, 20:40] = True\n    return mask, 0.5\n"
        )
        session = opened(pool, tmp_path, 0, locator=str(mine))
        assert np.allclose(shares(session), 400 / 96**2, atol=1e-6)
        assert session.facts.locator is not None
        assert session.facts.locator.chosen == "own"

    def test_refuses_a_locator_of_another_region(self, pool: Pool, tmp_path: Path) -> None:
        mine = tmp_path / "mine.py"
        mine.write_text('LOCATOR = "mass"\n\n\ndef locate(image):\n    return image[:, :, 0] > 9, 0.5\n')
        with pytest.raises(ContractError, match="the region of pack"):
            opened(pool, tmp_path, 0, locator=str(mine))

    def test_says_what_to_write_where_the_file_of_a_locator_is_not_there(
        self, pool: Pool, tmp_path: Path
    ) -> None:
        with pytest.raises(ContractError, match="refrence: cannot be read"):
            opened(pool, tmp_path, 0, locator="refrence")

    def test_a_run_that_drafts_its_locator_opens_without_one_and_says_for_which_region(
        self, pool: Pool, tmp_path: Path
    ) -> None:
        session = opened(pool, tmp_path, 2, locator="draft")
        assert session.regions is None
        assert (session.facts.locator, session.facts.to_locate, session.facts.outlined) == (
            None,
            "scar",
            True,
        )

    def test_with_all_masks_there_is_no_locator_to_draft(self, pool: Pool, tmp_path: Path) -> None:
        assert opened(pool, tmp_path, 2 * PER_CLASS, locator="draft").facts.to_locate == ""

    def test_a_run_begun_when_the_bench_chose_at_its_opening_goes_on_with_what_it_chose(
        self, pool: Pool, tmp_path: Path
    ) -> None:
        first = opened(pool, tmp_path, 0, locator="reference")
        (first.folder / "locators.json").write_text("[]")
        again = BenchSession(first.spec.model_copy(update={"locator": "draft"}), pool)
        assert again.facts.to_locate == ""
        assert again.facts.locator is not None

    @pytest.mark.slow
    def test_with_given_masks_the_draft_that_agrees_most_with_them_is_kept(
        self, pool: Pool, tmp_path: Path
    ) -> None:
        session = opened(pool, tmp_path, 2 * PER_CLASS - 1, locator="draft")
        corner = "    mask = image[:, :, 0] > 255\n    mask[:24, :24] = True\n    return mask, 0.5\n"
        draft = f'LOCATOR = "scar"\n\n\ndef locate(image):\n{corner}'
        choice = choose_draft(session, [draft, draft.replace(":24, :24", "40:64, 40:64")])
        assert choice.why == "agrees most with the given masks"
        assert session.regions is not None
        assert session.regions.locator.source == draft

    def test_opened_again_takes_the_locator_of_the_first_time(self, pool: Pool, tmp_path: Path) -> None:
        first = opened(pool, tmp_path, 0, locator="reference")
        kept = Path(first.spec.folder) / "locator.py"
        kept.write_text(kept.read_text() + "# of an earlier version\n")
        again = BenchSession(first.spec, pool)
        assert again.regions is not None
        assert again.regions.locator.source.endswith("# of an earlier version\n")


@pytest.fixture(scope="module")
def frozen(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frozen")
    session = opened(pool, folder, 4, locator="reference")
    sha256 = session.remember(AREA)
    refs = tuple(FeatureRef(extractor=sha256, name=name) for name in ("share", "redness"))
    freeze(session, refs, str(folder / "bundle"), {})
    return folder / "bundle"


class TestBundle:
    def test_holds_the_locator_with_its_hash_and_says_where_masks_came_from(self, frozen: Path) -> None:
        bundle = open_bundle(frozen)
        locator = bundle.manifest.locator
        assert locator is not None
        assert bundle.text(locator.file) == reference_locator(load_pack(PACK)).source
        assert locator.masks.given == 4
        assert "Masks: 4 given" in (frozen / "model_card.md").read_text()

    def test_with_another_locator_is_refused(self, frozen: Path) -> None:
        path = frozen / "locator.py"
        kept = path.read_bytes()
        path.write_bytes(kept + b"# mended\n")
        try:
            with pytest.raises(IntegrityError, match=r"locator\.py is not what was frozen"):
                open_bundle(frozen)
        finally:
            path.write_bytes(kept)

    def test_predicts_with_masks_found_where_none_is_given(self, frozen: Path, pool: Pool) -> None:
        bundle = open_bundle(frozen)
        pictures = find_pictures(frozen.parent / "study" / "m.csv")
        told = predict(bundle, pictures, pool)
        counts = mask_counts([one.mask for one in told])
        assert counts is not None
        assert (counts.given, counts.asked) == (4, 2 * PER_CLASS - 4)
        assert [one.mask for one in told[:4]] == ["given"] * 4

    def test_predicts_the_same_for_an_array_and_for_its_file(self, frozen: Path) -> None:
        path = frozen.parent / "study" / "7.png"
        rows = FrozenSet(str(frozen)).transform([str(path), np.asarray(Image.open(path))])
        assert np.array_equal(rows[0], rows[1])
        assert rows[0][0] < 0.9

    def test_takes_a_given_mask_of_the_whole_frame_at_its_word(self, frozen: Path) -> None:
        image = np.asarray(Image.open(frozen.parent / "study" / "7.png"))
        whole = np.ones(image.shape[:2], np.bool_)
        rows = FrozenSet(str(frozen)).transform([image, (image, whole)])
        assert rows[1][0] == 1
        assert rows[0][0] < 1

    def test_is_predicted_with_from_the_command_line_and_counts_its_masks(
        self, frozen: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = str(frozen.parent / "study" / "m.csv")
        assert command.main(["predict", str(frozen), "--data", data, "--json"]) == 0
        said = capsys.readouterr()
        *images, whole = map(json.loads, said.out.splitlines())
        assert len(images) == 12
        assert whole["masks"]["given"] == 4
        assert "Masks: 4 given" in said.err
