import numpy as np
from skimage import morphology


def extract(image, mask):
    g = image.mean(axis=2)
    fp = morphology.disk(3)
    skeleton = morphology.skeletonize(mask)
    clean = morphology.remove_small_objects(g > g.mean(), 20)
    filled = morphology.remove_small_holes(clean, 20)
    medial, dist = morphology.medial_axis(mask, return_distance=True)
    return {
        "white": float(morphology.white_tophat(g, fp).mean()),
        "black": float(morphology.black_tophat(g, fp).mean()),
        "close": float(morphology.closing(g, fp).mean()),
        "erode": float(morphology.erosion(mask, fp).sum()),
        "skeleton": float(skeleton.sum()),
        "filled": float(filled.mean()),
        "medial": float(dist[medial].max()),
        "hull": float(morphology.convex_hull_image(mask).sum()),
        "hmax": float(morphology.h_maxima(image[..., 0], 30).sum()),
        "rec": float(morphology.reconstruction(g * 0.9, g).mean()),
        "thin": float(morphology.thin(mask).sum()),
    }
