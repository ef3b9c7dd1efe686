"""From a drafter's words to an extractor: a tolerant reader and deterministic repairs.

Made from plain text. The loop and the check of an endpoint import it.
"""
