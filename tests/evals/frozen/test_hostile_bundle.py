"""Bundles from a stranger, whose hashes are right: `verified` is said of nothing that was not compared."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scafe.evals.data.zipped import ZipBounds, read_zip, zip_bytes
from scafe.evals.frozen.bundle import MANIFEST, open_bundle
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.predict import find_pictures, predict
from scafe.evals.frozen.verify import verify_bundle
from scafe.evals.processes.bundle import main
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.pool.pool import Extraction, Fault, ImageAndMask, Pool

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def frozen(open_toy: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    session = open_toy(tmp_path_factory.mktemp("hostile") / "bench", n_per_class=40)
    folder = session.folder.parent / "frozen"
    freeze(session, session.refs(), str(folder), {})
    return folder


@pytest.fixture
def bundle(frozen: Path, tmp_path: Path) -> Path:
    shutil.copytree(frozen, tmp_path / "frozen")
    return tmp_path / "frozen"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=1) as open_pool:
        yield open_pool


def forged(bundle: Path, change: Callable[[Manifest], None], files: dict[str, bytes] | None = None) -> Path:
    """Change a manifest, and files with the hashes that belong to them."""
    manifest = json.loads((bundle / MANIFEST).read_text())
    for name, content in (files or {}).items():
        (bundle / name).write_bytes(content)
        manifest["files"][name] = sha256(content).hexdigest()
    change(manifest)
    (bundle / MANIFEST).write_text(json.dumps(manifest))
    return bundle


def nothing(_: Manifest) -> None:
    """Change no more than files and their hashes."""


def _every_value(value: float | None) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        for one in manifest["fingerprints"]:
            one["values"]["delta_red"] = value

    return change


NUMBERS: dict[str, Callable[[Manifest], Any]] = {
    "tolerance": lambda m: m.update(tolerance=float("nan")),
    "tolerance'": lambda m: m.update(tolerance=1e9),
    "tolerance' ": lambda m: m.update(tolerance=0.5),
    "tolerance'  ": lambda m: m.update(tolerance=-1),
    "tolerance_other_libraries": lambda m: m.update(tolerance_other_libraries=0.1),
    "tolerance_other_libraries'": lambda m: m.update(tolerance_other_libraries=float("inf")),
    "fingerprints.0.values.delta_red": lambda m: m["fingerprints"][0]["values"].update(delta_red=1e300),
    "threshold": lambda m: m.update(threshold=2),
    "penalty": lambda m: m.update(penalty=0),
    "development.auc": lambda m: m["development"].update(auc=7),
    "development.patients.mild": lambda m: m["development"]["patients"].update(mild=-3),
    "features.0.range.1": lambda m: m["features"][0].update(range=[0, 1e300]),
    "features.0.coefficient": lambda m: m["features"][0].update(coefficient=-1e12),
    "seed": lambda m: m.update(seed=-1),
    "fingerprints.0.size": lambda m: m["fingerprints"][0].update(size=10**6),
}


@pytest.mark.parametrize("entry", NUMBERS)
def test_a_number_that_is_none_or_past_its_bounds_is_refused_by_its_entry(bundle: Path, entry: str) -> None:
    name = entry.strip("' ")
    with pytest.raises(IntegrityError, match=f"{name}|NaN is not a number|Infinity is not a number"):
        open_bundle(forged(bundle, NUMBERS[entry]))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_fingerprint_that_is_no_number_is_refused(bundle: Path, value: str) -> None:
    """Named fault: NaN compares false with every tolerance, so it was within it."""
    text = forged(bundle, _every_value(0.125)).joinpath(MANIFEST).read_text()
    (bundle / MANIFEST).write_text(text.replace("0.125", value))
    with pytest.raises(IntegrityError, match=r"manifest\.json is not plain JSON: .*number"):
        open_bundle(bundle)


def test_a_key_that_stands_twice_is_refused(bundle: Path) -> None:
    text = (bundle / MANIFEST).read_text()
    (bundle / MANIFEST).write_text(text.replace('"tolerance":', '"tolerance": 1e-9,\n "tolerance":', 1))
    with pytest.raises(IntegrityError, match="'tolerance' stands twice"):
        open_bundle(bundle)


ENTRIES: dict[str, Callable[[Manifest], Any]] = {
    "column 'delta_red' stands twice": lambda m: m["features"][1].update(column="delta_red"),
    "'severe' stands twice": lambda m: m.update(classes=["severe", "severe"]),
    "development.patients: 'mild' is missing": lambda m: m["development"]["patients"].pop("mild"),
    "its file is 'extractors/other.py'": lambda m: m["features"][0].update(file="extractors/other.py"),
    "fingerprints: there is none": lambda m: m.update(fingerprints=[]),
    "fingerprints.1.values: 'delta_red' is missing": lambda m: m["fingerprints"][1]["values"].pop(
        "delta_red"
    ),
    "fingerprints.0.values: 'more' belongs to nothing": lambda m: m["fingerprints"][0]["values"].update(
        more=1
    ),
    "files: 'classifier.skops' is missing": lambda m: m["files"].pop("classifier.skops"),
    "files: 'cards/delta_red.md' is missing": lambda m: m["files"].pop("cards/delta_red.md"),
    "files: 'tools/run.py' belongs to nothing": lambda m: m["files"].update({"tools/run.py": "0" * 64}),
    "which are one file on some systems": lambda m: m["files"].update({"MODEL_CARD.md": "0" * 64}),
    "'../outside.md', which leads out": lambda m: m["files"].update({"../outside.md": "0" * 64}),
    "'/etc/hostname', which leads out": lambda m: m["files"].update({"/etc/hostname": "0" * 64}),
    "'C:/x', which leads out": lambda m: m["files"].update({"C:/x": "0" * 64}),
    "no plain name": lambda m: m["files"].update({"cards/./x.md": "0" * 64}),
    r"cards\\\\x.md', which is no plain name": lambda m: m["files"].update({"cards\\x.md": "0" * 64}),
    r"x\\x1b\[2J', which is no plain name": lambda m: m["files"].update({"x\x1b[2J": "0" * 64}),
    "is not the extractor of delta_red": lambda m: m["files"].update({m["features"][0]["file"]: "0" * 64}),
    "features.0.column": lambda m: m["features"][0].update(column="../../x"),
}


@pytest.mark.parametrize("told", ENTRIES)
def test_an_entry_that_contradicts_another_is_named(bundle: Path, told: str) -> None:
    with pytest.raises(IntegrityError, match=told):
        open_bundle(forged(bundle, ENTRIES[told]))


class TestFilesBesideAndInside:
    def test_a_link_a_pipe_and_a_folder_in_place_of_a_file_are_named(self, bundle: Path) -> None:
        card = bundle / "cards/delta_red.md"
        good = card.read_bytes()
        card.unlink()
        os.mkfifo(card)
        with pytest.raises(IntegrityError, match=r"delta_red\.md is no regular file"):
            open_bundle(bundle)
        card.unlink()
        card.mkdir()
        with pytest.raises(IntegrityError, match=r"delta_red\.md is in the manifest but not in the bundle"):
            open_bundle(bundle)
        card.rmdir()
        os.link(bundle / "model_card.md", bundle / "more.md")
        card.write_bytes(good)
        with pytest.raises(IntegrityError, match=r"more\.md is not in the manifest"):
            open_bundle(bundle)

    def test_a_folder_that_is_a_link_is_named_though_its_files_are_right(self, bundle: Path) -> None:
        shutil.move(bundle / "cards", bundle.parent / "elsewhere")
        (bundle / "cards").symlink_to(bundle.parent / "elsewhere")
        with pytest.raises(IntegrityError, match="cards is a link, which leads out"):
            open_bundle(bundle)

    def test_a_manifest_that_is_a_link_or_a_device_is_no_manifest(self, bundle: Path) -> None:
        shutil.move(bundle / MANIFEST, bundle.parent / MANIFEST)
        (bundle / MANIFEST).symlink_to(bundle.parent / MANIFEST)
        with pytest.raises(IntegrityError, match=r"is not a bundle: .*manifest\.json is a link"):
            open_bundle(bundle)
        (bundle / MANIFEST).unlink()
        (bundle / MANIFEST).symlink_to("/dev/zero")
        with pytest.raises(IntegrityError, match="is a link"):
            open_bundle(bundle)

    def test_a_file_that_changes_after_the_check_changes_nothing(self, bundle: Path) -> None:
        """Named fault: sources were read a second time, after their hashes were checked."""
        opened = open_bundle(bundle)
        source = next(bundle.glob("extractors/*.py"))
        good = source.read_text()
        source.write_text("CRITERION = 'other'")
        assert good in {opened.source(one) for one in opened.extractors}

    def test_a_folder_of_thousands_is_refused_before_it_is_read(self, bundle: Path) -> None:
        for number in range(4001):
            (bundle / f"{number}.txt").touch()
        with pytest.raises(IntegrityError, match="more than 4000"):
            open_bundle(bundle)

    def test_a_sparse_file_of_a_terabyte_is_refused_by_its_length(self, bundle: Path) -> None:
        with (bundle / "model_card.md").open("r+b") as file:
            file.truncate(1 << 40)
        with pytest.raises(IntegrityError, match=r"model_card\.md has more than"):
            open_bundle(bundle)


class TestWhatIsCompared:
    def test_an_extractor_that_the_wall_refuses_is_a_fault_though_its_values_are_left_out(
        self, bundle: Path, pool: Pool
    ) -> None:
        """Named fault: a refused extractor measures nothing, the manifest said nothing, so both agreed."""
        manifest = json.loads((bundle / MANIFEST).read_text())
        feature = next(one for one in manifest["features"] if one["column"] == "area_share")
        source = b"import os\n" + (bundle / feature["file"]).read_bytes()
        (bundle / feature["file"]).unlink()
        digest = sha256(source).hexdigest()
        name = f"extractors/extent_{digest[:8]}.py"

        def change(manifest: Manifest) -> None:
            manifest["files"].pop(feature["file"])
            for one in manifest["features"]:
                if one["column"] == "area_share":
                    one.update(extractor=digest, file=name)
            for one in manifest["fingerprints"]:
                one["values"]["area_share"] = None

        found = verify_bundle(forged(bundle, change, {name: source}), pool)
        assert not found.is_good
        assert found.sentences()[0].startswith("NOT VERIFIED")
        assert any(name in fault and "refused" in fault for fault in found.faults)
        image = ImageAndMask(np.zeros((32, 32, 3), np.uint8), np.eye(32, dtype=bool))
        with pytest.raises(IntegrityError, match=name):
            _predicted(bundle, image, pool)

    def test_a_feature_that_is_not_declared_is_a_fault(self, bundle: Path, pool: Pool) -> None:
        found = verify_bundle(forged(bundle, lambda m: m["features"][1].update(name="noise_blue")), pool)
        assert not found.is_good
        assert any("does not declare noise_blue" in fault for fault in found.faults)

    def test_a_feature_that_was_measured_nowhere_is_not_verified(self, bundle: Path, pool: Pool) -> None:
        found = verify_bundle(forged(bundle, _every_value(None)), pool)
        assert not found.is_good
        assert len(found.differences) == 6

    def test_a_feature_that_is_measured_nowhere_here_either_is_not_verified(self, bundle: Path) -> None:
        class Blind:
            def extract(self, source: str, images: Any, **_: Any) -> Extraction:
                names = ("delta_red", "noise_red") if "noise_red" in source else ("area_share",)
                return Extraction(names, np.full((len(images), len(names)), np.nan), (None,) * len(images), 0)

        def change(manifest: Manifest) -> None:
            for one in manifest["fingerprints"]:
                one["values"] = dict.fromkeys(one["values"])

        found = verify_bundle(forged(bundle, change), Blind())  # type: ignore[arg-type]
        assert not found.differences
        assert not found.is_good
        assert "delta_red was measured on no phantom here" in found.faults[0]

    def test_an_extractor_that_the_machine_ended_is_a_fault_and_no_missing_value(self, bundle: Path) -> None:
        class Slow:
            def extract(self, source: str, images: Any, **_: Any) -> Extraction:
                names = ("delta_red", "noise_red") if "noise_red" in source else ("area_share",)
                late = Fault("timeout", "", None, "")
                rows = np.ones((len(images), len(names)))
                return Extraction(names, rows, (*(None,) * (len(images) - 1), late), 0)

        found = verify_bundle(bundle, Slow())  # type: ignore[arg-type]
        assert "it was ended on phantom 5 (timeout)" in found.faults[0]

    def test_phantoms_that_are_others_than_the_named_are_refused(self, bundle: Path, pool: Pool) -> None:
        bounds = ZipBounds(99, 1 << 26)
        files = read_zip((bundle / "phantoms.npz").read_bytes(), "x", bounds)
        swapped = {**files, "image_0.npy": files["image_1.npy"]}
        fewer = {name: files[name] for name in ("image_0.npy", "mask_0.npy")}
        more = {**files, "notes.npy": files["mask_0.npy"]}
        for content, told in ((swapped, "phantom 0 is not"), (fewer, "1 phantoms"), (more, "notes")):
            with pytest.raises(IntegrityError, match=told):
                verify_bundle(forged(bundle, nothing, {"phantoms.npz": zip_bytes(content)}), pool)

    def test_an_array_header_that_claims_what_is_not_there_is_refused(self, bundle: Path, pool: Pool) -> None:
        """Named fault: a header claimed 931 GiB, and numpy asked for them."""
        files = read_zip((bundle / "phantoms.npz").read_bytes(), "x", ZipBounds(99, 1 << 26))
        files["image_0.npy"] = files["image_0.npy"].replace(b"(128, 128, 3)", b"(999999999, 9, 3)", 1)
        with pytest.raises(IntegrityError, match=r"phantoms\.npz does not hold"):
            verify_bundle(forged(bundle, nothing, {"phantoms.npz": zip_bytes(files)}), pool)

    def test_curves_of_other_features_are_refused(self, bundle: Path, pool: Pool) -> None:
        responses = json.loads((bundle / "responses.json").read_text())
        responses["curves"]["more"] = responses["curves"].pop("area_share")
        content = json.dumps(responses).encode()
        with pytest.raises(IntegrityError, match=r"responses\.json, curves: 'area_share' is missing"):
            verify_bundle(forged(bundle, nothing, {"responses.json": content}), pool)

    @pytest.mark.parametrize("change", [
        lambda m: m["features"][0].update(coefficient=-m["features"][0]["coefficient"]),
        lambda m: m.update(penalty=m["penalty"] * 2),
        lambda m: m.update(classes=m["classes"][::-1]),
    ])  # fmt: skip
    def test_a_manifest_that_tells_of_another_classifier_is_refused(
        self, bundle: Path, pool: Pool, change: Callable[[Manifest], None]
    ) -> None:
        with pytest.raises(IntegrityError, match=r"classifier\.skops: (its|the coefficient)"):
            verify_bundle(forged(bundle, change), pool)


def _predicted(bundle: Path, image: ImageAndMask, pool: Pool) -> None:
    import cv2

    cv2.imwrite(str(bundle.parent / "one.png"), image.image)
    predict(open_bundle(bundle), find_pictures(bundle.parent / "one.png"), pool)


def test_the_command_ends_with_4_and_the_entry(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(forged(bundle, NUMBERS["threshold"])), "--json"]) == 4
    assert "threshold" in json.loads(capsys.readouterr().out)["message"]
