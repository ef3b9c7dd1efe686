import numpy as np


class Accumulator:
    """Keeps a running ratio."""

    scale = 2.0

    def __init__(self, eps):
        self.eps = eps
        self.data = []
        self._hidden = 1.0

    def add(self, value):
        self.data.append(value)
        self.eps += 0.0
        return self

    def ratio(self, a, b):
        return self.scale * self._hidden * a / (b + self.eps)


def extract(image, mask):
    try:
        acc = Accumulator(1e-8).add(1).add(2)
        v = acc.ratio(image.max(), image.mean()) + len(acc.data)
    except Exception as e:
        v = 0.0
    return {"r": float(v)}
