import numpy as np
from skimage import measure


def extract(image, mask):
    contours = measure.find_contours(mask.astype(float), 0.5)
    longest = max(contours, key=len)
    approx = measure.approximate_polygon(longest, tolerance=2.0)
    return {
        "entropy": float(measure.shannon_entropy(image[..., 0])),
        "blur": float(measure.blur_effect(image.mean(axis=2))),
        "perimeter": float(measure.perimeter(mask)),
        "crofton": float(measure.perimeter_crofton(mask)),
        "euler": float(measure.euler_number(mask)),
        "corners": float(len(approx)),
        "profile": float(measure.profile_line(image[..., 0], (0, 0), (20, 20)).mean()),
        "reduce": float(measure.block_reduce(image[..., 0], (8, 8), np.max).mean()),
        "hu": float(measure.moments_hu(measure.moments_normalized(measure.moments_central(mask.astype(float))))[0]),
    }
