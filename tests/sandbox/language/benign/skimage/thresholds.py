import numpy as np
from skimage import filters


def extract(image, mask):
    g = image.mean(axis=2)
    names = {"otsu": filters.threshold_otsu, "li": filters.threshold_li, "yen": filters.threshold_yen}
    out = {name: float(f(g)) for name, f in names.items()}
    out["isodata"] = float(filters.threshold_isodata(g))
    out["triangle"] = float(filters.threshold_triangle(g))
    out["mean"] = float(filters.threshold_mean(g))
    out["multi"] = float(filters.threshold_multiotsu(g, classes=3).sum())
    out["local"] = float((g > filters.threshold_local(g, 15)).mean())
    out["sauvola"] = float((g > filters.threshold_sauvola(g, window_size=15)).mean())
    out["niblack"] = float((g > filters.threshold_niblack(g, window_size=15)).mean())
    return out
