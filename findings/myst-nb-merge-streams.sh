#!/usr/bin/env bash
# One would guess that `nb_merge_streams = True` of MyST-NB puts the pieces of what a cell printed together as they
# were printed. It strips the end of each piece and adds a line end, so a line is broken wherever the program flushed
# its output (and a blank at a break is lost). A result such as `AUC 0.80 (95 % CI 0.64 to 0.89)` may stand on the page
# of an analysis as `AUC 0.` and `80`: whoever reads or parses numbers off such a page reads others. Pieces depend on
# timing and on pipe buffers, so the same notebook may break elsewhere at its next build.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'myst-nb==1.4.0' 'sphinx==9.0.4' 'nbformat==5.11.1'
cd "$folder"
mkdir docs
cat > docs/conf.py <<'CONF'
extensions = ["myst_nb"]
root_doc = "index"
nb_execution_mode = "off"
nb_merge_streams = True
CONF
venv/bin/python - <<'END'
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pieces = ["sensitivity 0.", "81, AUC ", "0.80 (95 % CI 0.64 to 0.89)\n"]  # three flushes of one line
outputs = [new_output("stream", name="stdout", text=text) for text in pieces]
cell = new_code_cell("report()", outputs=outputs, execution_count=1)
nbformat.write(new_notebook(cells=[new_markdown_cell("# Result"), cell]), "docs/index.ipynb")
END
venv/bin/python -m sphinx -q -b text docs out 2>/dev/null
venv/bin/pip list 2>/dev/null | grep -i '^myst-nb '
sed -n '/report/,$p' out/index.txt
if grep -q 'sensitivity 0.81, AUC 0.80 (95' out/index.txt; then
    echo "the pieces are joined as they were printed: the behaviour changed"
    exit 1
fi
grep -q '^ *sensitivity 0\.$' out/index.txt
echo "stands: one printed line became several"
