import cv2
import numpy as np
from scipy import ndimage, stats


def extract(image, mask):
    g = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    feats = {}
    for i, th in enumerate(np.arange(0, np.pi, np.pi / 4)):
        k = cv2.getGaborKernel((15, 15), 3.0, th, 8.0, 0.5, 0, ktype=cv2.CV_32F)
        r = cv2.filter2D(g, cv2.CV_32F, k)
        feats[f"gabor{i}"] = float(np.abs(r).mean())
    power = np.abs(np.fft.fftshift(np.fft.fft2(g)))
    feats["hf"] = float(power[: power.shape[0] // 4].mean() / (power.mean() + 1e-9))
    feats["skew"] = float(stats.skew(g.ravel()))
    feats["lap"] = float(ndimage.laplace(g).var())
    return feats
