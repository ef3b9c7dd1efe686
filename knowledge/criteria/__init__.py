"""Criteria packs: clinical criteria as strict data, their schema, and the totals of clinical scales.

Made from the YAML files in `packs/` and those of plug-ins. Every later room may import it.
"""
