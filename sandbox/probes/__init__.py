"""Checks over phantoms: determinism, ranges, what a feature answers to, and the verdict in words.

Made from a pool and a pack's phantom. `evals` runs them, `agent` reads the verdict.
"""
