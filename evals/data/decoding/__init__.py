"""How images are decoded: read through once by processes, then wave by wave, ahead of who measures them."""
