"""Extractors at work: the sandbox process, its cells, shared memory, deadlines, rows that come back.

Made from both walls. Whoever has code and images asks `Pool`, in process or behind a container.
"""
