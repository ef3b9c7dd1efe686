"""The language wall: what an extractor may say, the static review, guards, and facades of the libraries.

Made from lists with a reason for each entry. Imports no other room of the sandbox; the cell works behind it.
"""
