import numpy as np
from skimage.color import rgb2gray
from skimage.filters import farid, frangi, gaussian, meijering, prewitt, roberts, sato, scharr


def extract(image, mask):
    g = rgb2gray(image)
    out = {f"f{i}": float(f(g).mean()) for i, f in enumerate([prewitt, scharr, roberts, farid])}
    out["frangi"] = float(frangi(g, sigmas=range(1, 4, 1)).mean())
    out["sato"] = float(sato(g, sigmas=[1, 2]).mean())
    out["meijering"] = float(meijering(g, sigmas=[1]).mean())
    out["blur"] = float(gaussian(g, sigma=2, preserve_range=True).std())
    return out
