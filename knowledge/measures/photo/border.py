"""Raggedness of the outline: what its finer waves add to its length.

Source: B of the ABCDE rule (Rigel DS et al., Arch Dermatol 2005;141:1032, doi:10.1001/archderm.141.8.1032);
Fourier descriptors of the outline (Zahn CT, Roskies RZ, IEEE Trans Comput 1972;C-21:269,
doi:10.1109/TC.1972.5008949). An outline that was drawn or found coarsely hides it.
"""

import numpy as np
import toolkit as tk

CRITERION = "border"
FEATURES = {
    "photo_outline_excess": {
        "unit": "ratio",
        "range": [0, 2],
        "direction": "up",
        "meaning": "length of the outline over that of its smoothed self, minus one",
    },
    "photo_outline_waves": {
        "unit": "ratio",
        "range": [0, 0.5],
        "direction": "up",
        "meaning": "root mean square of the outline's waves 5 to 24 over the root of the area",
    },
}
POINTS = 256
COARSE = 4
FINE = 24
MIN_PX = 200
VARIANTS = {"COARSE": [3, 4, 6], "FINE": [16, 24, 32]}


def extract(image, mask):
    """Measure how ragged the outline is."""
    if mask.sum() < MIN_PX or mask.all():
        return {name: float("nan") for name in FEATURES}
    across, down = tk.outline(mask, POINTS).T.astype(np.float64)
    waves, order = np.fft.fft(across + 1j * down), np.abs(np.fft.fftfreq(POINTS, 1 / POINTS))

    def length(most):
        path = np.fft.ifft(waves * (order <= most))
        return float(np.abs(np.diff(path, append=path[:1])).sum())

    rough = np.fft.ifft(waves * ((order > COARSE) & (order <= FINE)))
    return {
        "photo_outline_excess": max(0.0, length(FINE) / length(COARSE) - 1),
        "photo_outline_waves": float(np.sqrt((np.abs(rough) ** 2).mean())),
    }
