"""Nothing of a companion is disclosed: answers are the same with and without, whoever is in the data."""

import shutil
from typing import Any

import pytest

from scafe.evals.disclosure.answers import answer_score
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.session import BenchSession
from scafe.knowledge.contract.errors import InputError

BODIES = {
    "red": "return {'x': image[mask].mean(axis=0)[0]}",
    "spread": "return {'x': image[mask].std()}",
    "dark": "return {'x': float(np.percentile(image[mask], 10))}",
}


def answers(manifest: Any, sources: list[str], pool: Any, folder: Any, companion: str | None) -> list[str]:
    """Return everything that the bench tells of three extractors, as it leaves."""
    spec = BenchSpec(
        pack="dermoscopy.abcd",
        data=str(manifest),
        feedback="gated",
        folder=str(folder),
        companion=companion,
    )
    session = BenchSession(spec, pool)
    return [answer_score(session, source, ("x",), ()).model_dump_json() for source in sources]


def test_with_and_without_a_companion_the_same_bytes_are_told(
    picture_folder, open_pool, write_extractor, tmp_path
) -> None:
    manifest = picture_folder()
    sources = [write_extractor(body, x="up") for body in BODIES.values()]
    without, with_it = (
        answers(manifest, sources, open_pool, tmp_path / name, companion)
        for name, companion in (("without", None), ("with", "colour_texture"))
    )
    assert without == with_it


def test_another_patient_in_the_place_of_one_changes_no_more_with_a_companion_than_without(
    picture_folder, open_pool, write_extractor, tmp_path
) -> None:
    sources = [write_extractor(body, x="up") for body in BODIES.values()]
    manifest = picture_folder(seed=3, folder="s3")
    images = manifest.parent / "images"
    shutil.copy(images / "106.png", images / "006.png")
    without, with_it = (
        answers(manifest, sources, open_pool, tmp_path / name, companion)
        for name, companion in (("without", None), ("with", "colour_texture"))
    )
    assert without == with_it


def test_a_companion_that_cannot_be_opened_is_refused_before_anything_is_asked(
    picture_folder, open_pool, tmp_path
) -> None:
    spec = BenchSpec(
        pack="dermoscopy.abcd",
        data=str(picture_folder()),
        folder=str(tmp_path / "bench"),
        companion=f"onnx:{tmp_path / 'away.onnx'}",
    )
    with pytest.raises(InputError, match="there is no such file"):
        BenchSession(spec, open_pool)


def test_the_facts_name_the_companion_by_kind_place_and_hash_alone(
    picture_folder, open_pool, tmp_path
) -> None:
    spec = BenchSpec(
        pack="dermoscopy.abcd",
        data=str(picture_folder()),
        folder=str(tmp_path / "bench"),
        companion="colour_texture",
    )
    facts = BenchSession(spec, open_pool).facts
    assert facts.companion is not None
    assert set(facts.companion.model_dump()) == {
        "kind", "where", "sha256", "config_sha256", "file", "name", "licence",
    }  # fmt: skip
    assert str(tmp_path) not in facts.companion.model_dump_json()
