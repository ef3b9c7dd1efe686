"""How good a feature set is: splits by patient, cross-validation, the gate, statistics, null controls.

Made from rows of numbers with labels and patients, never from pixels. Later rooms of `evals` may import it.
"""
