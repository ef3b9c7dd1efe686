"""Criteria packs, and one extractor judged against one."""

from pathlib import Path

from scafe.knowledge.contract.errors import ContractError
from scafe.knowledge.contract.extractor import parse_extractor, read_module
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.knowledge.criteria.pack import load_pack as _load_pack
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.probes.cascade import judge
from scafe.sandbox.probes.verdict import Verdict


def load_pack(id_or_path: str | Path) -> CriteriaPack:
    """Load a criteria pack: clinical criteria as strict data, each with its citation.

    Parameters
    ----------
    id_or_path : str or path
        An id that `scafe criteria list` prints, or the path of a YAML file.

    Returns
    -------
    CriteriaPack
        `criteria` holds all of them, `observable_criteria` those that an image can show.

    Raises
    ------
    PackError
        Unknown id (with the nearest names), unreadable file, or a wrong field (field and line).

    Examples
    --------
    >>> import scafe
    >>> pack = scafe.load_pack("scar.vss")
    >>> pack.classes
    ('keloid', 'hypertrophic')
    >>> [one.id for one in pack.observable_criteria]
    ['vascularity', 'pigmentation', 'height']
    >>> scafe.load_pack("scar.vvs")
    Traceback (most recent call last):
        ...
    scafe.knowledge.contract.errors.PackError: no criteria pack 'scar.vvs'; did you mean scar.vss, ...
    """
    return _load_pack(str(id_or_path))


def probe(
    source: str | Path,
    pack: str | Path | CriteriaPack,
    criterion: str | None = None,
    *,
    seed: int = 0,
    whole: bool = False,
    workers: int = 2,
    allow_weaker_sandbox: bool = False,
) -> Verdict:
    """Judge one extractor on phantoms: whether it measures what it claims, and only that.

    Parameters
    ----------
    source : str or path
        The whole module as text, or a file that holds it (a `Path`).
    pack : str, path or CriteriaPack
        Where the extractor's criterion is defined.
    criterion : str, optional
        The criterion it should answer to; none: whichever it claims.
    seed, whole, workers, allow_weaker_sandbox
        What draws the phantoms, whether all are looked at also once it is rejected, how the sandbox runs.

    Returns
    -------
    Verdict
        A fault or unmet claim of the extractor is a finding in it, never an exception.

    Raises
    ------
    PackError, ContractError
        No such pack or criterion; the file is not text, or claims another criterion than `criterion`.
    SandboxError
        The sandbox itself fails, or this host cannot hold its walls.

    Examples
    --------
    >>> import scafe
    >>> verdict = scafe.probe("def extract(image, mask): return {}", "scar.vss")
    >>> verdict.is_acceptable
    False
    >>> verdict.findings[0].code
    'contract'
    """
    held = pack if isinstance(pack, CriteriaPack) else load_pack(pack)
    text = read_module(source) if isinstance(source, Path) else source
    if criterion is not None:
        _require_claim(text, held.criterion(criterion).id)
    with Pool(workers, allow_weaker=allow_weaker_sandbox) as pool:
        return judge(text, held, pool, seed, depth="whole" if whole else "decided")


def _require_claim(source: str, criterion: str) -> None:
    """Refuse a source that claims another criterion; one that claims none is for the probes to judge."""
    try:
        claimed = parse_extractor(source).criterion
    except ContractError:
        return
    if claimed != criterion:
        raise ContractError(
            f"the extractor claims {claimed!r}, and {criterion!r} was asked for; correct its CRITERION, or "
            "leave the argument away"
        )
