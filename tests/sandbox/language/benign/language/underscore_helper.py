import numpy as np

_EPS = 1e-8


def _safe_div(a, b, *, _eps=_EPS):
    return a / (b + _eps) if b else 0.0


def extract(image, mask):
    r = image[..., 0].astype(float).sum()
    g = image[..., 1].astype(float).sum()
    return {"rg": float(_safe_div(r, g)), "gr": float(_safe_div(g, r, _eps=1e-3))}
