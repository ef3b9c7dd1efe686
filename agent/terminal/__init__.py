"""What a person or a program sees of a command: results, progress, questions, files written whole.

Made from events and answers. The command line imports it.
"""
