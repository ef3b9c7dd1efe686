"""Appearance beside criteria: what a companion sees of an image, and one ridge over both.

Made from images with their masks and from the criteria features that a run selected.
"""
