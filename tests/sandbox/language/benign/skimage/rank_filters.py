import numpy as np
from skimage.filters import rank
from skimage.morphology import disk


def extract(image, mask):
    g = image[..., 1]
    return {
        "entropy": float(rank.entropy(g, disk(3))[mask].mean()),
        "median": float(rank.median(g, disk(2))[mask].mean()),
        "gradient": float(rank.gradient(g, disk(2))[mask].mean()),
    }
