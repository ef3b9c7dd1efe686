"""Experts' scores are a truth of their own: told in bands, counted apart, too coarse to rebuild anything."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.disclosure.answers import answer_score
from scafe.evals.disclosure.bands import Edges
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.ledger import EXPERT_REPORTS, Ledger
from scafe.evals.disclosure.score_card import DisclosedExperts
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.disclosure.truths.expert_answers import expert_answer
from scafe.evals.experts.agreement import RaterAgreement
from scafe.evals.experts.rated import Rated
from scafe.evals.experts.scores import CriterionScores
from scafe.evals.scoring.stats import auc
from scafe.knowledge.contract.errors import DatasetError, DisclosureError

SIGN = {"agrees": 1.0, "opposes": -1.0, "inconclusive": 0.0}
WEIGHT = {"weak": 1.0, "moderate": 2.0, "strong": 3.0, "withheld": 0.0}
RED = "return {'x': image[mask].mean(axis=0)[0]}"
GREEN = "return {'x': image[mask].mean(axis=0)[1]}"


def column(criterion: str, scores: np.ndarray) -> CriterionScores:
    return CriterionScores(criterion, ("",), scores.astype(float)[:, None])


def asked(values: np.ndarray, *criteria: CriterionScores, sign: int = 1, kappa: float = 0.8):
    raters = RaterAgreement(criteria[0].criterion, 2, kappa, len(values))
    edges = Edges("key", "source")
    return expert_answer(values, criteria[0].criterion, sign, Rated(criteria), raters, edges, "x")


def voted(n: int, reports: int, seed: int) -> float:
    """Guess labels from answers about noise, where the scores are the labels: the worst that can be."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    one, two = column("c", labels), column("d", rng.integers(0, 4, n))
    votes = rng.normal(0, 1e-9, n)
    for noise in rng.normal(size=(reports, n)):
        told = asked(noise, one, two)
        if told is not None:
            votes += SIGN[told.agreement] * WEIGHT[told.strength] * noise
    return auc(votes, labels == 1)


@pytest.mark.parametrize(("n", "reports"), [(40, EXPERT_REPORTS), (100, 100), (200, 150)])
def test_labels_cannot_be_voted_from_experts_scores_that_are_the_labels(n: int, reports: int) -> None:
    assert np.mean([voted(n, reports, seed) for seed in range(30)]) <= 0.60


def test_a_run_sets_no_more_features_beside_experts_than_the_attack_was_tried_with() -> None:
    assert Ledger(queries_allowed=0).expert_reports_left == EXPERT_REPORTS
    assert Ledger(queries_allowed=20).expert_reports_left <= 100
    assert Ledger(queries_allowed=50).expert_reports_left <= 150
    spent = Ledger(queries_allowed=0, expert_reports=EXPERT_REPORTS - 1)
    with pytest.raises(DisclosureError, match="as many features"):
        spent.ask_experts("a", reports=2, released=0)
    with pytest.raises(DisclosureError, match="before"):
        Ledger(queries_allowed=0).ask_experts("a", 1, 0).ask_experts("a", 1, 0)


def test_the_ledger_names_the_second_truth_and_leaves_the_labels_alone() -> None:
    ledger = Ledger(queries_allowed=20).ask_experts("a", reports=3, released=2)
    assert ledger.bits == 0
    assert ledger.queries_left == 20
    assert ledger.expert_bits(4) > ledger.expert_bits(1) > 0
    assert ledger.model_dump()["expert_answered"] == ("a",)
    assert not any("expert" in name for name in Ledger(queries_allowed=20).model_dump())


def test_an_agreement_is_told_with_its_sign_its_strength_and_its_raters() -> None:
    scores = np.tile([0, 1, 2, 3], 25)
    close = scores + np.random.default_rng(0).normal(0, 0.5, 100)
    assert asked(close, column("c", scores)) == DisclosedExperts(
        agreement="agrees", strength="strong", raters=">=.7"
    )
    assert asked(close, column("c", scores), sign=-1).agreement == "opposes"
    noise = np.random.default_rng(1).normal(size=100)
    assert asked(noise, column("c", scores)).agreement == "inconclusive"


def test_a_feature_that_follows_another_criterion_is_told_which() -> None:
    rng = np.random.default_rng(3)
    own, other = rng.integers(0, 4, 80), rng.integers(0, 4, 80)
    told = asked(other + rng.normal(0, 0.7, 80), column("c", own), column("d", other))
    assert told.strays_to == "d"
    assert asked(own + rng.normal(0, 0.7, 80), column("c", own), column("d", other)).strays_to is None


def test_nothing_is_told_of_few_patients_or_of_raters_who_agree_by_chance() -> None:
    few = np.arange(18.0)
    assert asked(few, column("c", few % 4)) is None
    many = np.arange(100.0)
    assert asked(many, column("c", many % 4), kappa=-0.1) is None
    rare = np.zeros(100)
    rare[:5] = 1
    assert asked(many, column("c", rare)) is None


