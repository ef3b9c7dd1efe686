"""What stands beside the criteria-only classifier of a bundle: the companion, fused with the same features.

Made from a session's appearance, and from the bundle that holds both.
"""
