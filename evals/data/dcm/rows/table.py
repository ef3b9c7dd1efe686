"""What each DICOM attribute does to the picture: the one table that reader, page and `data check` go by.

An attribute of a group that bears on display, and that stands here nowhere, is refused.
"""

from scafe.evals.data.attributes import Attribute, Limit
from scafe.evals.data.dcm.rows import bounds
from scafe.evals.data.dcm.rows.around import BESIDE, GEOMETRY, OVER_THE_PICTURE
from scafe.evals.data.dcm.rows.shown import COLOURS, GREYS
from scafe.evals.data.dcm.rows.stored import PIXELS, SYNTAXES

RULES = (*SYNTAXES, *PIXELS, *COLOURS, *GREYS, *GEOMETRY, *OVER_THE_PICTURE, *BESIDE)
ATTRIBUTES: tuple[Attribute, ...] = tuple(rule.attribute for rule in RULES)
LIMITS: tuple[Limit, ...] = bounds.LIMITS
