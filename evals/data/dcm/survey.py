"""Which rows of the table a file meets; what stands in none, or in a refused one, is an error."""

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.dcm.calls import library
from scafe.evals.data.dcm.header import Header
from scafe.evals.data.dcm.rows.rule import Kind, Rule
from scafe.evals.data.dcm.rows.table import RULES
from scafe.knowledge.contract.errors import DatasetError

LONGEST = 60
"""Characters of a value that an error shows."""


def survey(header: Header, flat: Any, where: str) -> frozenset[Attribute]:
    """Return the rows that a file meets.

    Parameters
    ----------
    header : Header
        Tells which elements there are, known to pydicom or not.
    flat : pydicom Dataset
        Elements of the one frame, those of its functional groups beside those of the top level.

    Raises
    ------
    DatasetError
        An attribute, or a value of one, that is refused or stands in no row.
    """
    kind: Kind = (
        "grey" if str(flat.get("PhotometricInterpretation", "")).startswith("MONOCHROME") else "colour"
    )
    met = {_met(("TransferSyntaxUID", header.syntax), "colour", where)}
    for keyword, value in _elements(header, flat, where):
        met.add(_met((keyword, value), kind, where))
    return frozenset(met)


def _elements(header: Header, flat: Any, where: str) -> Iterator[tuple[str, str]]:
    from pydicom.datadict import keyword_for_tag

    for tag in sorted({*header.guarded, *(int(tag) for tag in flat.keys())}):
        keyword = keyword_for_tag(tag)
        if tag & 0xFFFF == 0 or keyword in ("SOPClassUID", "PatientID", "SpecificCharacterSet"):
            continue
        name = keyword or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        with library(where, f"the DICOM attribute {name} is damaged", "correct it or leave the file out"):
            value = _text(flat, tag)
        if value is not None:
            yield name, value


def _text(flat: Any, tag: int) -> str | None:
    """Return a value in words; None if the element is empty and therefore says nothing."""
    if tag not in flat:
        return ""
    element = flat[tag]
    if element.is_empty:
        return None
    if element.VR in ("SQ", "OB", "OW", "OF", "OD", "UN", "OB or OW"):
        return ""
    parts = element.value if element.VM > 1 else [element.value]
    return "\\".join(_word(part) for part in parts)


def _word(part: Any) -> str:
    if isinstance(part, int | float) and math.isfinite(part):
        return f"{float(part):g}"
    return str(part).strip().upper()


def _met(found: tuple[str, str], kind: Kind, where: str) -> Attribute:
    keyword, value = found
    fitting = [rule for rule in _rules().get(keyword, ()) if rule.kind in ("", kind)]
    exact = [rule for rule in fitting if value in rule.values]
    rest = [rule for rule in fitting if not rule.values]
    for rule in exact or rest:
        if rule.attribute.standing != "refused":
            return rule.attribute
        raise DatasetError(f"{where}: DICOM {_shown(keyword, value)} is refused: {rule.attribute.what}")
    known = f"; it may be {', '.join(v for rule in fitting for v in rule.values)}" if fitting else ""
    raise DatasetError(
        f"{where}: DICOM {_shown(keyword, value)} may change the picture and is not understood{known}; "
        "export the picture as PNG or TIFF, or leave the file out"
    )


def _shown(keyword: str, value: str) -> str:
    clean = "".join(sign if sign.isprintable() else "�" for sign in value)
    short = clean if len(clean) <= LONGEST else clean[:LONGEST] + "…"
    return f"{keyword} = {short}" if short else keyword


@cache
def _rules() -> defaultdict[str, list[Rule]]:
    found: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in RULES:
        for keyword in rule.keywords:
            found[keyword].append(rule)
    return found
