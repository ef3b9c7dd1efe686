"""Asymmetry: how far outline and pigment differ from their mirror images on the two axes of least asymmetry."""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "asymmetry"
FEATURES = {
    "shape_asymmetry": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "half the area where mask and mirror image differ over the mask's area, mean of the two perpendicular axes through the centroid where that mean is least",
    },
    "colour_asymmetry": {
        "unit": "ratio",
        "range": [0, 3],
        "direction": "up",
        "meaning": "mean absolute difference of smoothed density above skin between mirrored points over its mean in the lesion, mean of the two perpendicular axes where that is least",
    },
    "colour_difference": {
        "unit": "log10",
        "range": [0, 1.5],
        "direction": "up",
        "meaning": "mean distance of smoothed densities of red, green and blue between mirrored points, mean of the two perpendicular axes where that is least",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
BLUR = 0.05  # smoothing, in roots of the area: finer structure is not asymmetry
REACH, SIDE = 1.5, 97  # half side of the mirrored patch in roots of the area, and its pixels
STEP, TURN = 5, 90  # degrees between axes; a pair of axes comes back after a quarter turn
HALF = 0.5  # a warped mask counts from here
FLOOR = 0.03  # least mean density above skin that a ratio is taken over


def above_skin(density, ring):
    """Take a plane fitted to the ring off each channel: exposure, white balance and slow light go."""
    rows, columns = np.indices(ring.shape)
    terms = np.stack([np.ones(ring.shape), rows / ring.shape[0], columns / ring.shape[1]], axis=-1)
    fit, *_ = np.linalg.lstsq(terms[ring], density[ring], rcond=None)
    return density - terms @ fit


def patch(plane, centre, size, degrees):
    """Sample a plane on a square about the centre, turned by an angle."""
    across = np.linspace(-REACH, REACH, SIDE) * size
    u, v = np.meshgrid(across, across)
    turn = np.deg2rad(degrees)
    x = (centre[1] + u * np.cos(turn) - v * np.sin(turn)).astype(np.float32)
    y = (centre[0] + u * np.sin(turn) + v * np.cos(turn)).astype(np.float32)
    return cv2.remap(plane.astype(np.float32), x, y, cv2.INTER_LINEAR)


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    if mask.sum() < MIN_PIXELS:
        return nothing
    clean = tk.reduced(tk.without_hair(image))
    ring = tk.reduced(tk.skin_ring(mask, near=NEAR, far=FAR) & ~tk.dark_corners(image) & ~tk.ruler_mask(image))
    lesion = tk.reduced(mask)
    if ring.sum() < MIN_PIXELS or lesion.sum() < MIN_PIXELS:
        return nothing
    size = float(np.sqrt(lesion.sum()))
    centre = np.argwhere(lesion).mean(axis=0)
    density = cv2.GaussianBlur(np.array(tk.optical_density(clean)), (0, 0), BLUR * size)
    pigment = above_skin(density, ring)
    mean = max(float(pigment[lesion][:, :2].mean()), FLOOR)  # red and green: pigment's
    shapes, contents, colours = [], [], []
    for degrees in range(0, TURN, STEP):
        inside = patch(lesion, centre, size, degrees) > HALF
        planes = patch(pigment, centre, size, degrees)
        shape, content, colour = [], [], []
        for axis in (0, 1):
            other = np.flip(inside, axis)
            both = inside & other
            if not both.any():
                return nothing
            apart = (planes - np.flip(planes, axis))[both]
            shape.append((inside ^ other).sum() / inside.sum() / 2)
            content.append(np.abs(apart[:, :2].mean(axis=1)).mean() / mean)
            colour.append(np.linalg.norm(apart, axis=1).mean())
        shapes.append(np.mean(shape))
        contents.append(np.mean(content))
        colours.append(np.mean(colour))
    return {
        "shape_asymmetry": float(min(shapes)),
        "colour_asymmetry": float(min(contents)),
        "colour_difference": float(min(colours)),
    }
