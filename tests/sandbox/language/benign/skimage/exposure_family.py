import numpy as np
from skimage import exposure, img_as_float, img_as_ubyte


def extract(image, mask):
    g = img_as_float(image).mean(axis=2)
    hist, centers = exposure.histogram(g, nbins=32)
    return {
        "gamma": float(exposure.adjust_gamma(g, 0.5).mean()),
        "log": float(exposure.adjust_log(g).mean()),
        "sig": float(exposure.adjust_sigmoid(g).mean()),
        "clahe": float(exposure.equalize_adapthist(g, clip_limit=0.02).std()),
        "rescale": float(exposure.rescale_intensity(g, in_range=(0.2, 0.8)).mean()),
        "low": float(exposure.is_low_contrast(g)),
        "hist": float(hist.max() + centers[0]),
        "match": float(exposure.match_histograms(g, g[::-1]).mean()),
        "u8": float(img_as_ubyte(g).mean()),
    }
