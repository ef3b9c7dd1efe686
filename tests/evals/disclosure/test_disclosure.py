"""What leaves says too little to rebuild a label, a pixel or a patient."""

import math
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scafe.evals.disclosure.answers import answer_score
from scafe.evals.disclosure.bands import Edges, auc_band, label_answer, shape_of
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.ledger import REPORTS_PER_QUERY, Ledger
from scafe.evals.disclosure.score_card import DisclosedFeature, ScoreCard
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.scoring.stats import auc
from scafe.knowledge.contract.errors import DisclosureError

SIGN = {"agrees": 1.0, "opposes": -1.0}
WEIGHT = {"weak": 1.0, "moderate": 2.0, "strong": 3.0, "withheld": 0.0}


def labels(n: int) -> np.ndarray:
    return np.arange(n) % 2 == 0


def voted(n: int, reports: int, seed: int) -> float:
    """Guess labels from `reports` answers about noise whose values the attacker knows."""
    rng = np.random.default_rng(seed)
    votes = rng.normal(0, 1e-9, n)
    for noise in rng.normal(size=(reports, n)):
        answer = label_answer(noise, labels(n), 1)
        votes += SIGN.get(answer.evidence, 0.0) * WEIGHT[answer.strength] * noise
    return auc(votes, labels(n))


@pytest.mark.parametrize(("n", "reports"), [(100, 50), (100, 100), (200, 150)])
def test_labels_cannot_be_voted_from_as_many_answers_as_a_run_gives(n: int, reports: int) -> None:
    assert np.mean([voted(n, reports, seed) for seed in range(40)]) <= 0.60


def test_a_run_gives_no_more_answers_than_the_attack_was_tried_with() -> None:
    assert Ledger(queries_allowed=20).reports_left <= 100
    assert Ledger(queries_allowed=50).reports_left <= 150
    spent = Ledger(queries_allowed=20, reports=20 * REPORTS_PER_QUERY - 1)
    with pytest.raises(DisclosureError, match="as many features"):
        spent.spend("a", accepted=False, reports=2, released=0)


@pytest.fixture
def spied(picture_folder, open_pool, tmp_path):
    spec = BenchSpec(
        pack="dermoscopy.abcd", data=str(picture_folder()), feedback="gated", folder=str(tmp_path / "bench")
    )
    return BenchSession(spec, open_pool)


def test_a_covert_missing_rate_leaks_no_pixel_of_a_thumbnail(spied) -> None:
    # The k-th bit of an 8×8×4-bit thumbnail of the brightest image, told by NaN: exact rates leak all of it.
    images = [spied.dataset.load(i).image for i in spied.split.dev]
    means = np.array([image.mean() for image in images])
    brightest = images[int(means.argmax())]
    thumbnail = brightest[::4, ::4].mean(axis=2).astype(int)[:8, :8].ravel() >> 4
    base = np.isnan(np.where(means > np.sort(means)[-2:].mean(), np.nan, means)).mean()
    recovered = 0
    for place, shade in enumerate(thumbnail):
        read = 0
        for bit in range(4):
            share = base if (shade >> bit) & 1 else 0.0
            edges = Edges(spied.key, f"source {place} {bit}")
            read |= int(edges.missing(share, "x") != edges.missing(0.0, "x")) << bit
        recovered += int(read == shade and shade != 0)
    assert recovered == 0


