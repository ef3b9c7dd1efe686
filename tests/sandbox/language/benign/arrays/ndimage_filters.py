import numpy as np
from scipy import ndimage as ndi


def extract(image, mask):
    g = image.astype(float).mean(axis=2)
    return {
        "gauss": float(ndi.gaussian_filter(g, 2).std()),
        "log": float(ndi.gaussian_laplace(g, 2).std()),
        "mag": float(ndi.gaussian_gradient_magnitude(g, 1).mean()),
        "median": float(ndi.median_filter(g, 5).std()),
        "uniform": float(ndi.uniform_filter(g, 7).std()),
        "max": float(ndi.maximum_filter(g, 3).mean()),
        "pct": float(ndi.percentile_filter(g, 80, 5).mean()),
        "generic": float(ndi.generic_filter(g[:16, :16], np.std, size=3).mean()),
        "conv": float(ndi.convolve(g, np.ones((3, 3)) / 9).std()),
        "sobel": float(np.hypot(ndi.sobel(g, 0), ndi.sobel(g, 1)).mean()),
        "zoom": float(ndi.zoom(g, 0.5, order=1).mean()),
        "rot": float(ndi.rotate(g, 15, reshape=False).mean()),
    }
