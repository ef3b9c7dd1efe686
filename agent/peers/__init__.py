"""Rows of a comparison that ask a language model: questions in words and pictures, replies as scores.

Made from what `scafe.evals.compare` wrote under the user's consent, sent through `agent.egress` alone. A
process of its own (`asking`) runs it; it never opens a data set.
"""
