"""Begin a run or go on with one, from Python.

A run goes on in a process of its own: the process that calls these functions never holds a model's
client, so it may hold images (`tests/test_layers.py` holds the files of `scafe/` to it).

>>> import scafe
>>> scafe.run("scar.vss", "no/such/photos", approve="auto", out="no/such/runs")
Traceback (most recent call last):
    ...
scafe.knowledge.contract.errors.DatasetError: no/such/photos: there is no such file or folder; ...
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Unpack

from scafe.agent.record.run_folder import RunFolder
from scafe.agent.settings.run_config import configured, configured_demo
from scafe.agent.settings.settings import load_settings
from scafe.agent.terminal.run_apart import resume_apart, start_apart
from scafe.knowledge.contract.errors import InputError
from scafe.runs import Run, load_run
from scafe.settings import RunSettings

Hear = Callable[[dict[str, Any]], None]
MIN_PATIENTS = 5
"""Fewest patients per class: one for each of five folds."""


def run(
    pack: str | Path,
    data: str | Path,
    *,
    model: str | None = None,
    labels: Sequence[str] = (),
    ignore_columns: Sequence[str] = (),
    patient_column: str | None = None,
    seed: int | None = None,
    approve: Literal["ask", "auto", "never"] | None = None,
    max_calls: int | None = None,
    out: str | Path | None = None,
    on_event: Hear | None = None,
    **settings: Unpack[RunSettings],
) -> Run:
    """Search, freeze and report on your own images; what `scafe run` does.

    Images, masks and labels stay in a process that no model's client is loaded in. What is not given
    comes from `SCAFE_*`, then scafe.toml, then the defaults that `scafe config show` prints.

    Parameters
    ----------
    pack, data : str or path
        Id of a criteria pack or path of a YAML file; folder with one folder per class, or manifest.
    labels, ignore_columns, patient_column : optional
        Classes, positive first (empty: the pack's); columns to pass over, and that of the patient.
    model, seed, max_calls, out : optional
        Who drafts (builtin, openai:NAME, ...), the seed, the cap on calls, the folder of run folders.
    approve, on_event : optional
        Under `ask` the run waits where a person decides (`Run.waits_at`); is told every event as a dict.
    **settings
        Any other setting, by the names of `RunSettings`.

    Returns
    -------
    Run
        Frozen, without an acceptable set, or waiting for a person: see `Run.status`.

    Raises
    ------
    InputError
        What was given cannot be used. Nothing stays behind.
    IntegrityError, SandboxError, ModelError, KeyboardInterrupt
        The run stays, and can be resumed once the cause is gone.
    """
    typed = {"model": model, "seed": seed, "approve": approve, "max_calls": max_calls, "out": out, **settings}
    columns = {"ignore_columns": tuple(ignore_columns), "patient_column": patient_column}
    config = configured(typed, pack=str(pack), data=str(data), labels=_classes(labels), **columns)
    return Run(RunFolder(start_apart(config, on_event, _say)))


def demo(
    *,
    seed: int | None = None,
    flavour: Literal["plain", "null", "shortcut_ruler", "shortcut_camera"] = "plain",
    patients_per_class: int = 80,
    max_calls: int | None = None,
    out: str | Path | None = None,
    on_event: Hear | None = None,
) -> Run:
    """Run the whole method on synthetic scars: no key, no network, no data; what `scafe demo` does.

    Parameters
    ----------
    seed : int, optional
        Decides cohort, splits and drafts.
    flavour : {'plain', 'null', 'shortcut_ruler', 'shortcut_camera'}
        Overlapping classes, no difference at all, or a shortcut to fall for.
    patients_per_class : int
        At least 5. Below 80 nothing is held out, and labels steer nothing: quick to look at, good for
        nothing else.
    max_calls : int, optional
        Cap on calls of the built-in drafter, at least 3.
    out, on_event
        As for `run`.

    Returns
    -------
    Run
        A finished run. Its scores are those of synthetic scars and say nothing about patients.

    Raises
    ------
    InputError
        A value that cannot be used: what was met, and what was expected.
    """
    if patients_per_class < MIN_PATIENTS:
        raise InputError(
            f"patients_per_class is {patients_per_class}; a cohort needs at least {MIN_PATIENTS}, one for "
            "each of five folds"
        )
    typed = {"seed": seed, "max_calls": max_calls, "out": out}
    config = configured_demo(typed, flavour=flavour, n_per_class=patients_per_class)
    return Run(RunFolder(start_apart(config, on_event, _say)))


def resume(
    run: str | Path | Run,
    *,
    name: str = "",
    meaning: str = "",
    drop: Sequence[str] = (),
    reject: bool = False,
    trust: Literal["known", "endpoint", "all"] = "known",
    out: str | Path | None = None,
    on_event: Hear | None = None,
) -> Run:
    """Go on with a run that was killed, interrupted or waits; nothing that was paid for is asked again.

    Parameters
    ----------
    run, out, on_event
        A `Run`, or what `load_run` takes, with the folder of run folders; as for `run`.
    name, meaning : str
        Who decides at the gate where the run waits, and what the name stands for ('': reviewed and
        approved); recorded with the time.
    drop : sequence of str
        Criteria (at the plan) or features (at the freeze) to strike out.
    reject : bool
        Decide against it.
    trust : {'known', 'endpoint', 'all'}
        How far to follow a run that you neither started nor adopted here: not at all; to its endpoint, which
        gets your key, if it names nothing else; or to all that `scafe runs adopt RUN --dry-run` lists.

    Raises
    ------
    InputError
        No such run, one that is not yours or being written, or a decision that does not fit.
    IntegrityError
        Something in the folder is not what was recorded.

    Examples
    --------
    >>> import scafe
    >>> scafe.resume("runs/reference/builtin", drop=["height"])
    Traceback (most recent call last):
        ...
    scafe.knowledge.contract.errors.InputError: a decision needs a name: who decides is recorded; ...
    """
    held = run if isinstance(run, Run) else load_run(run, out=out)
    given = {"meaning": meaning, "drop": tuple(drop), "reject": reject}
    if any(given.values()) and not name:
        raise InputError("a decision needs a name: who decides is recorded; add name='...'")
    decided = {"name": name, **given} if name else None
    checkpoints = load_settings().settings.checkpoints if held.info.config.get("checkpoints") else None
    return Run(RunFolder(resume_apart(held.path, decided, checkpoints, trust, on_event, _say)))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _classes(labels: Sequence[str]) -> tuple[str, ...]:
    if isinstance(labels, str) or (labels and len(set(labels)) < 2) or len(set(labels)) != len(labels):
        raise InputError(f"labels is {labels!r}; expected at least two different classes, e.g. ['mel', 'nv']")
    return tuple(labels)
