"""An open bench: who is where, what is cached, what a scoring request discloses and spends."""

import numpy as np
import pytest

from scafe.evals.disclosure.answers import answer_score
from scafe.evals.disclosure.bench import BenchSpec, FeatureRef
from scafe.evals.disclosure.session import BenchSession
from scafe.knowledge.contract.errors import DatasetError, IntegrityError
from scafe.knowledge.contract.extractor import parse_extractor

RED = "m = image[mask].mean(axis=0)\nreturn {'red': float(m[0]), 'blue': float(m[2])}"


PHANTOMS = 48
"""On which a feature is measured beside the images."""


@pytest.fixture
def opened(picture_folder, open_pool, tmp_path):
    def make(feedback: str = "auto", **how) -> BenchSession:
        spec = BenchSpec(
            pack="dermoscopy.abcd",
            data=str(picture_folder(**how)),
            feedback=feedback,
            folder=str(tmp_path / "bench"),
        )
        return BenchSession(spec, open_pool)

    return make


def test_a_study_of_eighty_per_class_is_gated_and_sealed(opened) -> None:
    session = opened()
    assert session.facts.mode == "gated"
    assert session.facts.queries == 20
    assert session.facts.sealed
    assert session.facts.patients_band == "100-199"
    assert session.facts.classes == ("mel", "nv")
    assert set(session.target(session.split.dev)) == {0, 1}


def test_a_small_study_is_blind_and_not_sealed(opened) -> None:
    session = opened(per_class=20)
    assert (session.facts.mode, session.facts.queries, session.facts.sealed) == ("blind", 0, False)


def test_scoring_runs_the_dev_part_alone_and_each_image_once(opened, open_pool, write_extractor) -> None:
    session = opened()
    source = write_extractor(RED, red="up", blue="down")
    answer_score(session, source, ("red", "blue"), ())
    first = open_pool.images_run
    assert first == 112 + 5 * 24 + PHANTOMS
    answer_score(session, source, ("red", "blue"), ())
    assert open_pool.images_run == first
    sealed = {session.dataset.items[i].sha256 for i in session.split.sealed}
    kept = "".join(path.read_text() for path in (session.folder / "features").iterdir())
    assert not any(sha256 in kept for sha256 in sealed)


def test_sessions_with_one_cache_run_an_extractor_on_an_image_once(
    picture_folder, open_pool, tmp_path, write_extractor
) -> None:
    data, source = str(picture_folder()), write_extractor(RED, red="up", blue="down")

    def cards(seed: int, name: str):
        spec = BenchSpec(
            pack="dermoscopy.abcd",
            data=data,
            seed=seed,
            folder=str(tmp_path / name),
            cache=str(tmp_path / "v"),
        )
        return answer_score(BenchSession(spec, open_pool), source, ("red", "blue"), ())

    first = cards(3, "one")
    run = open_pool.images_run
    assert cards(3, "two") == first
    assert open_pool.images_run == run
    cards(4, "three")
    # other patients are sealed, the rest was known; another seed draws other phantoms
    assert open_pool.images_run < run + 112 + PHANTOMS


def test_a_feature_that_moves_with_the_labels_is_accepted_and_told_once(opened, write_extractor) -> None:
    session = opened(gap=25.0)
    source = write_extractor(RED, red="up", blue="up")
    card = answer_score(session, source, ("red", "blue"), ())
    told = {feature.name: feature for feature in card.features}
    assert card.gate == "accepted"
    assert card.set_auc_band is not None
    assert told["red"].evidence == "agrees"
    assert told["red"].strength in ("moderate", "strong")
    assert told["blue"].evidence == "inconclusive"
    assert card.queries_left == 19
    again = answer_score(session, source, ("red", "blue"), ())
    assert {feature.evidence for feature in again.features} == {"withheld"}
    assert again.queries_left == 18


def test_blind_mode_touches_no_label(opened, write_extractor) -> None:
    session = opened(feedback="blind", gap=25.0)
    card = answer_score(session, write_extractor(RED, red="up", blue="up"), ("red", "blue"), ())
    assert (card.gate, card.set_auc_band, card.label_bits_used) == ("blind", None, 0.0)
    assert {(f.evidence, f.strength) for f in card.features} == {("withheld", "withheld")}
    assert all(feature.pooled for feature in card.features)


def test_a_feature_that_one_pixel_decides_is_not_pooled(opened, write_extractor) -> None:
    session = opened()
    body = "return {'corner': float((int(image[0, 0, 0]) * 2654435761) % 4294967296)}"
    card = answer_score(session, write_extractor(body, corner="up"), ("corner",), ())
    assert card.features[0].stability == "<.5"
    assert not card.features[0].pooled
    assert card.queries_left == 20


