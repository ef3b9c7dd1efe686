import numpy as np
from scipy.interpolate import CubicSpline, RectBivariateSpline, UnivariateSpline, griddata, interp1d


def extract(image, mask):
    row = image[5, :30, 0].astype(float)
    x = np.arange(30.0)
    cs = CubicSpline(x, row)
    spline = UnivariateSpline(x, row, s=10)
    rb = RectBivariateSpline(x[:10], x[:10], image[:10, :10, 0].astype(float))
    pts = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return {
        "cs": float(cs(2.5)),
        "integral": float(cs.integrate(0, 5)),
        "lin": float(interp1d(x, row)(3.3)),
        "uni": float(spline(4.2)),
        "grid": float(griddata(pts, np.arange(4.0), np.array([[0.2, 0.6]]), method="linear")[0]),
        "rb": float(rb.ev(1.5, 2.5)),
        "np": float(np.interp(2.25, x, row)),
    }
