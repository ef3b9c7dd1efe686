"""How a whole data set is decoded: ahead of who measures it, wave by wave, in processes of their own."""
