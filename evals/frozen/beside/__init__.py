"""What stands beside the criteria-only classifier of a bundle: the companion, and what images give without.

Made from a session's images and appearance, and from the bundle that holds both.
"""
