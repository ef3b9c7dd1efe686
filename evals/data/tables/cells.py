"""What one cell of a manifest says: as text, and whether it says anything; alike in CSV and Parquet."""

import datetime
import math
import re
from decimal import Decimal
from typing import Any

from scafe.knowledge.contract.errors import DatasetError

MISSING = frozenset(
    (
        *("", "-", "--", "na", "n/a", "nan", "none", "null", "nil", "<na>", "<nan>", "nat"),
        *("#n/a", "#na", "#value!", "#ref!", "#div/0!", "#num!", "#name?", "#null!"),
    )
)
"""What stands for nothing, in lower case: what pandas, R, SQL and spreadsheets write where a value lacks."""
WHOLE = re.compile(r"([+-]?\d+)\.0+")
"""A whole number that passed through floating point: pandas writes 7 so once a column misses a value."""
EXACT_IN_FLOAT = 2**53
"""From here on a float no longer tells two neighbouring whole numbers apart."""


def is_missing(text: str) -> bool:
    """Whether a cell says nothing.

    >>> [is_missing(text) for text in ("NaN", " n/a ", "<NA>", "-", "P1")]
    [True, True, True, True, False]
    """
    return text.strip().casefold() in MISSING


def without_point_zero(text: str) -> str:
    """Return a whole number without the `.0` of floating point, and any other text as it is.

    >>> without_point_zero("7.0"), without_point_zero("007"), without_point_zero("7.50")
    ('7', '007', '7.50')
    """
    whole = WHOLE.fullmatch(text)
    return whole[1] if whole else text


def text_of(value: Any, where: str) -> str:
    """Return a typed cell as the text that stands for it; '' for a missing one.

    Raises
    ------
    DatasetError
        A list, a record or bytes that are no text; a whole number that a float can no longer hold.
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return _of_float(value, where)
    if isinstance(value, bytes):
        return _of_bytes(value, where)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, (str, bool, int, Decimal, datetime.date, datetime.time)):
        return str(value)
    raise DatasetError(
        f"{where}: the cell is a {type(value).__name__}; write a column of texts or whole numbers"
    )


def _of_float(value: float, where: str) -> str:
    if math.isnan(value):
        return ""
    if value.is_integer() and abs(value) >= EXACT_IN_FLOAT:
        raise DatasetError(
            f"{where}: {value:.0f} is a whole number kept as floating point, whose last digits are lost; "
            "write the column as text"
        )
    return str(int(value)) if value.is_integer() else repr(value)


def _of_bytes(value: bytes, where: str) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise DatasetError(f"{where}: the cell holds bytes that are not UTF-8; write it as text") from None