def test_a_copy_of_a_pooled_feature_is_named_and_left_out(opened, write_extractor) -> None:
    session = opened()
    first = write_extractor(RED, red="up", blue="up")
    pool = tuple(
        FeatureRef(extractor=answer_score(session, first, ("red",), ()).extractor, name=name)
        for name in ("red",)
    )
    copy = write_extractor("return {'rouge': 2.0 * image[mask].mean(axis=0)[0] + 1.0}", rouge="up")
    feature = answer_score(session, copy, ("rouge",), pool).features[0]
    assert (feature.redundancy, feature.redundant_with, feature.pooled) == (">=.9", "red", False)


def test_a_copy_that_kept_its_name_is_told_which_revision_it_repeats(opened, write_extractor) -> None:
    session = opened()
    first = write_extractor(RED, red="up", blue="up")
    sha256 = answer_score(session, first, ("red",), ()).extractor
    criterion = parse_extractor(first).criterion
    copy = write_extractor("return {'red': 2.0 * image[mask].mean(axis=0)[0] + 1.0}", red="up")
    for revision, told in ((f"{criterion}/r001", "red@r001"), ("other/r001", "red@other")):
        pool = (FeatureRef(extractor=sha256, name="red", revision=revision),)
        assert answer_score(session, copy, ("red",), pool).features[0].redundant_with == told


@pytest.mark.parametrize(
    ("body", "status", "missing", "shape"),
    [
        ("raise ValueError('no')", "faulty", ">20%", "constant"),
        ("return {'x': 3.0}", "ok", "0-5%", "constant"),
        ("return {'x': float('nan') if image.mean() > 118 else 1.0 * image.mean()}", "ok", ">20%", None),
    ],
)
def test_what_is_wrong_with_a_feature_is_told_in_bands(
    opened, write_extractor, body, status, missing, shape
) -> None:
    card = answer_score(opened(), write_extractor(body, x="up"), ("x",), ())
    feature = card.features[0]
    assert (feature.status, feature.missing, feature.pooled) == (status, missing, False)
    assert shape is None or feature.shape == shape


def test_only_the_asked_names_are_scored(opened, write_extractor) -> None:
    card = answer_score(opened(), write_extractor(RED, red="up", blue="up"), ("blue",), ())
    assert [feature.name for feature in card.features] == ["blue"]


def test_a_changed_scorer_aborts_before_the_next_score(
    opened, write_extractor, tmp_path, monkeypatch
) -> None:
    session = opened()
    files = dict(session.scorer.files)
    forged = tmp_path / "gate.py"
    forged.write_bytes(files["evals/scoring/gate.py"][0].read_bytes() + b" ")
    files["evals/scoring/gate.py"] = (forged, files["evals/scoring/gate.py"][1])
    session.scorer = type(session.scorer)(files)
    with pytest.raises(IntegrityError, match=r"evals/scoring/gate\.py"):
        answer_score(session, write_extractor(RED, red="up", blue="up"), ("red",), ())


def test_the_matrix_of_a_pool_has_one_column_per_feature(opened, write_extractor) -> None:
    session = opened()
    sha256 = session.remember(write_extractor(RED, red="up", blue="up"))
    pool = tuple(FeatureRef(extractor=sha256, name=name) for name in ("blue", "red"))
    rows = session.matrix(pool, session.split.dev)
    image = session.dataset.load(session.split.dev[0]).image
    assert np.allclose(rows[0], [image[..., 2].mean(), image[..., 0].mean()])
    assert session.matrix((), session.split.dev).shape == (112, 0)


def test_two_classes_are_no_levels(opened, open_pool, tmp_path) -> None:
    for data in (opened().spec.data, None):
        spec = BenchSpec(pack="dermoscopy.abcd", data=data, folder=str(tmp_path / "levels"), ordinal=True)
        with pytest.raises(DatasetError, match="three levels or more, this data has 2"):
            BenchSession(spec, open_pool)


def test_levels_are_numbered_from_the_lowest(picture_folder, open_pool, tmp_path) -> None:
    manifest = picture_folder(per_class=40)
    rows = manifest.read_text().splitlines()
    third = [row.replace(",nv,", ",bkl,") if number % 4 == 1 else row for number, row in enumerate(rows)]
    manifest.write_text("\n".join(third) + "\n")
    spec = BenchSpec(
        pack="dermoscopy.abcd",
        data=str(manifest),
        labels=("mel", "bkl", "nv"),
        folder=str(tmp_path / "l"),
        ordinal=True,
    )
    session = BenchSession(spec, open_pool)
    ids = session.split.dev
    number = {"nv": 0, "bkl": 1, "mel": 2}
    assert list(session.target(ids)) == [number[session.dataset.items[one].label] for one in ids]
    assert session.task(ids).is_ordinal


def test_the_scorer_is_every_reader_too(opened) -> None:
    files = opened().scorer.files
    assert {"evals/data/pixels.py", "evals/data/dcm/header.py", "evals/scoring/score.py", "pack"} <= set(
        files
    )
    assert all(path.is_file() for path, _ in files.values())
