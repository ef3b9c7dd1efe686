"""The example plug-in is found through its entry points, without a build: its metadata lie on the path."""

import importlib
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.criteria.pack import load_pack, pack_names
from scafe.knowledge.measures import load_measure, measure_names
from scafe.knowledge.phantoms.scar import PHANTOM
from scafe.knowledge.strict import strict_check

PLUGIN = Path(__file__).parents[3] / "docs" / "examples" / "plugin_pack"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """What an installer would leave behind: a metadata folder beside an importable package."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = tmp_path / "scar_scale_pack-0.1.0.dist-info"
    metadata.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(head, encoding="utf-8")
    groups = [
        "\n".join([f"[{group}]", *(f"{name} = {value}" for name, value in points.items())])
        for group, points in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n\n".join(groups) + "\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(PLUGIN))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield
    sys.modules.pop("scar_scale_pack", None)
    load_measure.cache_clear()


@pytest.mark.usefixtures("installed")
def test_an_installed_pack_is_listed_loads_and_passes_the_strict_check():
    assert "scar.kantor" in pack_names()
    pack = load_pack("scar.kantor")
    assert strict_check(pack) == ()
    assert [one.id for one in pack.criteria if one.observable == "no_image"] == [
        "spread",
        "overall",
        "itch",
        "pain",
    ]


@pytest.mark.usefixtures("installed")
def test_its_own_measure_is_found_and_answers_to_its_dial():
    assert "kantor_erythema" in measure_names()
    namespace = {}
    exec(load_measure("kantor_erythema").source, namespace)
    values = []
    for level in (1.0, 2.5, 4.5, 7.0):
        one = PHANTOM.render(4, {"vascularity": level}, {"skin_tone": 30.0}, 128)
        values.append([namespace["extract"](one.image, one.mask)[name] for name in namespace["FEATURES"]])
    assert np.all(np.diff(np.array(values), axis=0) >= 0)
    assert np.all(np.array(values)[-1] > np.array(values)[0])


def test_without_the_plug_in_the_pack_is_unknown_and_its_measure_too():
    assert "scar.kantor" not in pack_names()
    with pytest.raises(PackError, match=r"no criteria pack 'scar.kantor'"):
        load_pack("scar.kantor")
    with pytest.raises(PackError, match="no measure 'kantor_erythema'"):
        load_measure("kantor_erythema")
