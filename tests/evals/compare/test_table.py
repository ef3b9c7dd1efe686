"""A comparison from images to table: same for any number of workers, resumable, with its controls."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from scafe.evals.compare.comparison import Request, _table, peers_of, write_files
from scafe.evals.compare.engine import Progress, run_all
from scafe.evals.compare.page import html_page, markdown_page
from scafe.evals.compare.plan import make_plan
from scafe.evals.compare.shelf import Shelf
from scafe.evals.compare.shown import as_given
from scafe.evals.compare.table import Table
from scafe.evals.data.dataset import Dataset
from scafe.evals.peers.controls import RandomFeatures
from scafe.evals.peers.criteria import Absent, CriteriaPeer
from scafe.evals.peers.peer import Card, Peer, Setting, Train, Weights
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.criteria.pack import load_pack

WANTED = ("classical-ridge-mask", "fused-classical-ridge-mask", "unit-weights", "prevalence")


NONE = Weights("none")


@dataclass(frozen=True)
class Told:
    """A peer that remembers how often it was fitted, in a file, and looks at nothing."""

    file: Path
    weights: Weights = NONE

    @property
    def card(self) -> Card:
        return Card("told", "A peer of these tests", "network", "–", weights=self.weights)

    def views(self, setting: Setting) -> tuple:
        return ()

    def fit(self, train: Train) -> "Told":
        with self.file.open("a") as file:
            file.write(f"{sorted(set(train.labels))}\n")
        return self

    def predict(self, sample: object) -> np.ndarray:
        assert not hasattr(sample, "task")  # what is predicted carries no label
        return np.full((len(sample), 2), 0.5)


def compared(
    folder: Path, dataset: Dataset, ours: CriteriaPeer, *more: Peer, workers: int = 1, draws: int = 3
) -> tuple[Table, tuple]:
    plan = make_plan(dataset, (3, 5, 40), draws)
    setting = Setting(dataset.classes, dataset.has_masks)
    peers = (*peers_of([ours], WANTED), *more)
    shown = as_given(dataset)
    ran = run_all(peers, shown, plan, setting, Shelf(folder / "store"), workers)
    request = Request(load_pack("scar.vss"), (), (), (3, 5, 40), draws, 0)
    return _table(dataset, shown, request, plan, ran, ours.card.name), ran


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, dataset: Dataset, ours: CriteriaPeer
) -> tuple[Table, tuple]:
    return compared(tmp_path_factory.mktemp("made"), dataset, ours)


def test_features_that_tell_the_classes_apart_do_and_controls_do_not(made: tuple[Table, tuple]) -> None:
    table, _ = made
    rows = {row.name: row for row in table.rows}
    assert rows["scafe"].points[-1].auc.value > 0.75
    assert rows["unit-weights"].points[0].auc.value > 0.75
    assert rows["prevalence"].points[0].auc.value == 0.5
    assert {one.name for one in table.controls} == {"control-shuffled", "control-random"}


def test_labels_touched_are_counted(made: tuple[Table, tuple]) -> None:
    rows = {row.name: row for row in made[0].rows}
    assert [point.labels_touched for point in rows["scafe"].points][:2] == [6, 10]
    assert {point.labels_touched for point in rows["unit-weights"].points} == {0}


def test_a_fused_row_says_how_much_each_part_and_criterion_carries(made: tuple[Table, tuple]) -> None:
    row = next(row for row in made[0].rows if row.family == "fused")
    assert row.shares["ScaFE"] + row.shares["other"] == pytest.approx(1, abs=0.01)
    ours = sum(value for name, value in row.shares.items() if name.startswith("criterion "))
    assert ours == pytest.approx(row.shares["ScaFE"], abs=0.01)


def test_the_files_are_the_same_for_one_and_two_workers(
    tmp_path: Path, dataset: Dataset, ours: CriteriaPeer, made: tuple[Table, tuple]
) -> None:
    # the stand-in for our features cannot travel to another process: the shipped rows can
    peers = [one for one in peers_of([ours], ("classical-ridge-mask",)) if one.card.family == "classical"]
    plan, setting = make_plan(dataset, (3,), 2), Setting(dataset.classes, True)
    found = [
        run_all(
            [*peers, RandomFeatures()],
            as_given(dataset),
            plan,
            setting,
            Shelf(tmp_path / str(workers)),
            workers,
        )
        for workers in (1, 2)
    ]
    first, second = (
        json.dumps(
            [{size: at["probabilities"] for size, at in cell.items()} for one in ran for cell in one.cells]
        )
        for ran in found
    )
    assert first == second


def test_what_was_fitted_is_not_fitted_again(tmp_path: Path, dataset: Dataset, ours: CriteriaPeer) -> None:
    log = tmp_path / "fits"
    first, _ = compared(tmp_path, dataset, ours, Told(log))
    fits = len(log.read_text().splitlines())
    second, _ = compared(tmp_path, dataset, ours, Told(log))
    more, _ = compared(tmp_path, dataset, ours, Told(log), draws=4)
    assert second == first
    assert len(log.read_text().splitlines()) == fits + fits // 3
    assert more.rows[0].points[0].auc != first.rows[0].points[0].auc


def test_a_damaged_cell_is_computed_again(tmp_path: Path, dataset: Dataset, ours: CriteriaPeer) -> None:
    first, _ = compared(tmp_path, dataset, ours)
    for cell in (tmp_path / "store" / "cells").iterdir():
        cell.write_bytes(cell.read_bytes()[:10])
    assert compared(tmp_path, dataset, ours)[0] == first


def test_random_weights_never_get_a_number(tmp_path: Path, dataset: Dataset, ours: CriteriaPeer) -> None:
    table, _ = compared(tmp_path, dataset, ours, Told(tmp_path / "fits", Weights("random")))
    row = next(row for row in table.rows if row.name == "told")
    assert (row.status, row.points) == ("plumbing only", ())
    assert "plumbing only" in markdown_page(table)


def test_a_row_that_cannot_run_stays_with_its_reason(
    tmp_path: Path, dataset: Dataset, ours: CriteriaPeer
) -> None:
    table, _ = compared(tmp_path, dataset, ours, Absent("scafe-best-of-n", "no feature passed its probes"))
    row = next(row for row in table.rows if row.name == "scafe-best-of-n")
    assert (row.status, row.reason) == ("unavailable", "no feature passed its probes")
    for page in (markdown_page(table), html_page(table)):
        assert "unavailable: no feature passed its probes" in page


def test_nothing_can_be_compared_with_a_reference_that_did_not_run(
    tmp_path: Path, dataset: Dataset, ours: CriteriaPeer
) -> None:
    with pytest.raises(InputError, match="did not run"):
        compared(tmp_path, dataset, replace(ours, view=Nowhere()))


class Nowhere:
    key = "nowhere"

    def rows(self, images: object, keys: object) -> np.ndarray:
        from scafe.evals.peers.peer import UnavailableError

        raise UnavailableError("nothing here")


def test_progress_tells_what_is_left(tmp_path: Path, dataset: Dataset, ours: CriteriaPeer) -> None:
    heard: list[Progress] = []
    plan = make_plan(dataset, (3,), 2)
    run_all([ours], as_given(dataset), plan, Setting(dataset.classes, True), Shelf(tmp_path), 1, heard.append)
    fits = [one for one in heard if one.step == "fits"]
    assert [one.done for one in fits] == [1, 2]
    assert fits[-1].seconds_left == 0


def test_the_written_files_are_whole_and_seconds_stand_apart(
    tmp_path: Path, made: tuple[Table, tuple]
) -> None:
    write_files(tmp_path, *made)
    read = json.loads((tmp_path / "comparison.json").read_text())
    assert Table.model_validate(read) == made[0]
    assert "seconds" not in (tmp_path / "comparison.json").read_text()
    assert set(json.loads((tmp_path / "timings.json").read_text())["processor_seconds"]) == {
        row.name for row in made[0].rows
    }
    assert "<svg" in (tmp_path / "comparison.html").read_text()


def test_a_failed_control_is_said_before_any_number(made: tuple[Table, tuple]) -> None:
    control = made[0].controls[0].model_copy(update={"held": False, "auc": 0.7})
    page = markdown_page(made[0].model_copy(update={"controls": (control,)}))
    assert page.index("CONTROLS FAILED") < page.index("AUC by training patients")


def test_sizes_left_out_are_said_with_the_class_that_lacks_patients(made: tuple[Table, tuple]) -> None:
    assert "Left out: 40 patients per class; class red has 10 training patients" in markdown_page(made[0])


def test_a_short_page_names_every_row_that_did_not_run_by_its_reason(
    tmp_path: Path, dataset: Dataset, ours: CriteriaPeer
) -> None:
    absent = (Absent("one", "no torch"), Absent("other", "no torch"), Absent("third", "no mask"))
    page = markdown_page(compared(tmp_path, dataset, ours, *absent)[0], is_short=True)
    assert "- one, other: unavailable: no torch\n- third: unavailable: no mask" in page
    assert "| one |" not in page


def test_probabilities_stand_beside_the_auc_on_every_page(made: tuple[Table, tuple]) -> None:
    row = next(row for row in made[0].rows if row.name == "prevalence")
    assert (row.points[-1].brier, row.points[-1].calibration_slope) == (0.25, None)
    for page in (markdown_page(made[0], is_short=True), markdown_page(made[0]), html_page(made[0])):
        assert "in the large" in page
        assert f"accuracy {made[0].majority:.3f}" in page


def test_two_runs_of_a_seed_write_the_same_bytes(
    tmp_path: Path, dataset: Dataset, ours: CriteriaPeer, made: tuple[Table, tuple]
) -> None:
    again = compared(tmp_path / "again", dataset, ours)
    for folder, one in (("first", made), ("second", again)):
        write_files(tmp_path / folder, *one)
    for name in ("comparison.json", "comparison.md", "comparison.html", "learning.svg"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
