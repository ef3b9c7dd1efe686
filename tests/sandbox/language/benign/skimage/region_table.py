import numpy as np
from skimage import measure


def extract(image, mask):
    gray = image.mean(axis=2)
    lab = measure.label(gray > np.median(gray), connectivity=2)
    t = measure.regionprops_table(lab, intensity_image=gray, properties=("area", "eccentricity", "mean_intensity"))
    return {"n": float(len(t["area"])), "largest": float(t["area"].max()), "ecc": float(t["eccentricity"].mean())}
