"""Checks of locators over phantoms: agreement with the true region, steadiness, nothing where nothing is.

Made from a pool, a pack's phantom and `sandbox.pool.regions`. `evals` runs them, `agent` reads the verdict.
"""
