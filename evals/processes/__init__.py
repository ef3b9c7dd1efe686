"""The processes that hold images: the bench, verify and predict, checks of data and of the gate.

Made from every room of `evals`. Nobody imports them: they are started, and answer in JSON lines.
"""