def test_cards_about_a_covert_bit_are_all_the_same_card(
    picture_folder, open_pool, write_extractor, tmp_path
) -> None:
    data = str(picture_folder(per_class=40))
    spec = BenchSpec(pack="dermoscopy.abcd", data=data, folder=str(tmp_path / "bench"))
    session = BenchSession(spec, open_pool)
    threshold = float(np.sort([session.dataset.load(i).image.mean() for i in session.split.dev])[-2:].mean())
    body = (
        "shade = int(image[::4, ::4].mean(axis=2)[{y}, {x}]) >> 4\n"
        "hidden = image.mean() > {t} and (shade >> {bit}) & 1\n"
        "return {{'x': float('nan') if hidden else float(image.mean())}}"
    )
    told, hidden = set(), set()
    for k in range(16):
        source = write_extractor(body.format(y=k % 8, x=k // 8, t=threshold, bit=k % 4), x="up")
        told.add(answer_score(session, source, ("x",), ()).features)
        hidden.add(int(np.isnan(session.feature_table(source, session.split.dev).rows).sum()))
    assert hidden == {0, 1}  # exact rates would have told every bit
    assert len(told) == 1


def test_a_share_just_below_an_edge_cannot_be_aimed_at() -> None:
    # One patient of a hundred tips an edge that the attacker cannot place.
    tipped = [
        Edges("secret", f"{number}").missing(0.2, "x") != Edges("secret", f"{number}").missing(0.21, "x")
        for number in range(400)
    ]
    assert np.mean(tipped) < 0.4
    other = [
        Edges("other", f"{n}").missing(0.2, "x") == Edges("secret", f"{n}").missing(0.2, "x")
        for n in range(400)
    ]
    assert np.mean(other) < 0.8


def test_edges_do_not_move_between_two_answers_about_the_same_source() -> None:
    assert Edges("k", "s").move(0.2, "x") == Edges("k", "s").move(0.2, "x")


@pytest.mark.slow
def test_another_patient_in_the_place_of_one_hardly_ever_changes_the_feedback(
    picture_folder, open_pool, write_extractor, tmp_path
) -> None:
    bodies = {
        "red": "return {'x': image[mask].mean(axis=0)[0]}",
        "spread": "return {'x': image[mask].std()}",
        "dark": "return {'x': float(np.percentile(image[mask], 10))}",
        "hash": "return {'x': float((int(image[0, 0, 0]) * 2654435761) % 4294967296)}",
        "rare": "return {'x': float('nan') if image.mean() > 135 else image.mean()}",
    }
    sources = [write_extractor(body, x="up") for body in bodies.values()]
    same = []
    for seed in range(8):
        manifest = picture_folder(seed=seed, folder=f"s{seed}")
        whole = cards(manifest, sources, open_pool, tmp_path / f"w{seed}")
        images = manifest.parent / "images"
        shutil.copy(images / f"{100 + 2 * seed:03d}.png", images / f"{2 * seed:03d}.png")
        other = cards(manifest, sources, open_pool, tmp_path / f"o{seed}")
        same += [a == b for a, b in zip(whole, other, strict=True)]
    assert np.mean(same) >= 0.95


def cards(manifest, sources, pool, folder) -> list[tuple]:
    session = BenchSession(BenchSpec(pack="dermoscopy.abcd", data=str(manifest), folder=str(folder)), pool)
    found = [answer_score(session, source, ("x",), ()) for source in sources]
    return [(card.gate, card.set_auc_band, card.features) for card in found]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_a_patient_is_not_visible_in_any_shape_tag(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=100)
    wild = values.copy()
    wild[seed % 100] = 1e12
    assert shape_of(wild) == shape_of(values) == "ok"


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        (np.full(50, 3.0), "constant"),
        (np.full(50, np.nan), "constant"),
        (np.arange(50.0) % 2, "binary"),
        (np.exp(np.random.default_rng(0).normal(0, 2, 200)), "skewed"),
        (np.random.default_rng(0).normal(size=200), "ok"),
    ],
)
def test_a_distribution_is_told_by_a_tag_alone(values: np.ndarray, shape: str) -> None:
    assert shape_of(values) == shape


def test_a_sign_is_told_only_past_the_noise_and_with_ten_patients_of_each_class() -> None:
    positive = labels(100)
    strong = np.where(positive, 1.0, 0.0) + np.random.default_rng(0).normal(0, 0.4, 100)
    assert label_answer(strong, positive, 1).evidence == "agrees"
    assert label_answer(strong, positive, -1).evidence == "opposes"
    assert label_answer(strong, positive, 0).evidence == "unpredicted"
    assert label_answer(strong, positive, 1).strength == "strong"
    assert label_answer(np.random.default_rng(1).normal(size=100), positive, 1).evidence == "inconclusive"
    few = np.where(positive & (np.arange(100) >= 18), np.nan, strong)
    assert label_answer(few, positive, 1).evidence == "withheld"


@pytest.mark.parametrize(
    ("value", "band"),
    [(0.31, "<0.50"), (0.5, "0.50-0.55"), (0.7, "0.70-0.75"), (0.749, "0.70-0.75"), (1.0, "0.95-1.00")],
)
def test_a_set_level_auc_leaves_in_steps(value: float, band: str) -> None:
    assert auc_band(value) == band


def test_the_ledger_counts_bits_and_what_they_can_do() -> None:
    ledger = Ledger(queries_allowed=20)
    assert ledger.bits == 0
    assert ledger.bound(0.05) == 0
    one = ledger.spend("a", accepted=True, reports=3, released=1)
    two = one.spend("b", accepted=False, reports=3, released=0)
    assert one.bits == pytest.approx(math.log2(10) + math.log2(3) + math.log2(9))
    assert two.bits > one.bits
    assert two.bound(0.05) == pytest.approx(0.05 * math.sqrt(2 * math.log(2) * two.bits))
    assert two.queries_left == 18


def test_the_ledger_refuses_a_second_answer_and_a_query_too_many() -> None:
    ledger = Ledger(queries_allowed=1)
    with pytest.raises(DisclosureError, match="told before"):
        Ledger(queries_allowed=2, answered=("a",)).spend("a", accepted=False, reports=1, released=0)
    with pytest.raises(DisclosureError, match="no query is left"):
        ledger.spend("a", accepted=False, reports=0, released=0).spend(
            "b", accepted=False, reports=0, released=0
        )


def test_a_score_card_holds_bands_and_names_alone() -> None:
    numbers = {"queries_left", "label_bits_used", "format"}
    for record in (ScoreCard, DisclosedFeature):
        for name, field in record.model_fields.items():
            assert field.annotation not in (float, int) or name in numbers
    with pytest.raises(ValidationError):
        DisclosedFeature.model_validate({"name": "x", "auc": 0.71})
