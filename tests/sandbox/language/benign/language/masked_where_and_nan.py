import numpy as np


def extract(image, mask):
    g = np.where(mask, image[..., 0].astype(float), np.nan)
    ratio = np.divide(image[..., 0], image[..., 1], out=np.zeros(mask.shape), where=image[..., 1] > 0)
    out = np.empty(3)
    out[:] = [np.nanmean(g), np.nanstd(g), np.nanpercentile(g, 75)]
    return {"m": float(out[0]), "s": float(out[1]), "p": float(out[2]), "r": float(ratio[mask].mean())}
