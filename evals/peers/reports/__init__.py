"""A picture aligned with the report that was written of it.

Needs a text for every image and two local networks; a class named in a text is blanked and is no text.
"""
