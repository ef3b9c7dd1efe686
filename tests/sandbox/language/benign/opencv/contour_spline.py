import numpy as np
from scipy.interpolate import splev, splprep, splrep
from skimage import measure


def extract(image, mask):
    contour = max(measure.find_contours(mask.astype(float), 0.5), key=len)
    closed, _ = splprep(contour[::4].T, s=len(contour), per=True)
    rows, columns = splev(np.linspace(0, 1, 100), closed)
    slope = splev(np.linspace(0, 1, 100), closed, der=1)
    row = splrep(np.arange(40.0), image[40, :40, 0].astype(float), s=50, k=3)
    return {
        "width": float(columns.max() - columns.min()),
        "height": float(np.ptp(rows)),
        "speed": float(np.hypot(*slope).mean()),
        "smooth": float(splev(12.5, row)),
    }
