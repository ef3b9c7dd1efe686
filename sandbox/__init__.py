"""What may run: the two walls around generated code, and the probes.

Made from the extractor contract and from phantoms. May import `knowledge`; `evals` and `agent` may import it.
"""
