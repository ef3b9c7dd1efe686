import numpy as np


def extract(image, mask):
    g = image.astype(np.float64).mean(axis=2)
    gy, gx = np.gradient(g)
    mag = np.hypot(gx, gy)
    ang = np.arctan2(gy, gx)
    hist, edges = np.histogram(ang, bins=8, range=(-np.pi, np.pi), weights=mag)
    win = np.lib.stride_tricks.sliding_window_view(g, (5, 5))[::5, ::5]
    yy, xx = np.mgrid[: g.shape[0], : g.shape[1]]
    moments = [(yy * mask).sum() / mask.sum(), (xx * mask).sum() / mask.sum()]
    poly = np.polyfit(np.arange(10), g[0, :10], 2)
    return {
        "mag": float(mag[mask].mean()),
        "dir": float(hist.max() / hist.sum()),
        "win": float(win.std(axis=(-2, -1)).mean()),
        "cy": float(moments[0]),
        "cx": float(moments[1]),
        "poly": float(np.polyval(poly, 3)),
        "q": float(np.quantile(g, [0.1, 0.9]).sum()),
        "corr": float(np.corrcoef(g[mask], mag[mask])[0, 1]),
        "uniq": float(np.unique(image.reshape(-1, 3), axis=0).shape[0]),
        "ein": float(np.einsum("ij,ij->", g, mask.astype(float))),
        "sel": float(np.select([g > 100, g > 50], [1.0, 0.5], default=0.0).mean()),
        "cum": float(np.cumsum(g[0])[-1]),
    }
