"""Who answers a brief: the built-in drafter, a chat model, a person, a replay, plug-ins.

Made from briefs, and for a chat model from the way out. The loop imports `drafter` and `loading`.
"""
