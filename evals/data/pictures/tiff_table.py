"""What the tags of a TIFF mean for the picture (TIFF 6.0, Adobe 1992): rows of `docs/formats.md`."""

from typing import Final

from scafe.evals.data.attributes import Attribute, Standing
from scafe.evals.data.pictures.held import HELD_BY


def _row(name: str, standing: Standing, what: str) -> Attribute:
    return Attribute("TIFF", name, standing, what, f"pictures/{HELD_BY[name]}")


PHOTOMETRIC: Final = {
    0: _row("PhotometricInterpretation = WhiteIsZero", "honoured", "turned over, at every bit depth."),
    1: _row("PhotometricInterpretation = BlackIsZero", "honoured", "0 is black, the largest value white."),
    2: _row("PhotometricInterpretation = RGB", "honoured", "taken for sRGB unless a profile says otherwise."),
    3: _row("PhotometricInterpretation = Palette", "honoured", "looked up in the 16-bit ColorMap."),
    5: _row("PhotometricInterpretation = CMYK", "honoured", "by its profile, else by (1 - ink)(1 - black)."),
    6: _row(
        "PhotometricInterpretation = YCbCr", "honoured", "ITU-R BT.601, full range, not subsampled or JPEG."
    ),
    8: _row("PhotometricInterpretation = CIELab", "honoured", "8 bits, illuminant D50."),
}
BITS: Final = _row(
    "BitsPerSample = 1, 2, 4, 8, 12, 16, 32",
    "honoured",
    "the largest value is white; 32 bits for masks only.",
)
PLANES: Final = _row("PlanarConfiguration = 2", "honoured", "one plane per channel.")
ORIENTED: Final = _row("Orientation", "honoured", "turned upright, all eight values.")
ASSOCIATED: Final = _row(
    "ExtraSamples = associated alpha", "honoured", "colour is premultiplied; laid over white."
)
UNASSOCIATED: Final = _row("ExtraSamples = unassociated alpha", "honoured", "laid over white.")
TILED: Final = _row("tiles", "honoured", "put together.")
COMPRESSED: Final = _row(
    "Compression = LZW, deflate, PackBits, JPEG, CCITT", "honoured",
    "with what is installed; a combination that needs imagecodecs is named with its install line.",
)  # fmt: skip
REDUCED: Final = _row("NewSubfileType = reduced page", "irrelevant", "smaller copies after the first page.")
CENTIMETRES: Final = _row("ResolutionUnit = centimetre", "honoured", "gives the spacing in mm.")
INCHES: Final = _row("ResolutionUnit = inch or none", "irrelevant", "a size for printing, or a mere ratio.")
BIG: Final = _row("BigTIFF", "honoured", "64-bit offsets.")
BIG_ENDIAN: Final = _row("big-endian (MM)", "honoured", "decoded by tifffile.")
PRIVATE: Final = _row("tags from 32768 on, but for those refused", "irrelevant", "by TIFF 6.0, page 8.")

ATTRIBUTES: Final = (
    *PHOTOMETRIC.values(), BITS, PLANES, ORIENTED, ASSOCIATED, UNASSOCIATED, TILED, COMPRESSED, REDUCED,
    CENTIMETRES, INCHES, BIG, BIG_ENDIAN, PRIVATE,
    _row("other PhotometricInterpretation (CFA, LinearRaw, ICCLab, ITULab, LogLuv, mask)", "refused",
         "save as RGB or grey."),
    _row("SampleFormat = signed or float", "refused",
         "no agreed scale; save 8 or 16 bit. In a mask: levels."),
    _row("BitsPerSample = 32 or more, of an image", "refused",
         "the whole range would be black; save 8 or 16 bit."),
    _row("BitsPerSample that differ, or others", "refused", "save 8 or 16 bit."),
    _row("ExtraSamples unspecified, missing, or several", "refused", "is it alpha or not? save without it."),
    _row("several pages, ImageJ stacks, depth", "refused", "save the page to use as its own image."),
    _row("GrayResponseCurve, TransferFunction, TransferRange", "refused",
         "carry it out and save without it."),
    _row("YCbCr with other coefficients, range or subsampling without JPEG", "refused", "save as RGB."),
    _row("InkSet other than CMYK, DotRange", "refused", "save as RGB."),
    _row("Decode, Indexed, ClipPath, Threshholding", "refused", "save as plain RGB or grey."),
    _row("CFAPattern, BlackLevel, WhiteLevel, LinearizationTable (DNG)", "refused",
         "develop the raw file first."),
    _row("other Compression", "refused", "save with LZW, deflate or none."),
    _row("MinSampleValue, MaxSampleValue", "irrelevant", "statistics, not for display (TIFF 6.0, page 36)."),
    _row("WhitePoint, PrimaryChromaticities", "irrelevant", "without an ICC profile RGB is taken for sRGB."),
    _row("texts, dates, names, page numbers", "irrelevant", "beside the picture."),
)  # fmt: skip
"""Every row; what stands in none of them is refused."""

REFUSED: Final = {
    266 + 24: "GrayResponseUnit", 291: "GrayResponseCurve", 301: "TransferFunction", 342: "TransferRange",
    263: "Threshholding", 336: "DotRange", 343: "ClipPath", 346: "Indexed", 433: "Decode",
    33421: "CFARepeatPatternDim", 33422: "CFAPattern", 50712: "LinearizationTable", 50714: "BlackLevel",
    50717: "WhiteLevel",
}  # fmt: skip
"""Tags that would change the picture and are not carried out."""
UNDERSTOOD: Final = {
    254, 255, 256, 257, 258, 259, 262, 266, 274, 277, 278, 273, 279, 282, 283, 284, 288, 289, 296, 317, 320,
    322, 323, 324, 325, 330, 332, 338, 339, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531,
    532, 333, 334,
}  # fmt: skip
PASSED_OVER: Final = {
    264, 265, 269, 270, 271, 272, 280, 281, 285, 286, 287, 292, 293, 297, 305, 306, 315, 316, 318, 319, 321,
    326, 327, 328, 337, 340, 341, 344, 345, 400, 401, 402, 403, 404, 405, 434, 435, 559, 700,
}  # fmt: skip
"""Tags below 32768 that no pixel needs: texts, dates, statistics, fax counts, XMP."""
