"""Locators in the sandbox: images in, one mask and one confidence each out, behind the same walls.

Made from a pool's process and its cells. The probes and `evals` call `finding.locate`.
"""
