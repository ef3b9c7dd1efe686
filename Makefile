PYTHON ?= .venv/bin/python

.PHONY: check test demo

check:  ## lint, types, layers
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -q tests/test_layers.py

test:
	$(PYTHON) -m pytest

demo:
	$(PYTHON) -m scafe.agent.cli demo
