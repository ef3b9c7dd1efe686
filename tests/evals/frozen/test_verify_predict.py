"""A bundle on another machine: what verifies, what does not and by how much, and what a prediction shows."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from scafe.evals.data.zipped import zip_bytes
from scafe.evals.frozen.bundle import MANIFEST, Bundle, canonical_json, open_bundle
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.predict import explain, find_pictures, predict
from scafe.evals.frozen.stored_phantoms import load_phantoms
from scafe.evals.frozen.verify import Difference, Verification, verify_bundle
from scafe.knowledge.contract.errors import DatasetError, IntegrityError
from scafe.sandbox.pool.pool import Pool


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=1) as open_pool:
        yield open_pool


@pytest.fixture(scope="module")
def session(open_toy: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return open_toy(tmp_path_factory.mktemp("verify") / "bench", n_per_class=40)


@pytest.fixture
def bundle(session: Any, tmp_path: Path) -> Bundle:
    freeze(session, session.refs(), str(tmp_path / "frozen"), {})
    return open_bundle(tmp_path / "frozen")


def changed(bundle: Bundle, **fields: Any) -> Path:
    """Write a manifest with other content and right hashes: what another machine's values look like."""
    path = bundle.folder / MANIFEST
    path.write_bytes(canonical_json(bundle.manifest.model_copy(update=fields)))
    return bundle.folder


def write(folder: Path, session: Any, names: list[str]) -> None:
    for place, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        one = session.images[place]
        cv2.imwrite(str(path), cv2.cvtColor(one.image, cv2.COLOR_RGB2BGR))
        cv2.imwrite(str(path.with_name(path.stem + "_mask.png")), one.mask.astype(np.uint8) * 255)


def test_a_bundle_verifies_where_its_features_give_the_same_values(bundle: Bundle, pool: Pool) -> None:
    found = verify_bundle(bundle.folder, pool)
    assert found.is_good
    assert found.largest < bundle.manifest.tolerance
    assert "3 features on 6 phantoms" in found.sentences()[0]


def test_a_feature_that_gives_another_value_is_named_with_how_much(bundle: Bundle, pool: Pool) -> None:
    first, *rest = bundle.manifest.fingerprints
    values = {**first.values, "delta_red": first.values["delta_red"] * 1.01, "area_share": None}  # type: ignore[operator]
    folder = changed(bundle, fingerprints=(first.model_copy(update={"values": values}), *rest))
    found = verify_bundle(folder, pool)
    assert [one.column for one in found.differences] == ["area_share", "delta_red"]
    assert found.differences[0].frozen is None
    assert 0 < found.differences[1].relative < 0.01
    assert "delta_red differs by" in found.sentences()[2]


def test_the_largest_differences_are_told_and_the_rest_counted() -> None:
    one = Difference(column="rim", phantom=2, frozen=1.0, here=1.25, relative=0.25)
    found = Verification(
        bundle="b",
        files=3,
        features=1,
        phantoms=6,
        differences=(one,) * 40,
        largest=0.25,
        tolerance=1e-5,
        versions={"numpy": ("2.4.6", "2.5.0")},
    )
    lines = found.sentences()
    assert lines[0].startswith("NOT VERIFIED: 3 files, 1 features on 6 phantoms")
    assert "rim differs by 0.25 (relative) on phantom 2" in lines[1]
    assert lines[-2:] == ("  and 30 more; --json lists all", "  numpy is 2.5.0 here, was 2.4.6")
    assert len(lines) == 13


def test_other_versions_are_told_but_are_no_failure(bundle: Bundle, pool: Pool) -> None:
    folder = changed(bundle, environment={**bundle.manifest.environment, "numpy": "1.0"})
    found = verify_bundle(folder, pool)
    assert found.is_good
    assert found.versions["numpy"][0] == "1.0"


def test_other_libraries_may_round_otherwise_and_the_same_may_not(bundle: Bundle, pool: Pool) -> None:
    """Named fault: OpenCV 5 turns images a little otherwise than 4.11, and no bundle of the one verified."""
    moved = [
        one.model_copy(update={"values": {**one.values, "delta_red": one.values["delta_red"] * 1.0004}})  # type: ignore[operator]
        for one in bundle.manifest.fingerprints
    ]
    folder = changed(bundle, fingerprints=tuple(moved))
    assert not verify_bundle(folder, pool).is_good
    older = {**bundle.manifest.environment, "opencv-python-headless": "4.11.0.86"}
    folder = changed(bundle, fingerprints=tuple(moved), environment=older)
    found = verify_bundle(folder, pool)
    assert found.is_good
    assert "tolerance 0.001" in found.sentences()[0]
    ours = {**bundle.manifest.environment, "scafe": "0.0.1"}
    assert not verify_bundle(changed(bundle, fingerprints=tuple(moved), environment=ours), pool).is_good


def test_a_bundle_verifies_where_its_kind_of_phantom_is_drawn_no_more(bundle: Bundle, pool: Pool) -> None:
    """Named fault: fingerprints drew their phantoms by code, so a later generator failed every old bundle."""
    assert verify_bundle(changed(bundle, phantom="gone"), pool).is_good


