"""Where the mask of an image comes from, if the image has none.

The words alone stand here: settings and `--help` need them without the libraries that draw.
"""

from typing import Literal

MaskMethod = Literal["none", "otsu"]
"""No mask is drawn, or one by Otsu's threshold; `evals/data/segment.py` says for which images."""
