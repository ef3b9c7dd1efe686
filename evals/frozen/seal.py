"""The held-out test set: scored once. The attempt burns it, whatever comes of the attempt.

The marker is on disk before the first sealed image is looked at, so a crash, a SIGKILL or a power cut in
the middle leaves a burnt seal without an answer, and a second opening is refused.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from scafe.evals.data.features import write_atomically
from scafe.evals.disclosure.bench import Opened
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.bundle import Bundle, canonical_json, open_bundle
from scafe.evals.frozen.sealed_score import compute_headline
from scafe.evals.scoring.headline import Headline
from scafe.knowledge.contract.errors import IntegrityError, SealError

MARKER = "seal.json"
HEADLINE = "headline.json"


def open_seal(session: BenchSession, bundle: str, actor: str) -> Opened:
    """Score a bundle on the held-out test set, once.

    Where the data is too small to seal, the same figures come from one cross-validation in blind mode,
    where no label chose anything, and nothing is burnt.

    Parameters
    ----------
    session : BenchSession
    bundle : str
        Folder of the bundle.
    actor : str
        Who opens; recorded, and told to whoever tries again.

    Raises
    ------
    SealError
        It was opened before (when, and by whom), or the bundle was frozen on other data.
    IntegrityError
        A file of the bundle is not what was frozen.
    """
    opened = open_bundle(bundle)
    _require_same_data(session, opened)
    if session.split.is_sealed:
        _burn(session, opened, actor)
    headline = compute_headline(session, opened)
    write_atomically(session.folder / HEADLINE, canonical_json(headline))
    return summary(headline, opened)


def read_headline(session: BenchSession) -> Headline:
    """Return what the opening said, for the report.

    Raises
    ------
    SealError
        The seal was not opened yet, or the attempt ended without an answer.
    """
    path = session.folder / HEADLINE
    try:
        return Headline.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise SealError(
            "there is no held-out result yet; score the held-out test set first. If an attempt was cut off, "
            "the set is used up: draw new patients, or report the development score as optimistic"
        ) from None
    except ValidationError as error:
        raise IntegrityError(
            f"{path} is not a headline ({error.error_count()} faults); it was changed"
        ) from None


def find_headline(session: BenchSession) -> Headline | None:
    """Return what the opening said; None if the seal is closed, or was burnt without an answer."""
    return read_headline(session) if (session.folder / HEADLINE).exists() else None


def summary(headline: Headline, bundle: Bundle) -> Opened:
    """Shorten a headline to what the command line shows."""
    model, voids = headline.model, headline.controls.voids
    return Opened(
        auc=model.auc.value,
        low=model.auc.low,
        high=model.auc.high,
        baseline_auc=headline.baseline.auc.value,
        permuted_auc=headline.permuted.auc,
        dev_auc=bundle.manifest.development.auc,
        sealed=headline.sealed,
        difference=headline.difference.auc.value,
        difference_low=headline.difference.auc.low,
        difference_high=headline.difference.auc.high,
        voided="; ".join(f"{one.name}: {one.result}" for one in voids) or None,
    )


def _require_same_data(session: BenchSession, bundle: Bundle) -> None:
    frozen, now = bundle.manifest.data_sha256, session.facts.data_sha256
    if frozen != now:
        raise SealError(
            f"the bundle was frozen on data {frozen[:12]}…, this bench holds {now[:12]}…; "
            "open the seal of the run that froze it"
        )


def _burn(session: BenchSession, bundle: Bundle, actor: str) -> None:
    """Put the marker on disk, or refuse because it is there."""
    path = session.folder / MARKER
    record = {
        "actor": actor,
        "bundle": bundle.sha256,
        "data_sha256": session.facts.data_sha256,
        "opened_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "scorer_sha256": session.facts.scorer_sha256,
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SealError(_already(path)) from None
    with os.fdopen(handle, "wb") as file:
        file.write((json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _already(path: Path) -> str:
    try:
        record = json.loads(path.read_bytes())
        told = f"at {record['opened_at']} by {record['actor']}, for bundle {record['bundle'][:12]}…"
    except (ValueError, KeyError, TypeError):
        told = "before, by an attempt that was cut off while it wrote its name"
    return (
        f"the held-out test set was opened {told}; it can be scored once, and a failed attempt counts. "
        "Draw new patients for another test"
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
