"""The report of a run: one HTML file that opens offline, and the same content as Markdown and JSON.

Made from a bundle and the headline. The bench process writes it.
"""
