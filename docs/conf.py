"""How Sphinx builds the site: `make docs` writes static pages that open without a network."""

import os
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "site"))

# Cells run as a newcomer's shell would: the environment's programs first, and a home that nobody else uses.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="scafe-docs-")
os.environ["CLONE"] = str(ROOT)
os.environ["NO_COLOR"] = "1"
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"

# Every kernel warns that it listens on the loopback address: only faults of theirs are shown.
kernels = Path(tempfile.mkdtemp(prefix="scafe-docs-")) / "profile_default"
kernels.mkdir()
(kernels / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n", encoding="utf-8")
os.environ["IPYTHONDIR"] = str(kernels.parent)

project = "ScaFE"
author = "the ScaFE authors"
release = metadata.version("scafe")
html_title = f"ScaFE {release}"
root_doc = "index"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "accessible",  # docs/site/accessible.py
    "cells",  # docs/site/cells.py
    "outside",  # docs/site/outside.py
]
exclude_patterns = ["_build", "site", "examples", "schemas/*.json"]
templates_path: list[str] = []
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 4

nb_execution_mode = "force"
nb_execution_in_temp = True  # every page in an empty folder of its own
nb_execution_timeout = 400
nb_execution_raise_on_error = True
nb_merge_streams = False  # myst-nb 1.4 breaks a line where a program flushed: `cells` joins them
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # the default asks two outside hosts for scripts

autodoc_typehints = "description"
suppress_warnings = [
    "ref.python"
]  # the word `path` in a docstring's types is also the name of two attributes
autodoc_member_order = "bysource"
napoleon_google_docstring = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
