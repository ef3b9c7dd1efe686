"""The steps of the loop: opening, drafting, judging, searching, gates, closing, and the state they share.

Made from drafters, verdicts and disclosed score cards. The graph imports it.
"""
