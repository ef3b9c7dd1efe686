"""A run that drafted its locator is shown like any other, its locators among its revisions."""

from pathlib import Path

from locating_stand_ins import located
from viewer_stand_ins import Open, loaded

from scafe.agent.view.reading.index import RunIndex


def test_the_locators_of_a_run_stand_among_its_revisions(tmp_path: Path, open_viewer: Open) -> None:
    run = located(tmp_path).run
    cells = RunIndex(run).now(patience=60).happened.cells
    assert (cells["locator/r001"].standing, cells["locator/r001"].selected) == ("selected", ("scar",))
    assert cells["locator/r002"].standing == "judged"
    viewer = open_viewer(tmp_path / "runs")
    for page in ("", "/findings", "/events", "/egress", "/revision/locator/r001"):
        assert viewer.get(f"/run/{run.name}{page}").status_code == 200
        assert "locator" in loaded(viewer, f"/run/{run.name}{page}") or page in ("/egress", "/findings")
    assert "def locate(image)" in loaded(viewer, f"/run/{run.name}/revision/locator/r001")
