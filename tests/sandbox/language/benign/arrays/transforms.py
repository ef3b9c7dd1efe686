import numpy as np
from skimage import transform


def extract(image, mask):
    g = image.mean(axis=2)
    small = transform.resize(g, (32, 32), anti_aliasing=True)
    lines, angles, dists = transform.hough_line(mask)
    return {
        "small": float(small.std()),
        "rescale": float(transform.rescale(g, 0.5).mean()),
        "rotate": float(transform.rotate(g, 30).mean()),
        "asym": float(np.abs(small - small[:, ::-1]).mean()),
        "radon": float(transform.radon(small, theta=[0.0, 45.0, 90.0]).max()),
        "polar": float(transform.warp_polar(g).mean()),
        "hough": float(lines.max()),
        "down": float(transform.downscale_local_mean(g, (4, 4)).max()),
        "integral": float(transform.integral_image(g)[-1, -1]),
        "pyr": float(sum(p.mean() for p in transform.pyramid_gaussian(small, max_layer=2))),
    }
