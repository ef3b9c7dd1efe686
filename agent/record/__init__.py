"""The run folder: the hash-chained trace, its events, revisions, checkpoints and the seal of a finished run.

Made from what happened. Every later room may import it.
"""
