import numpy as np
from scipy import stats


def extract(image, mask):
    a, b = image[..., 0][mask].astype(float), image[..., 1][mask].astype(float)
    r = stats.pearsonr(a, b)
    ks = stats.ks_2samp(a[:200], b[:200])
    fit = stats.linregress(a, b)
    return {
        "skew": float(stats.skew(a)),
        "kurt": float(stats.kurtosis(a)),
        "r": float(r.statistic),
        "rho": float(stats.spearmanr(a, b)[0]),
        "iqr": float(stats.iqr(a)),
        "mad": float(stats.median_abs_deviation(a)),
        "ks": float(ks.statistic),
        "slope": float(fit.slope),
        "entropy": float(stats.entropy(np.bincount(a.astype(int), minlength=256) + 1)),
        "w": float(stats.wasserstein_distance(a, b)),
        "trim": float(stats.trim_mean(a, 0.1)),
        "mode": float(stats.mode(a, keepdims=False).mode),
    }
