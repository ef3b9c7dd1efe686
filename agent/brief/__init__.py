"""All that a drafter is ever given: the brief, its words, and what may never stand in them.

Made from packs, verdicts and disclosed score cards. Every later room may import it.
"""