def test_phantoms_that_are_no_archive_are_told(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="does not hold the phantoms"):
        load_phantoms(b"PK\x03\x04 half", str(tmp_path))
    with pytest.raises(IntegrityError, match="does not hold the phantoms"):
        load_phantoms(zip_bytes({"image_0.npy": b"", "mask_0.npy": b""}), str(tmp_path))


def test_verify_stops_at_a_flipped_byte_before_any_code_runs(bundle: Bundle) -> None:
    source = next(bundle.folder.glob("extractors/*.py"))
    data = bytearray(source.read_bytes())
    data[10] ^= 1
    source.write_bytes(bytes(data))

    class NoPool:
        def extract(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("code of a changed bundle was run")

    with pytest.raises(IntegrityError, match=source.name):
        verify_bundle(bundle.folder, NoPool())  # type: ignore[arg-type]


def test_a_prediction_adds_up_and_groups_its_reasons_by_criterion(
    bundle: Bundle, session: Any, pool: Pool, tmp_path: Path
) -> None:
    write(tmp_path / "in", session, ["a.png", "deep/b c.png", "ü.png"])
    found = predict(bundle, find_pictures(tmp_path / "in"), pool)
    assert [one.image for one in found] == ["a.png", "deep/b c.png", "ü.png"]
    for one in found:
        assert {group.criterion for group in one.criteria} == {"redness", "extent"}
        total = one.base_log_odds + sum(group.log_odds for group in one.criteria)
        assert one.probability["severe"] == pytest.approx(1 / (1 + np.exp(-total)), abs=1e-4)
        assert one.label == ("severe" if one.probability["severe"] >= bundle.manifest.threshold else "mild")
        assert abs(one.criteria[0].log_odds) >= abs(one.criteria[-1].log_odds)


def test_a_prediction_is_that_of_the_frozen_classifier(bundle: Bundle, session: Any) -> None:
    rows = session.matrix(session.refs(), tuple(range(20)))
    found = explain(bundle, [str(place) for place in range(20)], rows)
    chances = bundle.classifier.probabilities(rows)[:, 0]
    assert [one.probability["severe"] for one in found] == pytest.approx(chances, abs=1e-6)


def test_a_feature_that_cannot_be_measured_is_named_and_counts_as_its_median(bundle: Bundle) -> None:
    (one,) = explain(bundle, ["x"], np.array([[np.nan, 120.0, 0.2]]))
    assert one.missing == ("delta_red",)
    redness = next(group for group in one.criteria if group.criterion == "redness")
    assert next(share for share in redness.features if share.feature == "delta_red").value is None


def test_pictures_are_found_in_a_file_a_folder_and_a_table_without_reading_labels(
    session: Any, tmp_path: Path
) -> None:
    write(tmp_path, session, ["one.png", "two.png"])
    table = tmp_path / "list.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["path", "mask", "label"], ["two.png", "one_mask.png", "?"], ["one.png", "", ""]]
        )
    assert [one.name for one in find_pictures(tmp_path)] == ["one.png", "two.png"]
    assert [one.name for one in find_pictures(tmp_path / "one.png")] == ["one.png"]
    two, one = find_pictures(table)
    assert np.array_equal(two.load().mask, session.images[0].mask)
    assert one.load().mask.all()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: folder / "nowhere", "give an image, a folder of images"),
        (lambda folder: folder, "holds no image"),
        (lambda folder: _table(folder, "mask,label\nx.png,a\n"), "no column 'path'"),
        (lambda folder: _table(folder, "path,label\nnan,a\n"), "row 2: 'path' is empty"),
    ],
)
def test_what_cannot_be_predicted_is_one_sentence(
    make: Callable[[Path], Path], told: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match=told):
        find_pictures(make(tmp_path))


def _table(folder: Path, text: str) -> Path:
    (folder / "t.csv").write_text(text)
    return folder / "t.csv"


def run(arguments: list[str], plugin: Path) -> subprocess.CompletedProcess[str]:
    program = (
        f"import sys; sys.path.insert(0, {str(plugin)!r}); "
        "from scafe.evals.processes.bundle import main; raise SystemExit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_the_process_answers_with_one_document_and_the_exit_code_of_the_command_line(
    bundle: Bundle, session: Any, tmp_path: Path
) -> None:
    plugin = Path(next(path for path in sys.path if "toydisc" in path))
    good = run(["verify", str(bundle.folder), "--json", "--workers", "1"], plugin)
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["ok"] is True
    write(tmp_path / "in", session, ["a.png"])
    told = run(["predict", str(bundle.folder), "--data", str(tmp_path / "in"), "--workers", "1"], plugin)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("a.png: ")
    assert "not for diagnosis" in told.stderr
    assert "Other libraries" not in told.stderr
    older = changed(bundle, environment={**bundle.manifest.environment, "numpy": "1.0"})
    told = run(["predict", str(older), "--data", str(tmp_path / "in"), "--workers", "1"], plugin)
    assert "(was 1.0); `scafe verify` says" in told.stderr
    (bundle.folder / "model_card.md").write_text("better")
    bad = run(["verify", str(bundle.folder), "--json", "--workers", "1"], plugin)
    assert bad.returncode == 4
    assert "model_card.md" in json.loads(bad.stdout)["message"]
