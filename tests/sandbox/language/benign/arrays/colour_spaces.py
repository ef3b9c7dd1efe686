import numpy as np
from skimage import color


def extract(image, mask):
    lab = color.rgb2lab(image)
    lch = color.lab2lch(lab)
    hed = color.rgb2hed(image)
    inside, outside = lab[mask].mean(axis=0), lab[~mask].mean(axis=0)
    return {
        "de00": float(color.deltaE_ciede2000(inside, outside)),
        "de76": float(color.deltaE_cie76(inside, outside)),
        "chroma": float(lch[..., 1][mask].mean()),
        "hue": float(lch[..., 2][mask].mean()),
        "haem": float(hed[..., 0][mask].mean()),
        "luv": float(color.rgb2luv(image)[..., 1].mean()),
        "xyz": float(color.rgb2xyz(image)[..., 2].mean()),
        "ycbcr": float(color.rgb2ycbcr(image)[..., 1].std()),
        "hsv": float(color.rgb2hsv(image)[..., 1].mean()),
        "back": float(color.lab2rgb(lab).mean()),
        "ita": float(np.degrees(np.arctan2(outside[0] - 50, outside[2]))),
    }
