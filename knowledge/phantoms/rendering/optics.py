"""The colour of skin from what is in it: a two-layer model, and the colour spaces it is seen in.

Epidermis: a filter that melanin darkens (Beer-Lambert). Dermis: a half-space that blood reddens
(Kubelka-Munk). The spectrum is seen under daylight D65 and becomes linear sRGB. All formulas work on
arrays; `skin_table` gives the same colours by interpolation, fast enough for one look-up per pixel.

The model's b* of mid tones is 5-8 higher than that of real skin; L*, a* and the order of tones are
plausible. It is a source of test images, not a measuring instrument.

References
----------
.. [1] Jacques SL (1998). Skin optics. Oregon Medical Laser Center News.
.. [2] Prahl SA (1999). Tabulated molar extinction coefficient for hemoglobin in water. OMLC.
.. [3] Kim A et al. (2024). S-SYNTH. MICCAI 2024, arXiv:2408.00191 (parameters of the two layers).
.. [4] Wyman C, Sloan PP, Shirley P (2013). Simple analytic approximations to the CIE XYZ color
   matching functions. J Comput Graph Tech 2(2):1-11.
.. [5] Chardon A, Cretois I, Hourseau C (1991). Skin colour typology and suntanning pathways.
   Int J Cosmet Sci 13:191-208 (the individual typology angle, ITA).
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]

WAVELENGTHS_NM: Floats = np.arange(400.0, 701.0, 10.0)

EXTINCTION_HBO2: Floats = np.array(
    [
        *(266232, 466840, 480360, 246072, 102580, 62816, 44480, 33209.2, 26629.2, 23684.4),
        *(20932.8, 20035.2, 24202.4, 39956.8, 53236, 43016, 32613.2, 44496, 50104, 14400.8),
        *(3200, 1506, 942, 610, 442, 368, 319.6, 294, 277.6, 276, 290),
    ]
)
"""Molar extinction of oxyhaemoglobin [2], cm⁻¹/M, 400-700 nm in steps of 10."""

EXTINCTION_HB: Floats = np.array(
    [
        *(223296, 303956, 407560, 528600, 413280, 103292, 23388.8, 16156.4, 14550, 16684),
        *(20862, 25773.6, 31589.6, 39036.4, 46592, 53412, 53788, 45072, 37020, 28324.4),
        *(14677.2, 9443.6, 6509.6, 5148.8, 4345.2, 3750.12, 3226.56, 2795.12, 2407.92, 2051.96, 1794.28),
    ]
)
"""Molar extinction of deoxyhaemoglobin [2], cm⁻¹/M."""

D65: Floats = np.array(
    [
        *(82.7549, 91.486, 93.4318, 86.6823, 104.865, 117.008, 117.812, 114.861, 115.923, 108.811),
        *(109.354, 107.802, 104.79, 107.689, 104.405, 104.046, 100.0, 96.3342, 95.788, 88.6856),
        *(90.0062, 89.5991, 87.6987, 83.2886, 83.6992, 80.0268, 80.2146, 82.2778, 78.2842, 69.7213, 71.6091),
    ]
)
"""Relative spectral power of CIE standard illuminant D65, 400-700 nm in steps of 10."""

SURFACE_REFLECTANCE = 0.045
PATH_FACTOR = 1.3
"""Mean path through the epidermis over its thickness; without it dark skin leaves the sRGB gamut."""
EPIDERMIS_CM = 60e-4
BLOOD_MOLAR = 150.0 / 64500.0
"""Haemoglobin in whole blood, mol/l: 150 g/l over 64 500 g/mol."""
SKIN_BLOOD = 0.01
"""Blood volume fraction of normal skin at rest."""
SKIN_SATURATION = 0.75
ITA_BOUNDS = (55.0, 41.0, 28.0, 10.0, -30.0)
"""Lower bounds in degrees of: very light, light, intermediate, tan, brown; dark lies below [5]."""
ITA_NAMES = ("very light", "light", "intermediate", "tan", "brown", "dark")

XYZ_TO_SRGB: Floats = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)
SRGB_TO_XYZ: Floats = np.asarray(np.linalg.inv(XYZ_TO_SRGB), dtype=np.float64)
WHITE_XYZ: Floats = SRGB_TO_XYZ.sum(axis=1)


def skin_spectrum(melanin: ArrayLike, blood: ArrayLike, saturation: ArrayLike = SKIN_SATURATION) -> Floats:
    """Return the diffuse reflectance of skin at `WAVELENGTHS_NM`.

    Parameters
    ----------
    melanin : array_like
        Volume fraction of melanosomes in the epidermis, 0.005 (pale) to 0.5 (very dark).
    blood : array_like
        Volume fraction of blood in the dermis, 0.002 to 0.1.
    saturation : array_like
        Share of haemoglobin that carries oxygen, 0 to 1.

    Returns
    -------
    (..., 31) array
        Reflectance between 0 and 1.
    """
    mel, vol, sat = (np.asarray(one, dtype=np.float64)[..., None] for one in (melanin, blood, saturation))
    baseline = 0.244 + 85.3 * np.exp(-(WAVELENGTHS_NM - 154.0) / 66.2)
    epidermis = mel * 6.6e11 * WAVELENGTHS_NM**-3.33 + (1 - mel) * baseline
    extinction = sat * EXTINCTION_HBO2 + (1 - sat) * EXTINCTION_HB
    dermis = vol * np.log(10.0) * BLOOD_MOLAR * extinction + (1 - vol) * baseline
    scattering = 0.75 * 45.3 * (WAVELENGTHS_NM / 500.0) ** -1.292
    ratio = 2.0 * dermis / scattering
    deep = 1.0 + ratio - np.sqrt(ratio * (ratio + 2.0))
    through = np.exp(-2.0 * PATH_FACTOR * epidermis * EPIDERMIS_CM)
    spectrum: Floats = SURFACE_REFLECTANCE + (1.0 - SURFACE_REFLECTANCE) * through * deep
    return spectrum


def spectrum_to_linear(spectrum: ArrayLike) -> Floats:
    """Return the linear sRGB colour of a (..., 31) reflectance under D65, not clipped."""
    linear: Floats = np.asarray(spectrum, dtype=np.float64) @ _viewing_matrix()
    return linear


def skin_linear(melanin: ArrayLike, blood: ArrayLike, saturation: ArrayLike = SKIN_SATURATION) -> Floats:
    """Return the exact linear sRGB colour of skin, shape (..., 3)."""
    return spectrum_to_linear(skin_spectrum(melanin, blood, saturation))


def encode_srgb(linear: ArrayLike) -> Floats:
    """Turn linear light (1 is white) into sRGB values between 0 and 1, clipping what is outside."""
    light = np.clip(np.asarray(linear, dtype=np.float64), 0.0, 1.0)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def decode_srgb(encoded: ArrayLike) -> Floats:
    """Turn sRGB values (0 to 1, or uint8) into linear light."""
    values = np.asarray(encoded)
    scaled = values / 255.0 if values.dtype == np.uint8 else values.astype(np.float64)
    return np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)


def linear_to_lab(linear: ArrayLike) -> Floats:
    """Return CIELAB (D65 white, 2° observer) of linear sRGB, shape (..., 3)."""
    xyz = np.asarray(linear, dtype=np.float64) @ SRGB_TO_XYZ.T / WHITE_XYZ
    delta = 6.0 / 29.0
    root = np.where(xyz > delta**3, np.cbrt(xyz), xyz / (3 * delta**2) + 4.0 / 29.0)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ita_degrees(lab: ArrayLike) -> Floats:
    """Return the individual typology angle of CIELAB colours [5]: higher is lighter skin."""
    values = np.asarray(lab, dtype=np.float64)
    angle: Floats = np.degrees(np.arctan2(values[..., 0] - 50.0, values[..., 2]))
    return angle


def ita_name(ita: float) -> str:
    """Name the skin-tone class of an ITA; for stratified reporting, never a diagnosis feature."""
    return ITA_NAMES[sum(ita <= bound for bound in ITA_BOUNDS)]


def melanin_for_ita(ita: float) -> float:
    """Return the melanin fraction at which normal skin of this model has the given ITA in degrees."""
    angles, fractions = _ita_curve()
    return float(np.interp(ita, angles, fractions))


def erythema_index(linear: ArrayLike) -> Floats:
    """Return log10(R/G) in linear light: rises with blood (doi:10.1111/j.1600-0846.2007.00256.x)."""
    light = np.maximum(np.asarray(linear, dtype=np.float64), 1e-6)
    index: Floats = np.log10(light[..., 0] / light[..., 1])
    return index


@dataclass(frozen=True)
class SkinTable:
    """Colours of skin over melanin and blood at one oxygen saturation."""

    colours: Pixels
    """(n_melanin, n_blood, 3) linear sRGB on a grid that is even in the logarithm of both."""

    LOW_MELANIN = 0.002
    HIGH_MELANIN = 0.80
    LOW_BLOOD = 0.0005
    HIGH_BLOOD = 0.30
    STEPS = 192

    def colour(self, melanin: Pixels, blood: Pixels) -> Pixels:
        """Return the (H, W, 3) linear sRGB colours of (H, W) maps of melanin and blood.

        Values outside the grid are taken to its edge. Off the exact model by less than 0.001.
        """
        across = _grid_position(blood, self.LOW_BLOOD, self.HIGH_BLOOD, self.STEPS)
        down = _grid_position(melanin, self.LOW_MELANIN, self.HIGH_MELANIN, self.STEPS)
        found = cv2.remap(self.colours, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, dtype=np.float32)


@cache
def skin_table(saturation: float = SKIN_SATURATION) -> SkinTable:
    """Return the table of one oxygen saturation; ask for round values, each is computed once."""
    melanin = np.geomspace(SkinTable.LOW_MELANIN, SkinTable.HIGH_MELANIN, SkinTable.STEPS)
    blood = np.geomspace(SkinTable.LOW_BLOOD, SkinTable.HIGH_BLOOD, SkinTable.STEPS)
    colours = skin_linear(melanin[:, None], blood[None, :], saturation)
    return SkinTable(np.maximum(colours, 0.0).astype(np.float32))


def encode_image(linear: Pixels) -> NDArray[np.uint8]:
    """Turn an (H, W, 3) image in linear light into 8-bit sRGB, by table."""
    levels = _encoding_table()
    index = np.clip(linear * (len(levels) - 1) + 0.5, 0, len(levels) - 1).astype(np.uint16)
    return np.asarray(levels[index], dtype=np.uint8)


@cache
def _viewing_matrix() -> Floats:
    matching = np.stack([_matching_x(), _matching_y(), _matching_z()], axis=1) * D65[:, None]
    xyz = matching / matching[:, 1].sum()
    # A perfect reflector must come out white: the fit of [4] is off by up to 1 % in X and Z.
    xyz = xyz * (WHITE_XYZ / xyz.sum(axis=0))
    return np.asarray(xyz @ XYZ_TO_SRGB.T, dtype=np.float64)


def _lobe(centre: float, below: float, above: float) -> Floats:
    width = np.where(centre > WAVELENGTHS_NM, below, above)
    lobe: Floats = np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2)
    return lobe


def _matching_x() -> Floats:
    return (
        1.056 * _lobe(599.8, 37.9, 31.0) + 0.362 * _lobe(442.0, 16.0, 26.7) - 0.065 * _lobe(501.1, 20.4, 26.2)
    )


def _matching_y() -> Floats:
    return 0.821 * _lobe(568.8, 46.9, 40.5) + 0.286 * _lobe(530.9, 16.3, 31.1)


def _matching_z() -> Floats:
    return 1.217 * _lobe(437.0, 11.8, 36.0) + 0.681 * _lobe(459.0, 26.0, 13.8)


@cache
def _ita_curve() -> tuple[Floats, Floats]:
    fractions = np.geomspace(0.004, 0.6, 300)
    angles = ita_degrees(linear_to_lab(skin_linear(fractions, SKIN_BLOOD)))
    return angles[::-1], fractions[::-1]


@cache
def _encoding_table() -> NDArray[np.uint8]:
    # 8192 steps: finer than one 8-bit level even at black, where sRGB is steepest (12.92 x 255 = 3295).
    levels: NDArray[np.uint8] = np.rint(255.0 * encode_srgb(np.linspace(0.0, 1.0, 8192))).astype(np.uint8)
    return levels


def _grid_position(values: Pixels, low: float, high: float, steps: int) -> Pixels:
    scale = (steps - 1) / np.log(high / low)
    position = cv2.log(np.maximum(values, np.float32(1e-6)))
    return np.asarray((position - np.float32(np.log(low))) * np.float32(scale), dtype=np.float32)
