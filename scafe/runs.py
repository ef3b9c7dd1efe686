"""A run on disk, to be read: where it stands, its events, revisions, scores and bundle."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scafe.agent.record.evidence import sound_lines
from scafe.agent.record.outcome import finished, gate_of
from scafe.agent.record.revisions import Revision, list_revisions, read_revision, read_source
from scafe.agent.record.run_folder import RunFolder, RunInfo, find_run
from scafe.agent.record.trace import EVENTS, read_lines
from scafe.agent.settings.settings import load_settings
from scafe.evals.disclosure.bench import Opened
from scafe.knowledge.contract.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from scafe.bundles import Bundle

Event = dict[str, Any]


class Run:
    """One run on disk; `run`, `demo`, `resume` and `load_run` return it. Nothing is held, all is read again.

    Parameters
    ----------
    folder : RunFolder
        An existing run folder.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def __repr__(self) -> str:
        return f"<scafe.Run {self.path}: {self.status}>"

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    @property
    def name(self) -> str:
        """Name of the run folder."""
        return self.path.name

    @property
    def info(self) -> RunInfo:
        """The head of the run: status, start, seed, configuration, versions."""
        return self._folder.info()

    @property
    def status(self) -> str:
        """One of running, waiting, interrupted, frozen, no_acceptable_set."""
        return self.info.status

    @property
    def why(self) -> str:
        """Why it waits, stopped or found no set; '' if there is nothing to say."""
        return self.info.why

    @property
    def waits_at(self) -> str | None:
        """The gate where a person decides next: plan, freeze or seal; None if it does not wait at one."""
        return gate_of(self.why) if self.status == "waiting" else None

    @property
    def summary(self) -> tuple[str, ...]:
        """How it ended in five lines; of a run that has not ended, why, and how to go on."""
        done = finished(self.path) if (self.path / EVENTS).exists() else None
        if done is not None and done.summary:
            return done.summary
        return (self.why,) if self.why else ()

    @property
    def scores(self) -> Opened | None:
        """The headline: AUC of the held-out test set with its 95 % interval, and the controls beside it.

        None before the held-out part was opened. Where `sealed` is false the data was too small for a
        held-out part, and the numbers are one cross-validation in which labels selected nothing.
        """
        for line in sound_lines(self.events(), self.path / EVENTS):
            if line["kind"] == "seal_opened":
                return Opened.model_validate({key: line[key] for key in Opened.model_fields if key in line})
        return None

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """Every revision by criterion and number, each with verdict, disclosed score card and standing."""
        return list_revisions(self._folder)

    @property
    def bundle(self) -> "Bundle | None":
        """The frozen bundle; None if nothing was frozen."""
        from scafe.bundles import load_bundle

        return load_bundle(self._folder.frozen) if self._folder.frozen.is_dir() else None

    @property
    def report(self) -> Path | None:
        """The report as HTML; None before it was written."""
        path = self.path / "report.html"
        return path if path.is_file() else None

    def events(self) -> Iterator[Event]:
        """Yield the events of the trace in order, checking the chain of hashes on the way.

        Raises
        ------
        IntegrityError
            At the first line that was edited or removed.

        Examples
        --------
        >>> import scafe
        >>> next(scafe.load_run("runs/reference/builtin").events())["kind"]
        'run_started'
        """
        path = self.path / EVENTS
        if path.exists():
            yield from read_lines(path)

    def revision(self, name: str) -> Revision:
        """Return one revision by name, e.g. `height/r001`; InputError names those that it could be."""
        return read_revision(self._folder, name)

    def source(self, revision: str | Revision) -> str:
        """Return the Python source of a revision; IntegrityError if it is not what was recorded."""
        held = self.revision(revision) if isinstance(revision, str) else revision
        return read_source(self._folder, held)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row for each feature of each revision that was probed.

        Returns
        -------
        pandas.DataFrame
            Columns criterion, revision, feature, operator, round, standing, accepted, stability,
            worst_perturbation, missing.

        Raises
        ------
        InputError
            pandas is not installed; it is none of ScaFE's own dependencies.
        """
        try:
            import pandas as pd
        except ImportError:
            raise InputError("to_frame needs pandas; pip install pandas") from None
        return pd.DataFrame(list(self._rows()), columns=list(FRAME))

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for one in self.revisions:
            head = (one.criterion, one.name)
            for found in one.verdict.features if one.verdict else ():
                made = (one.operator, one.round, one.standing, found.accepted)
                yield (*head, found.name, *made, found.stability, found.worst_perturbation, found.missing)

    def _repr_html_(self) -> str:
        """Show headline, features and verdicts in a notebook."""
        from scafe.pages import run_page

        features = self.bundle.features if self.bundle else ()
        return run_page(
            f"{self.name}: {self.status.replace('_', ' ')}", self.summary, features, self.revisions
        )


FRAME = (
    "criterion",
    "revision",
    "feature",
    "operator",
    "round",
    "standing",
    "accepted",
    "stability",
    "worst_perturbation",
    "missing",
)
"""Columns of `Run.to_frame`."""


def load_run(path: str | Path, *, out: str | Path | None = None) -> Run:
    """Open a run to read it.

    Parameters
    ----------
    path : str or path
        The run folder; or its name, a part of it that fits one run only, or `last`.
    out : str or path, optional
        Folder that run folders are in, for names; as configured if none is given.

    Returns
    -------
    Run
        With `status`, `revisions`, `events()`, `scores`, `bundle`, `to_frame()`.

    Raises
    ------
    InputError
        No such run, a folder that is none, or a run of a newer ScaFE.

    Examples
    --------
    >>> import scafe
    >>> found = scafe.load_run("runs/reference/builtin")
    >>> found.status, len(found.revisions), found.scores.sealed
    ('frozen', 7, False)
    >>> found.revision("height/r001").verdict.is_acceptable
    True
    >>> scafe.load_run("no-such-run")
    Traceback (most recent call last):
        ...
    scafe.knowledge.contract.errors.InputError: no run 'no-such-run' under runs; see `scafe runs list`
    """
    root = Path(out) if out is not None else Path(load_settings().settings.out)
    return Run(find_run(root, str(path)))
