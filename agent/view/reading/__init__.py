"""What the pages show, read from run folders: bounded, without following links, kept as small indexes.

A fault of a file is a sentence that stands where its content would have stood.
"""
