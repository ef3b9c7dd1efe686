"""JSON that means one thing: no key twice, no number that is none, no nesting that overflows a stack."""

import json
from typing import Any

from scafe.knowledge.contract.errors import IntegrityError


def read_json(data: bytes, where: str) -> Any:
    r"""Parse UTF-8 JSON from somebody else.

    Raises
    ------
    IntegrityError
        It is not JSON; an object has a key twice (programs differ in which one they take); a number is NaN,
        infinite or has thousands of digits; or it is nested too deep.

    Examples
    --------
    >>> read_json(b'{"a": 1}', "here")
    {'a': 1}
    >>> read_json(b'{"a": NaN}', "here")
    Traceback (most recent call last):
      ...
    scafe.knowledge.contract.errors.IntegrityError: here is not plain JSON: NaN is not a number
    """
    try:
        return json.loads(
            data.decode(), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except RecursionError:
        raise IntegrityError(f"{where} is not plain JSON: it is nested too deep") from None
    except ValueError as error:
        raise IntegrityError(f"{where} is not plain JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!a} stands twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is not a finite number")
    return value
