"""Where a glioma lies on one slice: brighter than brain on FLAIR, or on T2 where FLAIR is suppressed.

Source: hyperintensity of the whole tumour on FLAIR and T2, as labelled in Menze BH et al., The multimodal
brain tumor image segmentation benchmark, IEEE Trans Med Imaging 2015;34:1993-2024,
doi:10.1109/TMI.2014.2377694.
"""

import cv2
import numpy as np

LOCATOR = "tumour"
ABOVE_FLAIR = 1.35
ABOVE_T2 = 1.3
SMOOTH = 0.012
SMALLEST = 0.008
LARGEST = 0.3
VARIANTS = {"ABOVE_FLAIR": [1.25, 1.5], "ABOVE_T2": [1.2, 1.45], "SMOOTH": [0.008, 0.02]}


def disc(radius):
    """Return a round structuring element."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, int(radius)) + 1,) * 2)


def filled(region):
    """Fill the holes of a region."""
    borders = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    solid = np.zeros(region.shape, np.uint8)
    cv2.drawContours(solid, borders, -1, 1, -1)
    return solid > 0


def locate(image):
    """Find the tumour on channels T2, FLAIR, T1c; empty where no solid bright area lies in the brain."""
    nothing = np.zeros(image.shape[:2], bool)
    size = min(image.shape[:2])
    if size < 32 or image.shape[2] < 2:
        return nothing, 0.0
    t2, flair = [cv2.GaussianBlur(image[:, :, k].astype(np.float32), (0, 0), SMOOTH * size) for k in (0, 1)]
    head = filled(
        cv2.morphologyEx((flair > 0.12 * np.percentile(flair, 99)).astype(np.uint8), cv2.MORPH_OPEN, disc(2))
    )
    brain = cv2.erode(head.astype(np.uint8), disc(0.05 * size)) > 0
    if brain.sum() < 200:
        return nothing, 0.0
    level = max(float(np.median(flair[brain])), 1.0)
    bright = brain & (flair > ABOVE_FLAIR * level)
    opened = cv2.morphologyEx(bright.astype(np.uint8), cv2.MORPH_OPEN, disc(0.02 * size))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, disc(0.04 * size))
    labels, stats = cv2.connectedComponentsWithStats(closed)[1:3]
    if len(stats) < 2:
        return nothing, 0.0
    found = filled(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))
    if not SMALLEST <= found.mean() <= LARGEST:
        return nothing, 0.0
    contrast = float(np.median(flair[found])) / level
    wet = float(np.median(t2[found])) / max(float(np.median(t2[brain])), 1.0)
    return found, float(np.clip((contrast - 1) / 1.2, 0, 1)) * (1.0 if wet > ABOVE_T2 - 0.3 else 0.5)
