"""A run for other tools: tables, a git history, an RO-Crate, spans, an MLflow run; each written once, whole.

What is written is reduced from the run's own files, which stay the record. Nothing is sent anywhere, but for
an MLflow server that the user names on this machine.
"""
