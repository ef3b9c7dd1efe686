"""Measures import the toolkit by its own name, as in a bundle, where its folder lies on the path."""

import sys

from scafe.knowledge import toolkit

sys.modules.setdefault("toolkit", toolkit)
