"""What the attributes of PNG, JPEG, GIF, BMP, WebP and PPM mean: rows of `docs/formats.md`."""

from typing import Final

from scafe.evals.data.attributes import Attribute, Standing
from scafe.evals.data.pictures.held import HELD_BY

ALL = "PNG, JPEG, TIFF, WebP"


def _row(format: str, name: str, standing: Standing, what: str) -> Attribute:
    return Attribute(format, name, standing, what, f"pictures/{HELD_BY[name]}")


ENDING: Final = _row(
    "any picture",
    "ending that names another format",
    "honoured",
    "the content decides which decoder opens it.",
)
ORIENTED: Final = _row(
    ALL, "orientation (Exif 0x0112)", "honoured", "turned upright, whatever else is broken."
)
PROFILE: Final = _row(
    ALL, "ICC profile", "honoured",
    "converted to sRGB with the profile's own intent; one that moves no colour "
    "by more than 2 of 255 counts as sRGB. One that cannot be read, or is for another model, is refused.",
)  # fmt: skip
PALETTE: Final = _row(
    "PNG, GIF, BMP, TIFF", "palette", "honoured", "looked up; for a mask the indices count."
)
ALPHA: Final = _row("PNG, GIF, WebP, TIFF", "alpha, tRNS", "honoured", "laid over white, as a viewer would.")
PNG_16: Final = _row("PNG, PPM", "16 bits, grey", "honoured", "divided by 257: the whole range is shown.")
PNG_16_COLOUR: Final = _row("PNG, PPM", "16 bits, colour", "honoured", "the high byte, at most 1 of 255 off.")
SBIT: Final = _row(
    "PNG", "sBIT", "honoured", "samples are scaled to the full range by the standard; where they are not "
    "(12 bits in the low end of 16) the file is refused.",
)  # fmt: skip
GAMMA: Final = _row(
    "PNG", "gAMA", "honoured", "where neither iCCP nor sRGB stands beside it and it is over 5 % off 1/2.2."
)
PIXEL_SIDES: Final = _row(
    "PNG, JPEG, TIFF", "unequal pixel sides (pHYs, JFIF density, XResolution)", "honoured",
    "resampled to square pixels of the smaller side, image linearly and mask by nearest neighbour.",
)  # fmt: skip
PRINT_SIZE: Final = _row(
    "PNG, JPEG, BMP",
    "resolution in metres or inches",
    "irrelevant",
    "a size for printing, not of what is shown.",
)
CMYK: Final = _row("JPEG", "CMYK, YCCK", "honoured", "by its ICC profile, else by (1 - ink)(1 - black).")
ADOBE: Final = _row(
    "JPEG", "CMYK with an Adobe marker", "honoured", "stored inverted by Adobe's convention, turned back."
)
PROGRESSIVE: Final = _row(
    "JPEG", "progressive, extended, arithmetic", "honoured", "decoded by libjpeg-turbo."
)
MPO: Final = _row("JPEG", "MPO, several views", "honoured", "the first view is the photograph.")

ATTRIBUTES: Final = (
    ENDING, ORIENTED, PROFILE, PALETTE, ALPHA, PNG_16, PNG_16_COLOUR, SBIT, GAMMA, PIXEL_SIDES, PRINT_SIZE,
    CMYK, ADOBE, PROGRESSIVE, MPO,
    _row("PNG", "cHRM other than sRGB's, without iCCP or sRGB", "refused", "convert to sRGB first."),
    _row("PNG", "cICP other than sRGB's", "refused", "HDR and wide colour have no agreed sRGB picture."),
    _row("PNG, GIF, WebP", "animation", "refused", "save the frame to use as its own image."),
    _row("PNG", "unknown critical chunk", "refused", "the standard forbids to show the picture without it."),
    _row("PNG", "bKGD, tIME, text, other ancillary chunks", "irrelevant",
         "safe to pass over by the standard."),
    _row("JPEG", "CMYK without an Adobe marker", "refused", "full ink may be 0 or 255; save it as RGB."),
    _row("JPEG", "12 bits, lossless, hierarchical", "refused", "save as 8-bit JPEG or PNG."),
    _row("JPEG", "XMP tiff:Orientation", "irrelevant", "viewers follow Exif."),
    _row("PPM", "floating point (PFM)", "refused", "no agreed scale; save 8 or 16 bit."),
    _row("BMP", "1 to 32 bits, RLE, bottom-up or top-down", "honoured", "decoded by Pillow."),
    _row("any picture", "format that is not in the list of decoders", "refused",
         "PNG, JPEG, TIFF, BMP, GIF, WebP, PPM."),
)  # fmt: skip
"""Every row; what stands in none of them is refused."""
