"""A run from start to end: the graph, starting and resuming, and the forecast of its cost.

Made from the nodes. The command line imports it.
"""
