"""A tree ensemble beside the ridge: fitted, chosen or not on development folds, explained, kept as numbers.

Made from the same cases as the ridge; `SavedForest` is what a file of it may hold.
"""
