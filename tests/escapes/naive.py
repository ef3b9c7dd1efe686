"""The positive control: stock RestrictedPython, stock guards and real modules. It must breach.

Run as `python naive.py SOURCE_FILE`; prints what extract() returned.
"""

import builtins
import operator
import sys
from pathlib import Path

import numpy as np
from RestrictedPython import compile_restricted, limited_builtins, safe_builtins, utility_builtins
from RestrictedPython.Eval import default_guarded_getitem, default_guarded_getiter
from RestrictedPython.Guards import (
    guarded_iter_unpack_sequence,
    guarded_unpack_sequence,
    safer_getattr,
)

ALLOWED = {"numpy", "cv2", "skimage", "scipy", "math", "typing"}
COMMON = """list dict set frozenset tuple sum min max any all enumerate map filter sorted zip reversed bytes
    range iter next"""


def import_allowed(name, globals=None, locals=None, fromlist=(), level=0):
    if level or name.split(".")[0] not in ALLOWED:
        raise ImportError(f"{name} not allowed")
    return __import__(name, globals, locals, fromlist, level)


def namespace():
    names = {**safe_builtins, **limited_builtins, **utility_builtins}
    names.update({name: getattr(builtins, name) for name in COMMON.split()})
    names.update(__import__=import_allowed, getattr=safer_getattr)
    names["hasattr"] = lambda value, name: safer_getattr(value, name, None) is not None
    return {
        "__builtins__": names,
        "__name__": "extractor",
        "__metaclass__": type,
        "_getattr_": safer_getattr,
        "_getitem_": default_guarded_getitem,
        "_getiter_": default_guarded_getiter,
        "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
        "_unpack_sequence_": guarded_unpack_sequence,
        "_write_": lambda value: value,
        "_inplacevar_": lambda operation, one, other: operator.iadd(one, other),
        "_apply_": lambda function, *values, **options: function(*values, **options),
    }


if __name__ == "__main__":
    where = namespace()
    exec(compile_restricted(Path(sys.argv[1]).read_text(), "<extractor>", "exec"), where)
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[0, :8, 0] = [17, 201, 33, 94, 250, 7, 128, 66]
    print(where["extract"](pixels, np.ones((16, 16), bool)))
