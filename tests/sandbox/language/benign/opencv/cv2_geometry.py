import cv2
import numpy as np


def extract(image, mask):
    m = mask.astype(np.uint8) * 255
    cs, hierarchy = cv2.findContours(m, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    c = max(cs, key=lambda one: cv2.contourArea(one))
    n, labels, stats, centroids = cv2.connectedComponentsWithStats(m, connectivity=8)
    (x, y), (a, b), angle = cv2.fitEllipse(c)
    moments = cv2.moments(c)
    hu = cv2.HuMoments(moments).flatten()
    canvas = np.zeros_like(m)
    cv2.drawContours(canvas, [cv2.convexHull(c)], -1, 255, -1)
    polygon = cv2.approxPolyDP(c, 0.01 * cv2.arcLength(c, True), True)
    return {
        "n": float(n),
        "area": float(stats[1, cv2.CC_STAT_AREA]),
        "axis": float(min(a, b) / max(a, b)),
        "hu0": float(hu[0]),
        "cx": float(moments["m10"] / moments["m00"]),
        "hull": float((canvas > 0).sum()),
        "poly": float(len(polygon)),
        "circle": float(cv2.minEnclosingCircle(c)[1]),
        "match": float(cv2.matchShapes(c, cv2.convexHull(c), cv2.CONTOURS_MATCH_I1, 0)),
    }
