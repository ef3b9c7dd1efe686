"""A bundle carries the toolkit that its extractors import; ScaFE runs its own and refuses others."""

import json
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from scafe.evals.compare.criteria_rows import Extractors, Sandbox
from scafe.evals.data import features
from scafe.evals.data.features import what_values_depend_on
from scafe.evals.disclosure.regions import Regions
from scafe.evals.frozen.bundle import MANIFEST, open_bundle
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.frozen_set import measure_bundle
from scafe.evals.frozen.stored_phantoms import load_phantoms
from scafe.evals.frozen.verify import verify_bundle
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.contract.locator import Locator
from scafe.sandbox.language.toolkit_text import files_for, names_toolkit, toolkit_files, toolkit_sha256
from scafe.sandbox.pool.pool import Pool

FEATURE = '{"unit": "CIELAB", "range": [-200, 200], "direction": "up", "meaning": "a* of lesion minus skin"}'
WITH = f"""import toolkit as tk

CRITERION = "redness"
FEATURES = {{"delta_a": {FEATURE}}}


def extract(image, mask):
    red = tk.lab(image)[:, :, 1]
    return {{"delta_a": tk.robust(red[mask])["median"] - tk.robust(red[tk.skin_ring(mask)])["median"]}}
"""
WITHOUT = WITH.replace("toolkit", "numpy")
LOCATOR = """import toolkit as tk

LOCATOR = "lesion"


def locate(image):
    return tk.dark_corners(image), 0.5
"""
ALONE = """
import json, runpy, sys
sys.path[:0] = sys.argv[1:3]
try:
    import scafe
    raise SystemExit("scafe is on the path")
except ImportError:
    pass
import numpy as np
extract = runpy.run_path(sys.argv[3])["extract"]
with np.load(sys.argv[4]) as phantoms:
    pairs = zip(phantoms["images"], phantoms["masks"])
    print(json.dumps([extract(image, mask)["delta_a"] for image, mask in pairs]))
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(workers=1) as made:
        yield made


@pytest.fixture(scope="module")
def frozen(open_toy: Callable[..., Any], pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    session = open_toy(tmp_path_factory.mktemp("toolkit") / "bench", n_per_class=40)
    session.pool, session.sources = pool, {parse_extractor(WITH).sha256: WITH}
    folder = session.folder.parent / "frozen"
    freeze(session, session.refs(), str(folder), {})
    return folder


@pytest.fixture
def bundle(frozen: Path, tmp_path: Path) -> Path:
    shutil.copytree(frozen, tmp_path / "frozen")
    return tmp_path / "frozen"


def forged(bundle: Path, name: str, content: bytes | None) -> Path:
    """Change, add or take out a file, with the hash that belongs to it."""
    manifest = json.loads((bundle / MANIFEST).read_text())
    if content is None:
        (bundle / name).unlink()
        del manifest["files"][name]
    else:
        (bundle / name).write_bytes(content)
        manifest["files"][name] = sha256(content).hexdigest()
    (bundle / MANIFEST).write_text(json.dumps(manifest))
    return bundle


def test_a_bundle_carries_the_toolkit_with_its_hashes(frozen: Path) -> None:
    bundle = open_bundle(frozen)
    carried = {name: content for name, content in bundle.contents.items() if name.startswith("toolkit/")}
    assert carried == dict(toolkit_files())
    assert {name: sha256(content).hexdigest() for name, content in carried.items()}.items() <= (
        bundle.manifest.files.items()
    )


def test_a_bundle_whose_extractors_do_not_import_it_carries_none(open_toy: Any, tmp_path: Path) -> None:
    session = open_toy(tmp_path / "bench", n_per_class=40)
    freeze(session, session.refs(), str(tmp_path / "frozen"), {})
    assert not [name for name in open_bundle(tmp_path / "frozen").contents if name.startswith("toolkit")]


def test_an_extractor_runs_without_scafe_where_the_folder_is_on_the_path(
    frozen: Path, tmp_path: Path
) -> None:
    manifest = open_bundle(frozen).manifest
    images = load_phantoms((frozen / "phantoms.npz").read_bytes(), "phantoms.npz")
    stored = tmp_path / "phantoms.npz"
    np.savez(stored, images=[one.image for one in images], masks=[one.mask for one in images])
    home = sysconfig.get_path("purelib")
    command = [sys.executable, "-B", "-S", "-P", "-c", ALONE, str(frozen), home]
    command += [str(frozen / manifest.features[0].file), str(stored)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    frozen_values = [one.values["delta_a"] for one in manifest.fingerprints]
    assert json.loads(done.stdout) == pytest.approx(frozen_values, rel=1e-5)
    assert open_bundle(frozen).manifest == manifest


def test_a_compiled_file_could_run_in_place_of_the_text_and_is_refused_with_the_way_out(bundle: Path) -> None:
    # without -B Python leaves some where the toolkit is imported, and "move it" told nobody why
    py_compile.compile(str(bundle / "toolkit" / "colour.py"))
    with pytest.raises(IntegrityError, match=r"remove __pycache__, and import with python -B"):
        open_bundle(bundle)


def test_it_is_verified_and_measured_with_the_installed_one(frozen: Path, pool: Pool) -> None:
    assert verify_bundle(frozen, pool).is_good
    bundle = open_bundle(frozen)
    assert np.isfinite(measure_bundle(bundle, pool, bundle.phantoms)).all()


CHANGES = {
    "another text": ("toolkit/colour.py", b"LAB = 1\n"),
    "a file more": ("toolkit/more.py", b""),
    "a file less": ("toolkit/colour.py", None),
    "all of it": ("toolkit/__init__.py", b"raise SystemExit('run')\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_toolkit_is_refused_with_the_way_out_and_never_run(
    bundle: Path, pool: Pool, change: str
) -> None:
    name, content = CHANGES[change]
    opened = open_bundle(forged(bundle, name, content))  # cards and report of it can be read
    said = rf"{name} is not the toolkit that is installed here .*install the ScaFE that froze the bundle"
    with pytest.raises(IntegrityError, match=said):
        verify_bundle(bundle, pool)
    with pytest.raises(IntegrityError, match=said):
        measure_bundle(opened, pool, opened.phantoms)


@pytest.mark.parametrize("name", ["toolkit/data.bin", "toolkit/deep/colour.txt", "toolkits/colour.py"])
def test_what_is_no_file_of_a_toolkit_belongs_to_nothing(bundle: Path, name: str) -> None:
    (bundle / name).parent.mkdir(exist_ok=True, parents=True)
    with pytest.raises(IntegrityError, match="belongs to nothing"):
        open_bundle(forged(bundle, name, b"x"))


def test_the_key_of_kept_values_changes_with_the_toolkit_where_it_is_imported() -> None:
    assert toolkit_sha256() in what_values_depend_on(WITH)
    assert "toolkit" not in what_values_depend_on(WITH.replace("toolkit", "numpy"))


def test_a_compared_extractors_key_holds_what_its_values_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Sandbox(Path("nowhere"))
    keys = {source: Extractors(((source, ("delta_a",)),), box).key for source in (WITH, WITHOUT)}
    monkeypatch.setattr(features, "toolkit_sha256", lambda: "0" * 64)
    assert Extractors(((WITH, ("delta_a",)),), box).key != keys[WITH]
    assert Extractors(((WITHOUT, ("delta_a",)),), box).key == keys[WITHOUT]


def test_an_image_whose_mask_a_locator_finds_has_another_key_with_another_toolkit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    locator = Locator(region="lesion", source=LOCATOR)
    regions = Regions(SimpleNamespace(), None, Path("nowhere"), locator)  # type: ignore[arg-type]
    before, given = regions._key("image", True), regions._key("image", False)
    monkeypatch.setattr(features, "toolkit_sha256", lambda: "0" * 64)
    assert regions._key("image", True) != before
    assert regions._key("image", False) == given == "image"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("import toolkit as tk", True),
        ("from toolkit import lab", True),
        ("import numpy, \\\n    toolkit", True),
        ("import math; import toolkit", True),
        ("# a toolkit of measures\nimport numpy", False),
        ("toolkits = 3\nimport numpy as toolkits", False),
    ],
)
def test_a_source_names_the_toolkit_where_a_line_could_import_it(source: str, named: bool) -> None:
    assert names_toolkit(source) == named
    assert bool(files_for([source])) == named
