"""Which column of a manifest means what: one table of names, and a refusal for every other column.

A column that nobody reads is the one fault that no later check can find: without `patient_id` a patient
lands on both sides of the split, without `mask` the whole image is measured.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scafe.knowledge.contract.errors import DatasetError

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "path": (
        *("path", "file", "filename", "filepath", "image", "imagepath", "imagefile", "imagefilename"),
        *("img", "imgpath", "imgfile", "imagename", "fname"),
    ),
    "label": ("label", "labels", "class", "classlabel", "classname", "diagnosis", "dx", "target"),
    "mask": (
        *("mask", "maskpath", "maskfile", "maskfilename", "maskfilepath"),
        *("segmentation", "segmentationpath", "segmentationfile", "seg", "segpath", "segfile"),
    ),
    "patient_id": (
        *("patientid", "patient", "patients", "patientnumber", "patientno", "pid"),
        *("subject", "subjectid", "participant", "participantid", "mrn"),
    ),
}
"""Meaning -> names, without case, blanks, underscores, hyphens and dots."""
TEXT = "text"
"""Meaning of a column of reports or notes; it has no name of its own, and is read where one was said."""
SCORE = "score:"
"""How the meaning of a column of experts' scores begins: `score:height@r1`."""
NOT_A_PATIENT = ("lesion", "lesionid", "caseid", "case", "studyid", "studyinstanceuid", "seriesinstanceuid")
"""What is often taken for a patient, though one patient may have several."""
NOT_A_PATH = ("imageid", "isicid", "id", "imgid", "sopinstanceuid")
"""What names an image without naming its file."""


@dataclass(frozen=True)
class ColumnChoice:
    """What a person said about the columns of a manifest."""

    ignore: tuple[str, ...] = ()
    """Columns to pass over (`--ignore-columns`)."""
    patient: str | None = None
    """The column that names the patient, whatever it is called (`--patient-column`)."""
    criteria: tuple[str, ...] = ()
    """Criteria of a pack: a column named after one, or `height@r1`, holds experts' scores of it."""
    text: str | None = None
    """The column that holds a report or notes of each image (`--text-column`)."""


def understood(
    found: Sequence[str], where: str, channels: Sequence[str] = (), choice: ColumnChoice | None = None
) -> dict[str, str]:
    """Return found name -> meaning, for every column that is read.

    Parameters
    ----------
    found : sequence of str
        The head of the manifest.
    where : str
        Names the manifest in errors.
    channels : sequence of str
        Channels that may come from a column `path_<channel>` each.
    choice : ColumnChoice, optional
        Columns to pass over, and the one that names the patient.

    Raises
    ------
    DatasetError
        A column is not known, or two mean the same; with the nearest name and the way out.
    """
    chosen = choice or ColumnChoice()
    meanings = _meanings(channels)
    if chosen.patient is not None:
        _require_there(chosen.patient, found, where, "--patient-column")
        meanings = {**meanings, plain(chosen.patient): "patient_id"}
    if chosen.text is not None:
        _require_there(chosen.text, found, where, "--text-column")
        if meant := meanings.get(plain(chosen.text)):
            raise DatasetError(
                f"{where}: --text-column {chosen.text}: this column means {meant!r}, not a text"
            )
        meanings = {**meanings, plain(chosen.text): TEXT}
    kept = _kept(found, chosen.ignore)
    meanings |= {plain(name): meant for name in kept if (meant := score_meaning(name, chosen.criteria))}
    strangers = [name for name in kept if plain(name) not in meanings]
    if strangers:
        raise DatasetError(f"{where}: {_refusal(strangers, meanings)}")
    read = {name: meanings[plain(name)] for name in kept}
    _require_different(read, kept, where)
    return read


def _kept(found: Sequence[str], ignore: Sequence[str]) -> list[str]:
    """Leave out what a name says exactly, or else what is alike: of `ID` and `id` one can be passed over."""
    exact = {name.strip() for name in ignore} & {name.strip() for name in found}
    alike = {plain(name) for name in ignore} - {plain(name) for name in exact}
    return [name for name in found if name.strip() not in exact and plain(name) not in alike]


def plain(name: str) -> str:
    """Return a column's name as it is compared.

    >>> plain(" Patient-ID ") == plain("patient_id") == plain("PatientID")
    True
    """
    return re.sub(r"[\s_.\-]+", "", name).casefold()


def score_meaning(name: str, criteria: Sequence[str]) -> str:
    """Return what a column of experts' scores means, or '' if it is none.

    >>> score_meaning("Height @ R1", ["height"])
    'score:height@r1'
    """
    criterion, _, rater = name.partition("@")
    for one in criteria:
        if plain(one) == plain(criterion):
            return f"{SCORE}{one}@{plain(rater)}"
    return ""


def known_share(names: Sequence[str]) -> int:
    """Count the names that have a meaning; tells the head of a table from a line that was cut wrongly."""
    meanings = _meanings(())
    strange = {*NOT_A_PATIENT, *NOT_A_PATH}
    return sum(
        plain(name) in meanings or plain(name) in strange or plain(name).startswith("path") for name in names
    )


def _meanings(channels: Sequence[str]) -> dict[str, str]:
    named = {name: meaning for meaning, names in SYNONYMS.items() for name in names}
    return {**named, **{plain(f"path_{channel}"): f"path_{channel}" for channel in channels}}


def _require_there(name: str, found: Sequence[str], where: str, option: str) -> None:
    if plain(name) not in {plain(one) for one in found}:
        raise DatasetError(f"{where}: has no column {name!r} that {option} names, but {_listed(found)}")


def _require_different(read: Mapping[str, str], kept: Sequence[str], where: str) -> None:
    for meaning in dict.fromkeys(read.values()):
        same = [name for name in kept if read[name] == meaning]
        if len(same) > 1:
            raise DatasetError(
                f"{where}: the columns {same[0]!r} and {same[1]!r} both mean {meaning!r}; "
                "remove one, or pass it over with --ignore-columns"
            )
    if "path" in read.values() and (several := [one for one in read.values() if one.startswith("path_")]):
        raise DatasetError(
            f"{where}: has both a column 'path' and {several[0]!r}; an image comes from one file, or from "
            "one file per channel: remove one of the two, or pass it over with --ignore-columns"
        )


def _refusal(strangers: Sequence[str], meanings: Mapping[str, str]) -> str:
    first = strangers[0]
    ignore = f"pass it over with --ignore-columns {','.join(name.strip() for name in strangers)}"
    if not first.strip():
        return (
            "a column has no name; name it, or leave it out (pandas: to_csv(..., index=False)) "
            "if it only counts the rows"
        )
    if plain(first) in NOT_A_PATIENT:
        return (
            f"the column {first!r} does not name a patient: one patient may have several, and would then be "
            f"on both sides of the split. Name patients in 'patient_id'; or say --patient-column "
            f"{first.strip()} if each is a patient of its own; or {ignore}"
        )
    if plain(first) in NOT_A_PATH:
        return (
            f"the column {first!r} names an image but not its file; write a column 'path' with file names, "
            f"and {ignore}"
        )
    near = difflib.get_close_matches(plain(first), list(meanings), n=1, cutoff=0.6)
    hint = f"did you mean {meanings[near[0]]!r}? " if near else ""
    known = ", ".join(dict.fromkeys(meanings.values()))
    return f"the column {first!r} is not known; {hint}Known are {known}. Rename it, or {ignore}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
