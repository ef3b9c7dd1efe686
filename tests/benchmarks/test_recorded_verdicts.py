"""What a kept run recorded is read as it stands: verdicts of phantoms beside cards of images."""

from pathlib import Path

import pytest

from benchmarks.studies.recorded_verdicts import recorded, recorded_lines

RUN = Path(__file__).parents[2] / "runs" / "reference" / "played-dermoscopy"


@pytest.mark.skipif(not RUN.exists(), reason="the kept played run is not there")
def test_features_that_no_image_saw_are_those_that_probes_turned_away() -> None:
    rows = list(recorded(RUN))
    assert rows
    assert all(one.card is None for one in rows if not one.seen.accepted)
    assert all(one.codes for one in rows if not one.seen.accepted)
    assert not any(one.codes for one in rows if one.seen.accepted)


def test_a_run_is_told_in_counts_alone() -> None:
    lines = list(recorded_lines([], "none"))
    assert lines[0] == "- none: 0 features drafted; 0 reached images, the others no image saw."
    assert all("nan" not in line for line in lines)
