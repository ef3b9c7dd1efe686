"""Freezing: what the bundle says, that it says it twice in the same bytes, and that no byte can change."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scafe.evals.frozen.bundle import MANIFEST, Bundle, open_bundle
from scafe.evals.frozen.fitting import choose_threshold
from scafe.evals.frozen.freeze import freeze, predicted_direction
from scafe.evals.frozen.frozen_set import FrozenSet
from scafe.evals.frozen.records import FrozenFeature
from scafe.evals.scoring.cases import Scored
from scafe.evals.scoring.score import Task
from scafe.knowledge.contract.errors import InputError, IntegrityError
from scafe.knowledge.criteria.pack import Criterion

Open = Callable[..., Any]
REFERENCES = Path(__file__).parents[3] / "runs" / "reference"


@pytest.fixture
def frozen(toy_session: Open, tmp_path: Path) -> Bundle:
    session = toy_session()
    freeze(session, session.refs(), str(tmp_path / "frozen"), {})
    return open_bundle(tmp_path / "frozen")


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_session_freezes_to_the_same_bytes_wherever_it_lies(
    toy_session: Open, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        session = toy_session(f"bench-{name}")
        freeze(session, session.refs(), str(tmp_path / name / "frozen"), {})
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert "frozen.zip" in hashes(tmp_path / "one")


def test_a_bundle_names_its_features_in_the_order_of_the_pool_with_what_was_predicted_and_found(
    frozen: Bundle,
) -> None:
    redness, noise, extent = frozen.manifest.features
    assert frozen.manifest.columns == ("delta_red", "noise_red", "area_share")
    assert (redness.predicted, redness.found) == ("up", "up")
    assert (noise.predicted, noise.found) == ("either", "unclear")
    assert extent.predicted == "down"
    assert redness.gain.mean > 0.1
    assert redness.gain.low < redness.gain.mean < redness.gain.high
    assert abs(noise.gain.mean) < 0.05
    assert redness.sign_stability == 1.0
    assert frozen.manifest.criteria == ("redness", "extent")


def test_every_file_of_a_bundle_is_text_or_skops_and_carries_no_date_or_path(
    frozen: Bundle, tmp_path: Path
) -> None:
    texts = [path for path in frozen.folder.rglob("*") if path.suffix in (".md", ".json", ".py")]
    assert len(texts) == 2 + 1 + 3 + 2
    for path in texts:
        assert str(tmp_path) not in path.read_text()
    with zipfile.ZipFile(frozen.folder.with_name("frozen.zip")) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert set(archive.namelist()) == set(hashes(frozen.folder))


def test_a_card_shows_criterion_citation_direction_gain_lineage_and_the_phantom_curve(
    toy_session: Open, tmp_path: Path
) -> None:
    session = toy_session()
    first = session.refs()[0].extractor
    freeze(session, session.refs(), str(tmp_path / "frozen"), {first: ["ab" * 32]})
    card = (tmp_path / "frozen/cards/delta_red.md").read_text()
    for wanted in (
        "redness",
        "a disc drawn for a test",
        "| in severe, predicted | up |",
        "`abababab`",
        "grey value",
    ):
        assert wanted in card
    assert "**redness** (its own) | 0 to 1 share | +1.00" in card
    assert "not a medical device" in (tmp_path / "frozen/model_card.md").read_text().lower()


def test_fingerprints_hold_what_the_extractors_give_on_the_named_phantoms(frozen: Bundle) -> None:
    fingerprints = frozen.manifest.fingerprints
    assert len({one.image_sha256 for one in fingerprints}) == len(fingerprints) == 6
    redness = [one.dials["redness"] for one in fingerprints]
    values = [one.values["delta_red"] for one in fingerprints]
    assert np.corrcoef(redness, values)[0, 1] > 0.99  # type: ignore[arg-type]


@pytest.mark.parametrize("where", [0, -3])
def test_one_flipped_byte_is_found_and_its_file_named(frozen: Bundle, where: int) -> None:
    for name in hashes(frozen.folder):
        if name == MANIFEST:
            continue
        path = frozen.folder / name
        good = path.read_bytes()
        bad = bytearray(good)
        bad[where] ^= 1
        path.write_bytes(bytes(bad))
        with pytest.raises(IntegrityError, match=path.name.replace(".", r"\.")):
            open_bundle(frozen.folder)
        path.write_bytes(good)
    open_bundle(frozen.folder)


def test_a_missing_an_added_and_a_linked_file_are_each_named(frozen: Bundle, tmp_path: Path) -> None:
    card = frozen.folder / "cards/delta_red.md"
    good = card.read_bytes()
    card.unlink()
    with pytest.raises(IntegrityError, match=r"delta_red\.md is in the manifest but not"):
        open_bundle(frozen.folder)
    (tmp_path / "outside.md").write_bytes(good)
    card.symlink_to(tmp_path / "outside.md")
    with pytest.raises(IntegrityError, match="leads out"):
        open_bundle(frozen.folder)
    card.unlink()
    card.write_bytes(good)
    (frozen.folder / "more.py").write_text("")
    with pytest.raises(IntegrityError, match=r"more\.py is not in the manifest"):
        open_bundle(frozen.folder)


@pytest.mark.parametrize("name", ["../outside.md", "/etc/hostname"])
def test_a_manifest_that_names_a_file_outside_is_refused(frozen: Bundle, name: str) -> None:
    path = frozen.folder / MANIFEST
    content = json.loads(path.read_text())
    content["files"][name] = "0" * 64
    path.write_text(json.dumps(content))
    with pytest.raises(IntegrityError, match="leads out of its folder"):
        open_bundle(frozen.folder)


def test_a_manifest_with_an_unknown_field_or_none_at_all_is_refused_in_one_sentence(frozen: Bundle) -> None:
    path = frozen.folder / MANIFEST
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "trusted_types": ["os.system"]}))
    with pytest.raises(IntegrityError, match="trusted_types"):
        open_bundle(frozen.folder)
    path.unlink()
    with pytest.raises(IntegrityError, match="is not a bundle"):
        open_bundle(frozen.folder)


def test_freezing_replaces_an_earlier_bundle_and_nothing_else(toy_session: Open, tmp_path: Path) -> None:
    session = toy_session()
    (tmp_path / "home").mkdir()
    (tmp_path / "home/thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds something that is not a bundle"):
        freeze(session, session.refs(), str(tmp_path / "home"), {})
    assert (tmp_path / "home/thesis.txt").read_text() == "years of work"
    with pytest.raises(InputError, match="pool is empty"):
        freeze(session, (), str(tmp_path / "frozen"), {})
    freeze(session, session.refs(), str(tmp_path / "frozen"), {})
    again = freeze(session, session.refs()[:1], str(tmp_path / "frozen"), {})
    assert open_bundle(tmp_path / "frozen").sha256 == again.sha256
    assert not list(tmp_path.glob("*.half*"))


@pytest.mark.parametrize(
    ("revisions", "columns", "kept"),
    [
        (("redness/r001", "redness/r004"), ("delta_red@r001", "delta_red@r004"), 2),
        (("redness/r001", "size/r001"), ("delta_red@redness", "delta_red@size"), 2),
        (("redness/r001", "redness/r004"), ("delta_red",), 1),
    ],
)
def test_a_column_carries_a_revision_only_where_two_share_a_name(
    toy_session: Open,
    tmp_path: Path,
    revisions: tuple[str, str],
    columns: tuple[str, ...],
    kept: int,
) -> None:
    session = toy_session()
    twin = next(iter(session.sources.values())) + "\n# another revision\n"
    sha256 = hashlib.sha256(twin.encode()).hexdigest()
    session.sources[sha256] = twin
    first = session.refs()[0]
    pool = tuple(
        first.model_copy(update={"extractor": one, "revision": revision})
        for one, revision in zip((first.extractor, sha256), revisions, strict=True)
    )[:kept]
    freeze(session, pool, str(tmp_path / "frozen"), {})
    bundle = open_bundle(tmp_path / "frozen")
    assert bundle.manifest.columns == columns
    assert tuple(FrozenSet(tmp_path / "frozen").get_feature_names_out()) == columns
    assert [one.name for one in bundle.manifest.features] == ["delta_red"] * kept
    assert tuple(one.revision for one in bundle.manifest.features) == revisions[:kept]
    card = (tmp_path / "frozen" / "cards" / f"{columns[0]}.md").read_text()
    assert card.startswith("# " + columns[0].replace("_", r"\_") + "\n")
    assert f"| revision | {revisions[0]} |" in card


def test_without_revisions_two_features_of_one_name_are_told_apart_by_their_extractors(
    toy_session: Open, tmp_path: Path
) -> None:
    session = toy_session()
    twin = next(iter(session.sources.values())) + "\n# another revision\n"
    sha256 = hashlib.sha256(twin.encode()).hexdigest()
    session.sources[sha256] = twin
    first = session.refs()[0]
    freeze(session, (first, first.model_copy(update={"extractor": sha256})), str(tmp_path / "frozen"), {})
    columns = open_bundle(tmp_path / "frozen").manifest.columns
    assert columns == (f"delta_red@{first.extractor[:8]}", f"delta_red@{sha256[:8]}")


@pytest.mark.parametrize("column", ["red@", "red@../out", "red@r001@r002", "red@A", "@r001", "red@a b"])
def test_a_column_that_no_run_would_name_is_refused(frozen: Bundle, column: str) -> None:
    feature = frozen.manifest.features[0].model_dump()
    FrozenFeature.model_validate({**feature, "column": "red@r001"})
    with pytest.raises(ValidationError):
        FrozenFeature.model_validate({**feature, "column": column})


@pytest.mark.parametrize("name", ["played-dermoscopy", "played-scar"])
def test_a_bundle_of_before_opens_with_the_columns_it_was_frozen_with(name: str) -> None:
    manifest = open_bundle(REFERENCES / name / "frozen").manifest
    assert manifest.columns == tuple(one.name for one in manifest.features)
    assert {one.revision for one in manifest.features} == {""}


@pytest.mark.parametrize(
    ("key", "told", "direction", "expected"),
    [
        ("a_minus_b", "up", "up", "up"),
        ("a_minus_b", "up", "down", "down"),
        ("b_minus_a", "up", "up", "down"),
        ("b_minus_a", "down", "down", "down"),
        ("a_minus_b", "unknown", "up", "either"),
        ("a_minus_b", "up", "either", "either"),
        ("c_minus_d", "up", "up", "up"),
    ],
)
def test_what_a_pack_says_of_severity_turns_into_what_to_expect_of_a_class(
    key: str, told: str, direction: str, expected: str
) -> None:
    """Named fault: of classes that the data spells otherwise (`c_minus_d`) cards said "either", while the
    ridge of the same bundle had a sign."""
    criterion = Criterion.model_validate(
        {"id": "x", "definition": "x", "scale_type": "ordinal", "observable": "direct", "dial": "d",
         "class_direction": {key: told}}
    )  # fmt: skip
    assert predicted_direction(criterion, direction, ("a", "b")) == expected  # type: ignore[arg-type]
    assert predicted_direction(criterion, direction, ("a", "b", "c")) == "either"  # type: ignore[arg-type]


@given(
    st.lists(st.tuples(st.integers(0, 1000).map(lambda n: n / 1000), st.booleans()), min_size=4, max_size=30)
)
@settings(max_examples=25, deadline=None)
def test_the_threshold_has_the_largest_sum_of_sensitivity_and_specificity(
    pairs: list[tuple[float, bool]],
) -> None:
    target = np.array([int(positive) for _, positive in pairs] + [0, 1])
    chances = np.array([chance for chance, _ in pairs] + [0.2, 0.8])
    patients = tuple(f"p{number}" for number in range(len(target)))
    scored = Scored(Task(target, patients), ("a", "b"), np.column_stack([chances, 1 - chances]))
    found = choose_threshold(scored)
    positive = target == 1
    for cut in np.linspace(chances.min() + 1e-5, chances.max() - 1e-5, 41):
        other = (chances[positive] >= cut).mean() + (chances[~positive] < cut).mean()
        assert found.sensitivity + found.specificity >= other - 1e-9
