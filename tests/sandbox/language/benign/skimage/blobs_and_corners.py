import numpy as np
from skimage.color import rgb2gray
from skimage.feature import blob_dog, blob_log, canny, corner_harris, corner_peaks, peak_local_max


def extract(image, mask):
    g = rgb2gray(image)
    return {
        "dog": float(len(blob_dog(g, max_sigma=10, threshold=0.1))),
        "log": float(len(blob_log(g, max_sigma=6, num_sigma=3, threshold=0.1))),
        "canny": float(canny(g, sigma=1.5).sum()),
        "corners": float(len(corner_peaks(corner_harris(g), min_distance=5))),
        "peaks": float(len(peak_local_max(g, min_distance=4))),
    }
