import numpy as np


class NotMeasurable(ValueError):
    """No pixel to measure."""


def ratio(a, b):
    if b == 0:
        raise NotMeasurable("empty")
    return a / b


def extract(image, mask):
    out = {}
    try:
        out["a"] = float(ratio(1.0, 0.0))
    except NotMeasurable as error:
        out["a"] = float("nan")
    except (ZeroDivisionError, ValueError):
        out["a"] = 1.0
    else:
        out["a"] = 2.0
    finally:
        out["b"] = 1.0
    try:
        out["c"] = float(image[10**6, 0, 0])
    except IndexError:
        out["c"] = float("nan")
    assert "b" in out, "never"
    return out
