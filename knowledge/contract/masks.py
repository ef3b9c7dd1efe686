"""How a mask is drawn or found where there is none, and which window a volume without a unit is seen through.

The words alone stand here: settings and `--help` need them without the libraries that draw.
"""

from typing import Literal

MaskMethod = Literal["none", "otsu"]
"""No mask is drawn, or one by Otsu's threshold; `evals/data/segment.py` says for which images."""

LOCATORS = ("reference", "draft", "none")
"""Who fills masks that are not given: the reference locator of the pack's region, the best that is drafted,
or nobody; anything else names the file of a locator."""

WindowRule = Literal["volume@1", "mask@2"]
"""How the values of a volume become grey levels; `evals/data/rules/intensity.py` states both. Bundles from
before there was a choice were made with the first."""
WINDOW: WindowRule = "mask@2"
"""The rule for everything new."""
