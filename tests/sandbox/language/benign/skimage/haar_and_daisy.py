import numpy as np
from skimage.feature import daisy, match_template, multiblock_lbp
from skimage.transform import integral_image
from skimage.util import invert, view_as_blocks


def extract(image, mask):
    g = image[:32, :32].mean(axis=2)
    d = daisy(g, step=16, radius=7, rings=1, histograms=4, orientations=4)
    blocks = view_as_blocks(np.ascontiguousarray(g), (8, 8))
    return {
        "daisy": float(d.mean()),
        "match": float(match_template(g, g[4:12, 4:12]).max()),
        "mblbp": float(multiblock_lbp(integral_image(g), 2, 2, 3, 3)),
        "blocks": float(blocks.std(axis=(2, 3)).max()),
        "inv": float(invert(image).mean()),
    }
