"""The frozen feature set: freeze, bundle, the held-out test set opened once, verify and predict.

Made from an open session. Reports, processes and `scafe.load_bundle` import it.
"""
