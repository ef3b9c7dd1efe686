"""How many images are decoded: wave by wave, ahead of who measures them."""
