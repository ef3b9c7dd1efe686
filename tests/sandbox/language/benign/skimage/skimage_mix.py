import numpy as np
from scipy.ndimage import distance_transform_edt
from skimage import color, exposure, filters, morphology, segmentation


def extract(image, mask):
    g = color.rgb2gray(image)
    sob = filters.sobel(g)
    th = filters.threshold_otsu(g)
    op = morphology.opening(g > th, morphology.disk(2))
    dt = distance_transform_edt(mask > 0)
    seg = segmentation.slic(image, n_segments=20, compactness=10, start_label=1)
    eq = exposure.equalize_hist(g)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.nan_to_num(sob / g)
    return {
        "sob": float(sob[mask > 0].mean()),
        "op": float(op.mean()),
        "dt": float(dt.max()),
        "nseg": float(len(np.unique(seg))),
        "eq": float(eq.std()),
        "r": float(r.mean()),
    }
