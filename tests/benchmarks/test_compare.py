"""The page over all tasks: who leads by how much, and whether the controls held, whatever it shows."""

from pathlib import Path

from benchmarks.compare import TASKS, _summary, page
from scafe.evals.compare.table import Control, Estimate, Point, Row, Table


def row(name: str, family: str, auc: float, gap: float | None = None) -> Row:
    at = Point.model_construct(
        auc=Estimate(value=auc, low=auc - 0.1, high=auc + 0.1),
        difference=None if gap is None else Estimate(value=gap, low=gap - 0.1, high=gap + 0.1),
    )
    return Row.model_construct(name=name, family=family, points=(at, at))


def table(held: bool) -> Table:
    rows = (
        row("scafe", "criteria", 0.62),
        row("classical-ridge-whole", "classical", 0.7, -0.08),
        row("network-whole", "network", 0.86, -0.24),
        row("fused-network-whole", "fused", 0.85, -0.23),
    )
    control = Control(name="control-random", auc=0.51, standard_error=0.02, held=held)
    return Table.model_construct(reference="scafe", rows=rows, sizes=(5, None), draws=20, controls=(control,))


def test_where_scafe_loses_the_page_says_by_how_much_with_its_interval() -> None:
    told = "\n".join(_summary([(TASKS[2], table(held=True))]))
    expected = (
        "| all | 0.620 | – | network-whole 0.860 | -0.240 (-0.340 to -0.140) | "
        "fused-network-whole 0.850 | – |"
    )
    assert expected in told
    assert "20 draws: control-random 0.510 ± 0.040" in told
    assert "FAILED" not in told


def test_a_failed_control_is_said_with_its_task() -> None:
    told = "\n".join(_summary([(TASKS[2], table(held=False))]))
    assert "FAILED: believe no row of this task" in told


def test_a_task_that_was_not_compared_anew_keeps_its_table_and_says_so(tmp_path: Path) -> None:
    before = (
        "# ScaFE beside other systems\n\n## In short\n\n| old |\n\n"
        "## ham10000 · Comparison on 160 images: mel against nv\n\nold naevi\n\n"
        "## ham10000 · Comparison on 150 images: mel against bkl\n\nold keratoses\n"
    )
    told = page(tmp_path, before)
    assert told.index("Of before") < told.index("old naevi") < told.index("old keratoses")
    assert "| old |" not in told
    assert page(tmp_path, told).count("old keratoses") == 1
