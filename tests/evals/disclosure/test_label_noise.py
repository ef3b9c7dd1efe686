"""Differential privacy of what is told of the labels: how much noise, on what, and when it is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.disclosure.answers import answer_score
from scafe.evals.disclosure.bands import NO_NOISE, Noisy, label_answer
from scafe.evals.disclosure.bench import BenchSpec
from scafe.evals.disclosure.label_noise import LabelNoise, auc_sensitivity, noise_scale, open_noise
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.scoring.stats import auc
from scafe.knowledge.contract.errors import InputError

RED = "m = image[mask].mean(axis=0)\nreturn {'red': float(m[0]), 'blue': float(m[2])}"


class TestTheScale:
    def test_it_is_that_of_the_published_conversion(self) -> None:
        # sigma / sensitivity by hand: L = ln(1e5), rho = (sqrt(L + 8) - sqrt(L))**2, sqrt(50 / (2 rho))
        assert noise_scale(8.0, 1.0, 50) == pytest.approx(4.8785, rel=1e-3)

    @given(st.floats(0.1, 20), st.integers(1, 200))
    def test_more_privacy_and_more_answers_take_more_noise(self, epsilon: float, releases: int) -> None:
        here = noise_scale(epsilon, 0.01, releases)
        assert noise_scale(epsilon / 2, 0.01, releases) > here
        assert noise_scale(epsilon, 0.01, releases + 1) > here
        assert noise_scale(epsilon, 0.02, releases) == pytest.approx(2 * here)

    @given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 2**32 - 1))
    def test_an_exchange_of_two_labels_moves_an_auc_by_no_more_than_is_said(
        self, n_pos: int, n_neg: int, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        values = rng.integers(0, 4, n_pos + n_neg).astype(float)
        positive = np.arange(n_pos + n_neg) < n_pos
        before = auc(values, positive)
        limit = auc_sensitivity(n_pos, n_neg) + 1e-12
        for one in range(n_pos):
            for other in range(n_pos, n_pos + n_neg):
                exchanged = positive.copy()
                exchanged[[one, other]] = exchanged[[other, one]]
                assert abs(auc(values, exchanged) - before) <= limit

    def test_an_exchange_can_move_it_by_half_of_the_limit_and_more(self) -> None:
        values = np.array([1.0, 0.0, 0.0, 0.0])
        before, after = np.array([1, 1, 0, 0], bool), np.array([0, 1, 1, 0], bool)
        assert auc(values, before) - auc(values, after) == pytest.approx(0.5)
        assert auc_sensitivity(2, 2) == 1.0


class TestTheNoise:
    def test_the_same_question_gets_the_same_noise_and_another_another(self) -> None:
        noise = LabelNoise(0.1, b"k" * 32)
        assert noise.on("s", "a") == noise.on("s", "a")
        assert len({noise.on("s", "a"), noise.on("s", "b"), noise.on("t", "a")}) == 3
        assert noise.on("s", "a") != LabelNoise(0.1, b"l" * 32).on("s", "a")

    def test_it_is_normal_with_the_deviation_it_says(self) -> None:
        noise = LabelNoise(0.07, b"k" * 32)
        drawn = np.array([noise.on("s", f"{number}") for number in range(4000)])
        assert abs(drawn.mean()) < 4 * 0.07 / 4000**0.5
        assert drawn.std() == pytest.approx(0.07, rel=0.05)

    def test_too_few_patients_are_refused_with_the_way_out(self, tmp_path) -> None:
        with pytest.raises(InputError, match="at least 400 development patients, this data has 399"):
            open_noise(tmp_path, 8.0, 200, 199, 100)

    def test_its_key_is_kept_for_a_resumed_run_and_another_bench_has_another(self, tmp_path) -> None:
        first = open_noise(tmp_path, 8.0, 200, 200, 100)
        assert open_noise(tmp_path, 8.0, 200, 200, 100) == first
        (tmp_path / "other").mkdir()
        assert open_noise(tmp_path / "other", 8.0, 200, 200, 100).key != first.key
        assert (tmp_path / "noise.key").stat().st_mode & 0o077 == 0


class TestTheAnswer:
    def test_noise_widens_what_counts_as_past_it(self) -> None:
        rng = np.random.default_rng(0)
        positive = np.arange(400) % 2 == 0
        values = rng.normal(size=400) + 0.4 * positive
        assert label_answer(values, positive, 1, NO_NOISE).evidence == "agrees"
        assert label_answer(values, positive, 1, Noisy(0.0, 0.07)).evidence == "inconclusive"
        assert label_answer(values + 2 * positive, positive, 1, Noisy(0.0, 0.07)).evidence == "agrees"

    def test_with_noise_a_missing_value_takes_no_patient_out_of_its_class(self) -> None:
        positive = np.arange(400) % 40 == 0  # ten positives: one fewer and nothing may be told
        values = np.where(positive & (np.arange(400) < 40), np.nan, np.arange(400) + 1000.0 * positive)
        assert label_answer(values, positive, 1, NO_NOISE).evidence == "withheld"
        assert label_answer(values, positive, 1, Noisy(0.0, 0.01)).evidence == "agrees"


def test_a_private_bench_tells_signs_and_neither_gate_nor_band(
    picture_folder, open_pool, write_extractor, tmp_path
) -> None:
    data = str(picture_folder(per_class=290, gap=40.0))
    spec = BenchSpec(pack="dermoscopy.abcd", data=data, folder=str(tmp_path / "b"), dp_epsilon=20.0)
    # nobody can seed the noise: with 20 the answer lies nine of its deviations past the edge, with 8 three
    session = BenchSession(spec, open_pool)
    card = answer_score(session, write_extractor(RED, red="up", blue="up"), ("red", "blue"), ())
    told = {one.name: one for one in card.features}
    assert (card.gate, card.set_auc_band) == ("blind", None)
    assert told["red"].evidence == "agrees"
    assert card.queries_left == session.facts.queries - 1
    assert session.noise is not None
    assert 0.02 < session.noise.sigma < 0.2


def test_a_small_or_blind_study_cannot_ask_for_it(picture_folder, open_pool, tmp_path) -> None:
    data = str(picture_folder())
    for feedback, why in (("gated", "at least 400"), ("blind", "nothing is told")):
        spec = BenchSpec(
            pack="dermoscopy.abcd",
            data=data,
            folder=str(tmp_path / feedback),
            feedback=feedback,
            dp_epsilon=8.0,
        )
        with pytest.raises(InputError, match=why):
            BenchSession(spec, open_pool)
