"""From stored values to a picture: grey transformations, colours, palettes, square pixels (PS3.3 C.11)."""
