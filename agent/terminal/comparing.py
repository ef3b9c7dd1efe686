"""A comparison from what was asked for: ScaFE's own searches first, then a process that holds the images."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from scafe.agent.record.outcome import finished
from scafe.agent.record.run_folder import RunFolder
from scafe.agent.settings.run_config import RunConfig
from scafe.agent.settings.settings import load_settings, patience_with
from scafe.agent.terminal.offline import clean_environment, host_words
from scafe.agent.terminal.run_apart import resume_apart, start_apart
from scafe.agent.terminal.spent import Spent
from scafe.knowledge.contract import errors
from scafe.knowledge.contract.masks import LOCATORS

MODULE = "scafe.evals.processes.compare"
SEARCHES: tuple[tuple[str, Literal["loop", "best_of_n"]], ...] = (
    ("scafe", "loop"),
    ("scafe-best-of-n", "best_of_n"),
)
MAX_CALLS = 24
"""Drafts of each search (0: none is made); the studies of `benchmarks/studies` give as many."""
ASKING = "scafe.agent.peers.asking"
Hear = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Asked:
    """What is compared, and how."""

    data: str
    pack: str
    out: Path
    bundle: str | None = None
    """A frozen bundle; none: two searches without a label by the built-in drafter."""
    peers: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    draws: int | None = None
    labels: tuple[str, ...] = ()
    seed: int = 0
    segment: str = "none"
    mask_label: int | None = None
    locator: str | None = None
    """What finds masks that are not given; none: as the bundle had it, and else the reference locator."""
    ignore_columns: tuple[str, ...] = ()
    patient_column: str | None = None
    text_column: str | None = None
    """The column of reports or notes, for the row that reads them."""
    networks: str | None = None
    max_calls: int = MAX_CALLS
    model: str | None = None
    """openai:NAME, for the rows that ask a language model."""
    base_url: str | None = None
    allow: Literal["none", "features", "pixels"] = "none"
    """What may leave to that model, at most."""
    max_questions: int | None = None
    max_reply_tokens: int | None = None
    """Longest reply to a question; none: as the process that asks has it."""
    host: Mapping[str, Any] = field(default_factory=dict)
    """Workers, sandbox, allow_weaker_sandbox, as typed."""

    @property
    def model_name(self) -> str:
        """Name of the model at its endpoint.

        Raises
        ------
        SettingsError
            The spec is not openai:NAME.
        """
        kind, _, name = (self.model or "").partition(":")
        if kind != "openai" or not name:
            raise errors.SettingsError(f"--model {self.model}: a comparison asks openai:NAME")
        return name

    @property
    def asked_folder(self) -> Path:
        """Questions, answers and journal of one model."""
        told = f"{self.model}\0{self.base_url}"
        return self.out / "asked" / hashlib.sha256(told.encode()).hexdigest()[:12]


def compare_apart(asked: Asked, hear: Hear, say: Callable[[str], None]) -> dict[str, Any]:
    """Compare, and return the document: the table, the seconds of each row, and what all of it took.

    Parameters
    ----------
    asked : Asked
    hear : callable
        Is told how far it is: step, done, of, seconds_left.
    say : callable
        Is told sentences.

    Raises
    ------
    ScafeError
        Whatever fault a process reports; what was computed stays, and the same call goes on.
    """
    _require_readable(asked)
    spent = Spent()
    with spent.on("searches"):
        words = _words(asked, *_ours(asked, say))
    with spent.on("rows"):
        document = _process(words, hear)
    if document["waiting"] and asked.model is not None:
        with spent.on("questions"):
            _asked_as_far_as_it_goes(asked, document["waiting"], hear, say)
        with spent.on("rows"):
            document = _process(words, hear)
    return {**document, "took": spent.told()}


def _ours(asked: Asked, say: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """Return NAME=BUNDLE of ScaFE's rows, and NAME=REASON of those that could not be made."""
    if asked.bundle is not None:
        return [f"scafe={asked.bundle}"], []
    bundles, absent = [], []
    for name, search in SEARCHES if asked.max_calls else ():
        say(f"{name}: a search without labels by the built-in drafter, {asked.max_calls} drafts")
        run = _searched(asked, search)
        frozen = RunFolder(run).frozen
        if frozen.is_dir():
            bundles.append(f"{name}={frozen}")
        else:
            absent.append(f"{name}=no feature passed its probes: {_why(run)}")
    return bundles, absent


def _asked_as_far_as_it_goes(asked: Asked, number: int, hear: Hear, say: Callable[[str], None]) -> None:
    """Ask; an endpoint that goes leaves what it answered."""
    try:
        _ask(asked, number, hear, say)
    except errors.ModelError as error:
        say(f"{error} What was answered stays; the same command asks the rest.")


def _ask(asked: Asked, number: int, hear: Hear, say: Callable[[str], None]) -> None:
    """Send the questions, in a process that holds a model's client and no data set."""
    say(f"{number} questions wait; --allow-{asked.allow} lets {asked.allow} of patients leave for them")
    request = {
        "folder": str(asked.asked_folder),
        "model": asked.model_name,
        **({"base_url": asked.base_url} if asked.base_url else {}),
        "consent": asked.allow,
        "never_send": [asked.data],
        "max_calls": asked.max_questions,
        **({"reply_tokens": asked.max_reply_tokens} if asked.max_reply_tokens else {}),
    }
    command = [sys.executable, "-P", "-m", ASKING]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # both are pipes
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        last: dict[str, Any] = {}
        with _ended_with_us(process):
            for line in process.stdout:
                last = json.loads(line)
                if "step" in last:
                    hear({**last, "seconds_left": None})
                elif "said" in last:
                    say(last["said"])
    if "error" in last:
        raise getattr(errors, last["error"]["kind"], errors.ScafeError)(last["error"]["message"])
    if "answered" not in last:
        raise errors.ModelError(f"the process that asks ended with code {process.returncode} and no answer.")


