import numpy as np
from skimage.measure import label, regionprops


def extract(image, mask):
    regions = regionprops(label(mask), intensity_image=image[..., 1])
    total = 0.0
    for r in regions:
        total += getattr(r, "solidity", 0.0) if hasattr(r, "solidity") else 0.0
    rows, cols = regions[0].slice
    return {"s": float(total), "h": float(image[rows, cols].mean()), "c": float(regions[0].coords[:, 0].mean())}
