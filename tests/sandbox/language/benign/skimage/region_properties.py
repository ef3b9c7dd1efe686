import numpy as np
from skimage.measure import label, regionprops


def extract(image, mask):
    props = regionprops(label(mask > 0), intensity_image=image.mean(axis=2))
    if len(props) == 0:
        return {"ecc": 0.0, "extent": 0.0, "mi": 0.0, "hu": 0.0, "feret": 0.0, "b": 0.0}
    p = sorted(props, key=lambda r: -r.area)[0]
    minr, minc, maxr, maxc = p.bbox
    return {
        "ecc": float(p.eccentricity),
        "extent": float(p["extent"]),
        "mi": float(p.mean_intensity),
        "hu": float(np.abs(p.moments_hu).sum()),
        "feret": float(p.feret_diameter_max),
        "b": float((maxr - minr) * (maxc - minc)) + float(p.image.sum()),
    }
