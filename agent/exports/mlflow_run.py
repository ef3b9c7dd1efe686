"""A run as a run of MLflow: parameters, metrics and artifacts, in a folder or on a server of this machine."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from scafe.agent.exports.needed import needed
from scafe.agent.exports.whole_run import WholeRun, metrics
from scafe.agent.record.seal import MOST_FILES, NOT_SEALED
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.contract.inside import walk_inside

LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?/?")
EXPERIMENT: Final = "scafe"
MOST_VALUE: Final = 500
"""Of a parameter; servers of older versions refuse longer ones."""
OWN: Final = frozenset({"data", "prompts", "prices", "cache", "checkpoints", "cluster", "out", "base_url"})
"""Settings that name places of this machine or a network: not handed on."""
QUIET: Final = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_ALLOW_FILE_STORE": "true"}


def write_mlflow(run: WholeRun, into: str) -> list[str]:
    """Log a run into a folder (as MLflow's file store) or to a server on loopback.

    Parameters
    ----------
    run : WholeRun
    into : str
        A path, or `http://127.0.0.1:PORT`.

    Raises
    ------
    InputError
        MLflow is not installed, or the server is not on this machine.
    """
    if "://" in into and not LOOPBACK.fullmatch(into):
        raise InputError(
            f"{into} is not on this machine; an export goes to a folder or to http://127.0.0.1:PORT"
        )
    with _quiet():
        tracking = needed("mlflow.tracking", "mlflow")
        place = into if "://" in into else Path(into).resolve().as_uri()
        client = tracking.MlflowClient(tracking_uri=place)
        known = client.get_experiment_by_name(EXPERIMENT)
        experiment = known.experiment_id if known else client.create_experiment(EXPERIMENT)
        return [_log(client, experiment, run)]


def _log(client: Any, experiment: str, run: WholeRun) -> str:
    made = client.create_run(
        experiment, run_name=run.folder.path.name, tags={"scafe.status": run.info.status}
    )
    name: str = made.info.run_id
    for key, value in run.info.config.items():
        if key not in OWN and value is not None:
            client.log_param(name, key, str(value)[:MOST_VALUE])
    for key, number in metrics(run):
        client.log_metric(name, key, number)
    for step, one in enumerate(run.happened.rounds.values()):
        if one.assessed is not None:
            client.log_metric(name, "round_gained", float(one.assessed.gained), step=step)
    for path in walk_inside(run.folder.path, MOST_FILES, NOT_SEALED):
        folder = path.rpartition("/")[0]
        client.log_artifact(name, str(run.folder.path / path), folder or None)
    client.set_terminated(name, "FINISHED" if run.happened.told.finished else "RUNNING")
    return name


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow from reporting its use while it is used here."""
    before = {name: os.environ.get(name) for name in QUIET}
    os.environ.update(QUIET)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
