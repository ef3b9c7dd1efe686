import numpy as np


def extract(image, mask):
    out = np.zeros(16)
    q = (image.mean(axis=2) // 16).astype(int)
    for k in range(16):
        out[k] += (q == k).sum()
    out[0] *= 1.0
    out[1:3] -= 1
    grid = np.ones((3, 3))
    grid[1, 1] /= 4
    acc = {"a": 0.0, "b": float(grid.sum())}
    acc["a"] += float(out.max())
    return acc
