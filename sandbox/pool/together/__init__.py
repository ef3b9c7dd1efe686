"""Several extractors over one image in one cell: what the toolkit finds in it is found once for all."""
