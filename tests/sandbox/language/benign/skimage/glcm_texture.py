import numpy as np
from skimage.color import rgb2gray
from skimage.feature import graycomatrix, graycoprops


def extract(image, mask):
    levels = (rgb2gray(image) * 31).astype(np.uint8)
    glcm = graycomatrix(levels, distances=[1, 3], angles=[0, np.pi / 4, np.pi / 2], levels=32, symmetric=True, normed=True)
    out = {}
    for prop in ["contrast", "homogeneity", "energy", "correlation", "dissimilarity", "ASM"]:
        out["glcm_" + prop.lower()] = float(graycoprops(glcm, prop).mean())
    return out
