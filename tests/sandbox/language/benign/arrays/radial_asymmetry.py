import numpy as np
from scipy.ndimage import center_of_mass, rotate, shift


def extract(image, mask):
    cy, cx = center_of_mass(mask)
    h, w = mask.shape
    centred = shift(mask.astype(float), (h / 2 - cy, w / 2 - cx), order=1)
    scores = []
    for angle in range(0, 180, 30):
        turned = rotate(centred, angle, reshape=False, order=1) > 0.5
        flipped = np.flipud(turned)
        scores.append(np.logical_xor(turned, flipped).sum() / max(turned.sum(), 1))
    return {"min": float(min(scores)), "mean": float(np.mean(scores)), "arg": float(np.argmin(scores))}
