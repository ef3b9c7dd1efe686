"""A manifest as a table: CSV or Parquet read, its columns understood, its cells as text.

From bytes on disk; nothing here opens an image.
"""
