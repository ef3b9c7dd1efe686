"""Masks that a locator found on the user's images: made in the sandbox once, kept, put where none is given.

Nothing of a mask leaves `evals/`; what is told of them is counted in `counts`.
"""
