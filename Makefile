PYTHON ?= .venv/bin/python

.PHONY: audit check test demo ci pages docs

check: audit  ## lint, types, layers, known vulnerabilities
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -q tests/test_layers.py

audit:  ## known vulnerabilities of what is installed, where the advisory database can be reached
	PYTHON="$(PYTHON)" bash packaging/audit.sh

test:
	$(PYTHON) -m pytest -m ''

demo:
	$(PYTHON) -m scafe demo

ci:  ## check and test in a fresh environment
	.ci/run

pages:  ## write the pages that are generated
	$(PYTHON) docs/make_architecture.py
	$(PYTHON) docs/make_cli.py
	$(PYTHON) docs/make_formats.py
	$(PYTHON) docs/make_glossary.py
	$(PYTHON) docs/make_graph.py
	$(PYTHON) docs/make_map.py
	$(PYTHON) docs/make_schemas.py
	$(PYTHON) docs/make_toolkit.py

docs: pages  ## build the site from them, offline, with every cell run: docs/_build/html/index.html
	$(PYTHON) -m sphinx -q -b html -j 2 -W --keep-going docs docs/_build/html
