"""Rows from a cluster are the rows of this machine, byte for byte; no image or patient is on the wire."""

from pathlib import Path

import pytest
from dask_site import Site

from scafe.evals.cluster import client
from scafe.evals.cluster import rows as cluster_rows
from scafe.evals.cluster.client import Cluster
from scafe.evals.cluster.rows import ClusterRows
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.features import FeatureStore, FeatureTable
from scafe.evals.data.manifest import open_dataset
from scafe.knowledge.contract.errors import DatasetError, InputError
from scafe.sandbox.pool.pool import Pool

LABELS = ("zebra-kind", "okapi-kind")
BODY = """
red = float(image[:, :, 0].mean()) / 255
if red > 0.51:
    raise ValueError("too red")
return {"red": red, "odd": float("nan") if red > 0.5 else red**0.5}
"""
"""Some images have values, some a missing one, some a fault."""


@pytest.fixture
def source(write_extractor) -> str:
    return write_extractor(BODY.strip(), red="higher", odd="higher")


@pytest.fixture
def dataset(photographs: Path) -> Dataset:
    return open_dataset(photographs, LABELS)


@pytest.fixture(autouse=True)
def _small_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_rows, "ORDER", 8)


def measured(store: FeatureStore, source: str, dataset: Dataset) -> FeatureTable:
    ids = tuple(range(len(dataset)))
    return store.table(source, [item.sha256 for item in dataset.items], dataset.images(ids))


def measured_here(source: str, dataset: Dataset, folder: Path) -> FeatureTable:
    with Pool(1) as pool:
        return measured(FeatureStore(folder, pool), source, dataset)


class NoPool(Pool):
    """Fails if anything is measured on this machine."""

    def extract(self, *_: object, **__: object) -> None:
        raise AssertionError("measured here")


@pytest.mark.slow
class TestTwoWorkers:
    def test_give_the_bytes_of_one_machine_and_hear_of_no_patient(
        self, site: Site, dataset: Dataset, source: str, tmp_path: Path
    ) -> None:
        with Cluster(site.address) as cluster:
            far = measured(FeatureStore(tmp_path / "far", NoPool(), ClusterRows(cluster)), source, dataset)
        near = measured_here(source, dataset, tmp_path / "near")
        assert far.rows.tobytes() == near.rows.tobytes()
        assert far.faults == near.faults
        assert any(far.faults)
        self._require_no_patient_in(bytes(site.wire.heard), dataset)

    def _require_no_patient_in(self, heard: bytes, dataset: Dataset) -> None:
        assert b"too red" in heard, "an extractor's source passes: the wire was listened to"
        assert b"0007.png" in heard
        assert b"giraffe" not in heard
        assert not [label for label in LABELS if label.encode() in heard]
        for index, item in enumerate(dataset.items):
            data = Path(item.pixels.image).read_bytes()
            assert data[len(data) // 2 :][:24] not in heard
            assert not [row for row in dataset.load(index).image if row.tobytes()[:24] in heard]

    def test_one_killed_in_the_middle_leaves_no_row_out_and_gives_none_twice(
        self, site: Site, dataset: Dataset, source: str, tmp_path: Path
    ) -> None:
        keys = [item.sha256 for item in dataset.items]
        with Cluster(site.address) as cluster:
            batches = ClusterRows(cluster).measured(source, keys, [one.whereabouts for one in dataset.items])
            found = list(next(batches).rows)
            site.kill_one()
            found += [row for batch in batches for row in batch.rows]
        measured_here(source, dataset, tmp_path / "near")
        (kept,) = (tmp_path / "near").glob("*.rows")
        assert sorted(row.line() for row in found) == sorted(kept.read_text().splitlines()[1:])

    def test_say_which_image_they_cannot_read(self, site: Site, dataset: Dataset, source: str) -> None:
        lost = dataset.items[5]
        Path(lost.pixels.image).unlink()
        keys = [item.sha256 for item in dataset.items]
        with Cluster(site.address) as cluster, pytest.raises(DatasetError, match=r"0005\.png.*no such file"):
            list(ClusterRows(cluster).measured(source, keys, [one.whereabouts for one in dataset.items]))


@pytest.mark.slow
def test_a_cluster_of_this_machine_speaks_tls_and_ends_with_its_use(dataset: Dataset, source: str) -> None:
    keys = [item.sha256 for item in dataset.items]
    with Cluster("local:2") as cluster:
        assert cluster.workers == 2
        assert cluster.scheduler_address.startswith("tls://127.0.0.1:")
        rows = ClusterRows(cluster).measured(source, keys, [one.whereabouts for one in dataset.items])
        assert sum(len(batch.rows) for batch in rows) == len(keys)


@pytest.mark.slow
def test_two_clusters_stand_side_by_side_on_one_machine() -> None:
    """The second stopped with a warning: the web server of the first held port 8787."""
    with Cluster("local:1") as one, Cluster("local:1") as other:
        assert one.scheduler_address != other.scheduler_address
        assert (one.workers, other.workers) == (1, 1)


def test_a_cluster_that_cannot_be_reached_is_an_error_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.5)
    with pytest.raises(InputError, match=r"no Dask scheduler answers there .*`dask scheduler`"):
        Cluster("tcp://127.0.0.1:9").__enter__()


@pytest.mark.parametrize("address", ["", "local", "local:0", "localhost:8786", "http://a:1", "tcp://a"])
def test_an_address_that_is_none_is_refused_before_anything_is_started(address: str) -> None:
    with pytest.raises(InputError, match="give local:N"):
        Cluster(address)


def test_pictures_in_memory_are_never_told_to_a_cluster(dataset: Dataset) -> None:
    from scafe.evals.data.dataset import cohort_dataset
    from scafe.knowledge.phantoms import draw_cohort, load_phantom

    phantom = load_phantom("scar")
    drawn = cohort_dataset(draw_cohort(phantom, 0, 5, "plain", 64), phantom.classes)
    assert drawn.images((0,)).where(0) is None
    assert dataset.images((0,)).where(0) is not None
