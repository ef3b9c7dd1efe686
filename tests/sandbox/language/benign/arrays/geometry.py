import numpy as np
from scipy.spatial import ConvexHull, Delaunay, cKDTree
from scipy.spatial.distance import cdist, pdist


def extract(image, mask):
    pts = np.argwhere(mask).astype(float)[::7]
    hull = ConvexHull(pts)
    tri = Delaunay(pts[:50])
    d, i = cKDTree(pts).query(pts, k=2)
    return {
        "hull": float(hull.volume),
        "rim": float(hull.area),
        "tri": float(len(tri.simplices)),
        "nn": float(d[:, 1].mean()),
        "diam": float(pdist(pts[hull.vertices]).max()),
        "cd": float(cdist(pts[:5], pts[-5:], metric="cityblock").mean()),
    }
