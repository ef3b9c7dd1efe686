import numpy as np


def spread(*values, scale=1.0, **extra):
    return (max(values) - min(values)) * scale + extra.get("offset", 0.0)


def extract(image, mask):
    channels = [image[..., c][mask].mean() for c in range(image.shape[2])]
    options = {"scale": 2.0, "offset": 1.0}
    if (top := max(channels)) > 10:
        value = spread(*channels, **options)
    else:
        value = 0.0
    ranks = np.argsort(np.argsort(channels))
    while value > 1000:
        value /= 10
    return {"v": float(value), "top": float(top), "r": float(ranks[0] if len(ranks) else -1)}
