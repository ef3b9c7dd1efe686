PYTHON ?= .venv/bin/python

.PHONY: check test demo ci docs

check:  ## lint, types, layers
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -q tests/test_layers.py

test:
	$(PYTHON) -m pytest -m ''

demo:
	$(PYTHON) -m scafe demo

ci:  ## check and test in a fresh environment
	.ci/run

docs:  ## write the pages that are generated
	$(PYTHON) docs/make_cli.py
	$(PYTHON) docs/make_formats.py
	$(PYTHON) docs/make_glossary.py
	$(PYTHON) docs/make_graph.py
	$(PYTHON) docs/make_map.py
	$(PYTHON) docs/make_toolkit.py
