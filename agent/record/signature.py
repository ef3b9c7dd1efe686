"""Signatures over a run's seal, by OpenSSH: who vouches for it, checked without any service.

The seal holds the head of the trace and the hash of every file, so a signature over its bytes covers the run:
a byte that is changed later is named by `verify_run`, and a seal that was written anew has no signature. Keys
are those that a person has for ssh or git; allowed signers are a file as `ssh-keygen(1)` describes it.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.record.run_folder import write_atomically
from scafe.agent.record.seal import SEAL, SIGNATURE, verify_run
from scafe.agent.record.trace import MOST_EVENT_BYTES
from scafe.knowledge.contract.errors import InputError, IntegrityError
from scafe.knowledge.contract.inside import read_inside

NAMESPACE: Final = "scafe-run"
"""Keeps a signature from being one over something else, e.g. a git commit."""
MOST_SIGNATURE: Final = 1 << 16
SECONDS: Final = 300
"""A key on a token waits for a touch, and one with a passphrase for a person."""


class Signed(BaseModel):
    """What a signature came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str = Field(description="principal of the file of signers; '' if the signature is not good")
    fault: str = Field(description="why it is not good; '' if it is")


def sign_run(folder: Path, key: Path) -> Path:
    """Sign a finished run that is unchanged since it was sealed; return the signature's file.

    Raises
    ------
    InputError
        No ssh-keygen, no such key, the run has no seal yet or is signed already, or signing did not work.
    IntegrityError
        The run is not what was sealed (the first fault is named).
    """
    check = verify_run(folder)
    if check.faults:
        raise IntegrityError(
            f"run {folder.name} is not what was sealed, and is not signed: {check.faults[0]}"
        )
    if not check.sealed:
        raise InputError(f"run {folder.name} is not finished, so there is no seal to sign")
    if (folder / SIGNATURE).exists():
        raise InputError(f"{folder / SIGNATURE} is there already; move it away to sign anew")
    if not key.is_file():
        raise InputError(f"{key}: no such key; name a private key, or a public one that an agent holds")
    with tempfile.TemporaryDirectory() as beside:
        copy = Path(beside) / SEAL
        copy.write_bytes(read_inside(folder, SEAL, MOST_EVENT_BYTES))
        done = _keygen("-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(copy))
        if done.returncode:
            raise InputError(f"ssh-keygen did not sign: {_last(done)}")
        write_atomically(folder / SIGNATURE, copy.with_name(f"{SEAL}.sig").read_bytes())
    return folder / SIGNATURE


def check_signature(folder: Path, signers: Path) -> Signed:
    """Check the signature over a run's seal against a file of allowed signers.

    Raises
    ------
    InputError
        No ssh-keygen, or no such file of signers.
    """
    if not signers.is_file():
        raise InputError(f"{signers}: no such file of allowed signers (see ssh-keygen(1), ALLOWED SIGNERS)")
    try:
        seal = read_inside(folder, SEAL, MOST_EVENT_BYTES)
        signature = read_inside(folder, SIGNATURE, MOST_SIGNATURE)
    except IntegrityError as error:
        return Signed(by="", fault=f"not signed: {error}")
    with tempfile.TemporaryDirectory() as beside:
        copy = Path(beside) / SIGNATURE
        copy.write_bytes(signature)
        found = _keygen("-Y", "find-principals", "-f", str(signers), "-s", str(copy))
        who = found.stdout.decode(errors="replace").strip().splitlines()
        if found.returncode or not who:
            return Signed(by="", fault=f"{SIGNATURE} is by nobody whom {signers} lists")
        words = ("-Y", "verify", "-f", str(signers), "-I", who[0], "-n", NAMESPACE, "-s", str(copy))
        good = _keygen(*words, stdin=seal)
    if good.returncode:
        return Signed(
            by="", fault=f"{SIGNATURE} is no signature of {who[0]} over this {SEAL}: it was changed"
        )
    return Signed(by=who[0], fault="")


def look_at_signature(folder: Path) -> Signed:
    """Check a signature without knowing whom to expect: whether some key made it over this seal, and which.

    Raises
    ------
    InputError
        No ssh-keygen.
    """
    try:
        seal = read_inside(folder, SEAL, MOST_EVENT_BYTES)
        signature = read_inside(folder, SIGNATURE, MOST_SIGNATURE)
    except IntegrityError as error:
        return Signed(by="", fault=f"not signed: {error}")
    with tempfile.TemporaryDirectory() as beside:
        copy = Path(beside) / SIGNATURE
        copy.write_bytes(signature)
        found = _keygen("-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(copy), stdin=seal)
    words = found.stdout.decode(errors="replace").split()
    key = next((word for word in words if word.startswith("SHA256:")), "")
    if found.returncode or not key:
        return Signed(by="", fault=f"{SIGNATURE} is no signature over this {SEAL}: one of them was changed")
    return Signed(by=f"key {key}", fault="")


def _keygen(*words: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    program = shutil.which("ssh-keygen")
    if program is None:
        raise InputError("ssh-keygen is not installed here; signatures need OpenSSH 8.1 or newer")
    try:
        return subprocess.run(
            [program, *words], input=stdin, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"ssh-keygen waited for more than {SECONDS} seconds") from None


def _last(done: "subprocess.CompletedProcess[bytes]") -> str:
    lines = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"it ended with {done.returncode}"
