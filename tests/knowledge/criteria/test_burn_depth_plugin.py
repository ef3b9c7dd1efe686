"""The burn plug-in works from its wheel in a clean environment, from the pack to a frozen set."""

import json
import os
import shutil
import site
import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PLUGIN = Path(__file__).parents[3] / "examples" / "burn_depth_plugin"
NO_NETWORK = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONWARNINGS": "ignore"}
WHEEL_HEAD = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

JUDGE_ALL = """
import json
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.measures import measure_source
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.cascade import judge
pack = load_pack("burn.depth")
verdicts = {}
with Pool(workers=1) as pool:
    for criterion in pack.observable_criteria:
        verdict = judge(measure_source(criterion.proxies[0].measure), pack, pool)
        verdicts[verdict.criterion] = {one.name: one.accepted for one in verdict.features}
print(json.dumps(verdicts))
"""
DRAW_BURNS = """
from pathlib import Path
import cv2
from scafe.knowledge.phantoms import draw_cohort, load_phantom
rows = ["path,label,mask,patient_id"]
for one in draw_cohort(load_phantom("burn"), seed=5, n_per_class=15, size=96):
    cv2.imwrite(f"{one.patient}.png", one.phantom.image[..., ::-1])
    cv2.imwrite(f"{one.patient}-mask.png", one.phantom.mask.astype("uint8") * 255)
    rows.append(f"{one.patient}.png,{one.label},{one.patient}-mask.png,{one.patient}")
Path("burns.csv").write_text("\\n".join(rows), encoding="utf-8")
"""


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Python of a new environment: what runs here is borrowed, the plug-in is installed from its wheel."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    own = _run(python, "-c", "import site; print(site.getsitepackages()[0])", cwd=folder).strip()
    # addsitedir, not a bare path: an editable ScaFE is itself found through a .pth file.
    borrowed = [f"import site; site.addsitedir({one!r})\n" for one in site.getsitepackages()]
    (Path(own) / "borrowed.pth").write_text("".join(borrowed), encoding="utf-8")
    _run(python, "-m", "pip", "install", "--no-deps", str(_wheel(python, folder)), cwd=folder)
    return python


def _run(python, *arguments, cwd):
    """Run the environment's Python and return what it printed; a failure shows all it said."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SCAFE_"))}
    command = [str(python), *arguments]
    done = subprocess.run(command, cwd=cwd, env=env | NO_NETWORK, capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments} exited with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _scafe(python, *arguments, cwd):
    return _run(python, "-m", "scafe.agent.cli.main", *arguments, cwd=cwd)


def _wheel(python, folder):
    """Build the wheel of a copy, for a build leaves folders beside its source."""
    source = shutil.copytree(PLUGIN, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    builds = "import setuptools; print(tuple(map(int, setuptools.__version__.split('.')[:2])) >= (70, 1))"
    if _run(python, "-c", builds, cwd=folder).strip() != "True":
        return _packed(python, source)
    build = ("pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    _run(python, "-m", *build, cwd=folder)
    return next(folder.glob("*.whl"))


def _packed(python, source):
    """Pack what setuptools collects: before 70.1, as `python -m venv` brings it, it writes no wheels."""
    _run(python, "-c", "from setuptools import setup; setup()", "build", "egg_info", cwd=source)
    built, info = source / "build" / "lib", next(source.glob("*.egg-info"))
    name = f"{info.stem}-0.1.0"
    files = {path.relative_to(built).as_posix(): path.read_text("utf-8") for path in built.rglob("*.[py]*")}
    files[f"{name}.dist-info/METADATA"] = (info / "PKG-INFO").read_text("utf-8")
    files[f"{name}.dist-info/entry_points.txt"] = (info / "entry_points.txt").read_text("utf-8")
    files[f"{name}.dist-info/WHEEL"] = WHEEL_HEAD
    files[f"{name}.dist-info/RECORD"] = "".join(f"{one},,\n" for one in files)
    with zipfile.ZipFile(source / f"{name}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return source / f"{name}-py3-none-any.whl"


def test_the_installed_pack_is_listed_and_passes_the_strict_check(clean, tmp_path):
    listed = json.loads(_scafe(clean, "criteria", "list", "--json", cwd=tmp_path))
    assert "burn.depth" in json.dumps(listed)
    _scafe(clean, "criteria", "check", "burn.depth", "--strict", cwd=tmp_path)


def test_what_runs_is_the_wheel_and_not_the_source_tree(clean, tmp_path):
    where = _run(clean, "-c", "import burn_depth; print(burn_depth.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(clean.parent.parent)


def test_without_the_wheel_the_pack_and_the_phantom_are_unknown():
    from scafe.knowledge.criteria.pack import pack_names
    from scafe.knowledge.phantoms import phantom_kinds

    assert "burn.depth" not in pack_names()
    assert "burn" not in phantom_kinds()


@pytest.mark.parametrize("dial", ["pallor", "staining"])
def test_the_phantom_writes_a_sheet_of_a_dial(clean, tmp_path, dial):
    sheet = tmp_path / "sheet.png"
    _scafe(
        clean, "phantoms", "show", "burn", "--dial", dial, "--rows", "2", "--out", str(sheet), cwd=tmp_path
    )
    assert sheet.read_bytes().startswith(b"\x89PNG")


def test_every_feature_of_every_measure_answers_to_its_own_dial(clean, tmp_path):
    verdicts = json.loads(_run(clean, "-c", JUDGE_ALL, cwd=tmp_path))
    assert sorted(verdicts) == ["dryness", "pallor", "patches", "staining"]
    refused = [name for verdict in verdicts.values() for name, accepted in verdict.items() if not accepted]
    assert refused == []


def test_a_run_over_a_folder_of_drawn_burns_ends_with_a_frozen_set(clean, tmp_path):
    _run(clean, "-c", DRAW_BURNS, cwd=tmp_path)
    order = ("run", "burn.depth", "--data", "burns.csv", "--approve", "auto")
    small = ("--max-calls", "8", "--workers", "1", "--json")  # two drafts for each criterion, no search after
    answer = json.loads(_scafe(clean, *order, *small, cwd=tmp_path))
    assert answer["status"] == "frozen"
    assert answer["frozen"]["criteria"] == ["dryness", "pallor", "patches", "staining"]
    assert (Path(answer["path"]) / answer["frozen"]["bundle"]).is_dir()
