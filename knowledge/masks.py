"""Where the mask of an image comes from, if the image has none."""

from typing import Literal

MaskMethod = Literal["none", "otsu"]
"""No mask is drawn, or one by Otsu's threshold; `evals/segment.py` says for which images that was made."""