def _require_readable(asked: Asked) -> None:
    if asked.locator == "draft":
        raise errors.SettingsError(
            "--locator draft: a comparison drafts no locator; let `scafe run --locator draft` choose one, "
            "and name its bundle with --bundle"
        )
    own = None if asked.locator in (None, *LOCATORS) else asked.locator
    for path, what in (
        (own, "locator"),
        (asked.data, "data"),
        (asked.bundle, "bundle"),
        (asked.networks, "folder of networks"),
    ):
        if path is not None and not Path(path).exists():
            raise errors.DatasetError(f"{path}: there is no such {what}; check the path")


def _searched(asked: Asked, search: Literal["loop", "best_of_n"]) -> Path:
    """Return a finished run of a search, begun or gone on with where there is none."""
    config = _config(asked, search)
    begun = sorted(path for path in Path(config.out).glob("*") if (path / "run.json").is_file())
    if not begun:
        return start_apart(config, None, lambda told: None)
    return begun[0] if finished(begun[0]) else resume_apart(begun[0], say=lambda told: None)


def _config(asked: Asked, search: Literal["loop", "best_of_n"]) -> RunConfig:
    typed = {key: value for key, value in asked.host.items() if value is not None}
    settings = load_settings(typed).settings
    config = RunConfig(
        pack=asked.pack,
        data=str(Path(asked.data).resolve()),
        labels=asked.labels,
        segment=asked.segment,  # type: ignore[arg-type]  # pydantic checks it
        locator=_locator(asked),
        mask_label=asked.mask_label,
        ignore_columns=(*asked.ignore_columns, *([asked.text_column] if asked.text_column else [])),
        patient_column=asked.patient_column,
        seed=asked.seed,
        max_calls=asked.max_calls,
        feedback="blind",  # a feature chosen with labels would make the curve's left end untrue
        search=search,
        prior="declared",
        patience=patience_with("builtin"),
        approve="never",
        egress="none",
        workers=settings.workers,
        sandbox=settings.sandbox,
        allow_weaker_sandbox=settings.allow_weaker_sandbox,
        cache=str((asked.out / "store" / "runs").resolve()),
    )
    name = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:8]
    return config.model_copy(update={"out": str((asked.out / "runs" / f"{search}-{name}").resolve())})


def _locator(asked: Asked) -> str:
    """Return what finds masks in a search; a file by its full path, as a run keeps it."""
    given = asked.locator or "reference"
    return given if given in LOCATORS else str(Path(given).resolve())


def _why(run: Path) -> str:
    outcome = finished(run)
    return outcome.why if outcome is not None else "the search did not end"


def _words(asked: Asked, bundles: list[str], absent: list[str]) -> list[str]:
    given = {
        "--pack": asked.pack,
        "--out": str(asked.out),
        "--labels": ",".join(asked.labels),
        "--peers": ",".join(asked.peers),
        "--sizes": ",".join(map(str, asked.sizes)),
        "--draws": asked.draws,
        "--seed": asked.seed,
        "--segment": asked.segment,
        "--mask-label": asked.mask_label,
        "--locator": asked.locator,
        "--ignore-columns": ",".join(asked.ignore_columns),
        "--patient-column": asked.patient_column,
        "--text-column": asked.text_column,
        "--networks": asked.networks,
        "--allow": asked.allow,
        "--model": asked.model_name if asked.model else None,
        "--asked": str(asked.asked_folder) if asked.model else None,
    }
    words = [
        word for name, value in given.items() if value not in (None, "") for word in (f"{name}={value}",)
    ]
    rows = [f"--bundle={one}" for one in bundles] + [f"--absent={one}" for one in absent]
    return [asked.data, *words, *rows, *host_words(dict(asked.host))]


def _process(words: list[str], hear: Hear) -> dict[str, Any]:
    """Run the process that holds the images; its progress comes line by line."""
    command = [sys.executable, "-I", "-m", MODULE, *words, "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=clean_environment()
    ) as process:
        assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018  # both are pipes
        last = ""
        with _ended_with_us(process):
            for line in process.stderr:
                last = line.strip() or last
                _hand_on(line, hear)
            text = process.stdout.read()
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError:
        raise errors.SandboxError(
            f"the comparison ended with code {process.returncode} and no answer: "
            f"{last or 'it said nothing'}; what was computed stays, and the same command goes on"
        ) from None
    if "error" in document:
        raise getattr(errors, str(document["error"]), errors.ScafeError)(document["message"])
    return {**document, "exit_code": process.returncode}


@contextmanager
def _ended_with_us(process: "subprocess.Popen[str]") -> Iterator[None]:
    """End a process if the waiting for it ends: nothing goes on in the dark after an interrupt."""
    try:
        yield
    except BaseException:
        process.terminate()
        raise


def _hand_on(line: str, hear: Hear) -> None:
    try:
        told = json.loads(line)
    except ValueError:
        return
    if isinstance(told, dict) and "step" in told:
        hear(told)
