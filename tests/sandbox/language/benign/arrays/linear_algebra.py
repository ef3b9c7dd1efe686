import numpy as np
from scipy import linalg


def extract(image, mask):
    px = image[mask].astype(float)
    cov = np.cov(px.T)
    w, v = np.linalg.eigh(cov)
    u, s, vt = np.linalg.svd(px - px.mean(axis=0), full_matrices=False)
    try:
        inv = np.linalg.inv(cov)
    except np.linalg.LinAlgError:
        inv = np.linalg.pinv(cov)
    x, res, rank, sv = np.linalg.lstsq(np.c_[px[:, 0], np.ones(len(px))], px[:, 1], rcond=None)
    return {
        "w": float(w[-1] / w.sum()),
        "s": float(s[0]),
        "det": float(np.linalg.slogdet(cov)[1]),
        "inv": float(np.trace(inv)),
        "slope": float(x[0]),
        "norm": float(np.linalg.norm(px, axis=1).mean()),
        "chol": float(linalg.cholesky(cov + np.eye(3), lower=True)[0, 0]),
        "rank": float(np.linalg.matrix_rank(cov)),
    }
