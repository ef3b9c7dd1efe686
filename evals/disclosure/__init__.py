"""The door to the agent: what may leave the layer that holds patients, in bands, and counted.

Made from data and scoring. `agent` may import `bench` and `score_card`, and nothing else of `evals`.
"""
