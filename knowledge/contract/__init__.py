"""What every room agrees on: the extractor contract, the tree of exceptions, where masks come from.

Made from nothing but the standard library. Every room may import it.
"""
