from pathlib import Path

import pytest
import yaml

from scafe.knowledge.contract.errors import PackError
from scafe.knowledge.criteria import pack as criteria
from scafe.knowledge.criteria.pack import load_pack, pack_names, pack_path, parse_pack
from scafe.knowledge.measures import load_measure, measure_names
from scafe.knowledge.strict import strict_check

PACKS = {name: load_pack(name) for name in pack_names()}
SCAR_PACKS = [name for name in PACKS if name.startswith("scar.")]
DIFFERENTIAL = "scar.keloid_vs_hypertrophic"


def changed(name, change):
    data = yaml.safe_load(pack_path(name).read_text(encoding="utf-8"))
    change(data)
    return parse_pack(yaml.safe_dump(data), name)


def criterion_of(data, name):
    return next(one for one in data["criteria"] if one["id"] == name)


@pytest.mark.parametrize("name", PACKS)
def test_every_shipped_pack_passes_the_strict_check(name):
    assert strict_check(PACKS[name]) == ()
    assert PACKS[name].id == name


def test_seven_scar_packs_ship_with_the_positive_class_first():
    assert len(SCAR_PACKS) == 7
    assert {PACKS[name].classes for name in SCAR_PACKS} == {("keloid", "hypertrophic")}


@pytest.mark.parametrize("name", SCAR_PACKS)
def test_what_no_photograph_shows_stays_in_the_pack_without_a_measure(name):
    pack = PACKS[name]
    hidden = [one for one in pack.criteria if one.observable == "no_image"]
    assert all(not one.proxies and one.dial is None for one in hidden)
    if pack.total is not None:
        assert not pack.total.computable_from_image


def test_the_differential_offers_at_least_six_measured_criteria():
    measured = [one for one in PACKS[DIFFERENTIAL].observable_criteria if any(p.measure for p in one.proxies)]
    assert len(measured) >= 6


def test_the_json_schema_for_editors_is_current():
    written = Path(criteria.__file__).parents[1] / "packs" / "criteria-pack.schema.json"
    assert written.read_text(encoding="utf-8") == criteria.pack_json_schema(), (
        "run: python -m scafe.knowledge.criteria.write_schema"
    )


FAULTS = {
    "dial": (lambda d: criterion_of(d, "vessels").update(dial="veins"), "criteria.vessels.dial: 'veins'"),
    "measure": (
        lambda d: criterion_of(d, "vessels")["proxies"][0].update(measure="scar_veins"),
        "no measure",
    ),
    "path": (lambda d: criterion_of(d, "vessels")["proxies"][0].update(measure="../strict"), "no measure"),
    "criterion": (
        lambda d: criterion_of(d, "vessels")["proxies"][0].update(measure="scar_gloss"),
        "is for criterion 'gloss'",
    ),
    "feature": (
        lambda d: criterion_of(d, "vessels")["proxies"][0].update(id="vein_strength"),
        "no such feature",
    ),
    "unit": (lambda d: criterion_of(d, "vessels")["proxies"][0].update(unit="mm"), "unit is 'mm' here"),
    "direction": (
        lambda d: criterion_of(d, "vessels")["proxies"][0].update(expected_direction="down"),
        "expected_direction is 'down' here, 'up'",
    ),
    "range": (
        lambda d: criterion_of(d, "vessels")["proxies"][1].update(range=[0, 3]),
        "leaves that of the measure",
    ),
    "citation": (lambda d: criterion_of(d, "vessels").pop("citation"), "so it names their source"),
    "year": (lambda d: d["citation"].update(text="some book, no date"), "names no year"),
    "proxies": (lambda d: criterion_of(d, "vessels").update(proxies=[]), "yet nothing measures it"),
    "classes": (
        lambda d: criterion_of(d, "vessels").update(class_direction={"mel_minus_nv": "up"}),
        "write keloid_minus_hypertrophic",
    ),
    "pairing": (lambda d: criterion_of(d, "vessels").update(pair_with=["delta_z"]), "delta_z is no proxy"),
    "phantom": (lambda d: d.update(phantom="scars"), "no phantom kind 'scars'"),
    "total": (
        lambda d: d.update(total={"min": 0, "max": 9, "computable_from_image": True}),
        "no image gives the total",
    ),
    "shortcut": (
        lambda d: criterion_of(d, "vessels")["proxies"][0].update(id="ruler_area", measure=None),
        "it reads ruler",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_strict_check_names_the_field_of_each_fault(fault):
    change, words = FAULTS[fault]
    name = DIFFERENTIAL
    found = strict_check(changed(name, change))
    assert any(words in one for one in found), found


def test_a_typo_in_a_pack_is_told_with_its_line():
    text = pack_path("scar.vss").read_text(encoding="utf-8").replace("    dial: height", "    dail: height")
    line = 1 + next(n for n, row in enumerate(text.splitlines()) if "dail" in row)
    with pytest.raises(PackError, match=rf"line {line}, field criteria\.3\.dail"):
        parse_pack(text, "scar.vss")


@pytest.mark.parametrize("name", [name for name in measure_names() if name.startswith("scar_")])
def test_every_scar_measure_serves_a_pack_and_offers_variants_of_its_own_constants(name):
    extractor = load_measure(name)
    used = {p.id for pack in SCAR_PACKS for c in PACKS[pack].criteria for p in c.proxies if p.measure == name}
    assert used == set(extractor.names)
    namespace = {}
    exec(extractor.source, namespace)
    assert namespace["VARIANTS"]
    for constant, alternatives in namespace["VARIANTS"].items():
        assert constant.isupper()
        assert namespace[constant] in alternatives
        assert len(alternatives) > 1