def test_an_answer_holds_words_alone() -> None:
    assert all(field.annotation not in (int, float) for field in DisclosedExperts.model_fields.values())


@pytest.fixture
def scored(picture_folder):
    """Return a function that writes a study whose redness is scored as `asymmetry`."""

    def write(seed: int = 0, folder: str = "study", per_class: int = 80) -> Path:
        manifest = picture_folder(seed=seed, folder=folder, per_class=per_class)
        return write_scores(manifest)

    return write


def write_scores(manifest: Path) -> Path:
    from PIL import Image

    rng = np.random.default_rng(5)
    head, *rows = manifest.read_text().splitlines()
    lines = [f"{head},asymmetry@a,asymmetry@b,network"]
    for row in rows:
        image = np.asarray(Image.open(manifest.parent / row.split(",")[0])).mean(axis=(0, 1))
        red = [int(np.clip((image[0] - 90) // 20 + rng.integers(0, 2), 0, 2)) for _ in "ab"]
        lines.append(f"{row},{red[0]},{red[1]},{int(image[1] > 120)}")
    path = manifest.with_name("scored.csv")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_run_reads_the_columns_of_its_development_patients_and_counts_what_it_tells(
    scored, open_pool, write_extractor, tmp_path
) -> None:
    spec = BenchSpec(pack="dermoscopy.abcd", data=str(scored()), folder=str(tmp_path / "bench"))
    session = BenchSession(spec, open_pool)
    assert session.facts.experts == ("asymmetry", "network")
    card = answer_score(session, write_extractor(RED, "asymmetry", x="up"), ("x",), ())
    assert card.features[0].experts.agreement == "agrees"
    assert card.expert_bits_used > 0
    assert session.ledger.expert_reports == 1
    again = answer_score(session, write_extractor(RED, "asymmetry", x="up"), ("x",), ())
    assert again.features[0].experts is None
    stray = answer_score(session, write_extractor(GREEN, "asymmetry", x="up"), ("x",), ())
    assert stray.features[0].experts.strays_to == "network"
    unscored = answer_score(session, write_extractor(RED, "border", x="up"), ("x",), ())
    assert unscored.features[0].experts is None


def test_a_study_without_scores_tells_nothing_of_them(
    picture_folder, open_pool, write_extractor, tmp_path
) -> None:
    spec = BenchSpec(pack="dermoscopy.abcd", data=str(picture_folder()), folder=str(tmp_path / "bench"))
    card = answer_score(BenchSession(spec, open_pool), write_extractor(RED, x="up"), ("x",), ())
    assert "expert" not in card.model_dump_json()


@pytest.mark.parametrize(
    ("cell", "told"), [("much", "'asymmetry' is 'much'; write numbers"), ("7", "is 7, but its levels are")]
)
def test_a_run_refuses_a_score_that_is_none_with_its_row(
    scored, open_pool, tmp_path, cell: str, told: str
) -> None:
    manifest = scored()
    lines = manifest.read_text().splitlines()
    lines[2] = ",".join([*lines[2].split(",")[:3], cell, *lines[2].split(",")[4:]])
    manifest.write_text("\n".join(lines) + "\n")
    spec = BenchSpec(pack="dermoscopy.abcd", data=str(manifest), folder=str(tmp_path / "bench"))
    with pytest.raises(DatasetError, match=f"row 3.*{told}"):
        BenchSession(spec, open_pool)


@pytest.mark.slow
def test_another_patient_in_the_place_of_one_hardly_ever_changes_what_experts_tell(
    scored, open_pool, write_extractor, tmp_path
) -> None:
    bodies = (RED, GREEN, "return {'x': image[mask].std()}", "return {'x': float(image[0, 0, 0])}")
    sources = [write_extractor(body, "asymmetry", x="up") for body in bodies]
    same = []
    for seed in range(6):
        manifest = scored(seed=seed, folder=f"s{seed}")
        whole = told(manifest, sources, open_pool, tmp_path / f"w{seed}")
        images = manifest.parent / "images"
        shutil.copy(images / f"{100 + 2 * seed:03d}.png", images / f"{2 * seed:03d}.png")
        other = told(
            write_scores(manifest.with_name("manifest.csv")), sources, open_pool, tmp_path / f"o{seed}"
        )
        same += [a == b for a, b in zip(whole, other, strict=True)]
    assert np.mean(same) >= 0.95


def told(manifest: Path, sources: list[str], pool, folder: Path) -> list:
    session = BenchSession(BenchSpec(pack="dermoscopy.abcd", data=str(manifest), folder=str(folder)), pool)
    return [answer_score(session, source, ("x",), ()).features[0].experts for source in sources]
