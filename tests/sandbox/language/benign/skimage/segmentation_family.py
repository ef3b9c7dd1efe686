import numpy as np
from skimage import segmentation
from skimage.filters import sobel
from skimage.measure import label


def extract(image, mask):
    g = image.mean(axis=2)
    markers = np.zeros(g.shape, dtype=int)
    markers[g < np.percentile(g, 10)] = 1
    markers[g > np.percentile(g, 90)] = 2
    ws = segmentation.watershed(sobel(g), markers)
    fz = segmentation.felzenszwalb(image, scale=100, sigma=0.5, min_size=50)
    return {
        "ws": float((ws == 2).mean()),
        "fz": float(fz.max()),
        "clear": float(segmentation.clear_border(label(g > g.mean())).max()),
        "bound": float(segmentation.find_boundaries(mask).sum()),
        "expand": float((segmentation.expand_labels(label(mask), 5) > 0).sum()),
        "cv": float(segmentation.chan_vese(g / 255.0, max_num_iter=10).mean()),
    }
