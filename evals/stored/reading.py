"""A stranger's classifier is read in a process of its own, behind the wall, with a deadline.

What comes back is checked again here: a process that was taken over may answer anything.
"""

import signal
import subprocess
import sys
import tempfile
import threading
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from scafe.evals.stored.saved_forest import SavedForest
from scafe.evals.stored.saved_model import SavedModel
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.pool.process import environment

MODULE: Final = "scafe.evals.processes.classifier"
NAME: Final = "classifier.skops"
"""What the process calls the file."""
MOST_FILE_BYTES: Final = 16 << 20
"""A classifier of 20 features has 4 kB."""
MOST_ANSWER_BYTES: Final = 64 << 20
SECONDS: Final = 60.0
"""Reading takes a third of a second, most of it the start of Python; slow machines get their time."""


class Told(BaseModel):
    """What the reading process answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: SavedModel | None = None
    forest: SavedForest | None = None
    fault: str = ""


def read_apart(
    data: bytes, where: str, *, seconds: float = SECONDS, module: str = MODULE
) -> SavedModel | SavedForest:
    """Read a classifier's file in a process of its own.

    Parameters
    ----------
    data : bytes
    where : str
        Names the file in messages.
    seconds : float
        After which the process is killed.
    module : str
        What runs there.

    Raises
    ------
    IntegrityError
        The file is not what `dump_classifier` writes, or the process died, ran out of time or answered
        something else.
    """
    if len(data) > MOST_FILE_BYTES:
        raise IntegrityError(f"{where} has {len(data):,} bytes; at most {MOST_FILE_BYTES:,} are read")
    answer, ended = _asked(data, seconds, module)
    try:
        told = Told.model_validate_json(answer)
    except ValidationError:
        raise IntegrityError(
            f"{where} could not be read: the process that reads it {ended}; "
            "do not use it: ask for the bundle again from where it was frozen"
        ) from None
    found = told.model or told.forest
    if found is None:
        raise IntegrityError(where + told.fault.removeprefix(NAME))
    return found


def _asked(data: bytes, seconds: float, module: str) -> tuple[bytes, str]:
    """Return what the process said, and how it ended in words."""
    with tempfile.TemporaryFile() as file:  # without a name: nothing to remove, whatever ends this process
        file.write(data)
        file.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", module],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(0),
            cwd="/",
        )
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    with process:
        try:
            answer = process.stdout.read(MOST_ANSWER_BYTES) if process.stdout else b""
            if len(answer) == MOST_ANSWER_BYTES:
                process.kill()
            process.wait()
        finally:
            timer.cancel()
            process.kill()
    return answer, _ended(process.returncode)


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with code {code} and no answer that can be used"
    return f"was ended by {signal.Signals(-code).name}" + (
        " (its time was up, or the memory)" if code == -signal.SIGKILL else ""
    )
