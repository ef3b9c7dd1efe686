"""One table of many systems on the same patients: draws, training, scores, paired differences, pages.

Made from the peers, a data set and a frozen bundle or a pack. A process of its own
(`scafe.evals.processes.compare`) runs it.
"""
