import cv2
import numpy as np


def extract(image, mask):
    g = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA)[..., 1].astype(np.float32)
    d = cv2.dct(g)
    f = cv2.dft(g, flags=cv2.DFT_COMPLEX_OUTPUT)
    mag = cv2.magnitude(f[..., 0], f[..., 1])
    down = cv2.pyrDown(g)
    matrix = cv2.getRotationMatrix2D((32, 32), 45, 1.0)
    return {
        "dct": float(np.abs(d[:8, :8]).sum() / np.abs(d).sum()),
        "mag": float(np.log1p(mag).mean()),
        "pyr": float(cv2.absdiff(cv2.pyrUp(down), g).mean()),
        "warp": float(cv2.warpAffine(g, matrix, (64, 64)).mean()),
        "remap": float(cv2.flip(g, 1).std()),
    }
