import cv2
import numpy as np


def extract(image, mask):
    g = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    k = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    clahe = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8))
    return {
        "lap": float(cv2.Laplacian(g, cv2.CV_64F).var()),
        "sobel": float(np.abs(cv2.Sobel(g, cv2.CV_64F, 1, 0, ksize=3)).mean()),
        "canny": float((cv2.Canny(g, 50, 150) > 0).mean()),
        "median": float(cv2.medianBlur(g, 5).std()),
        "bilateral": float(cv2.bilateralFilter(image, 5, 50, 50).std()),
        "tophat": float(cv2.morphologyEx(g, cv2.MORPH_TOPHAT, k).mean()),
        "clahe": float(clahe.apply(g).std()),
        "otsu": float(cv2.threshold(g, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0]),
        "adaptive": float(cv2.adaptiveThreshold(g, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 11, 2).mean()),
        "dist": float(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5).max()),
        "eq": float(cv2.equalizeHist(g).mean()),
        "blur": float(cv2.GaussianBlur(g, (0, 0), 2.0).std()),
    }
