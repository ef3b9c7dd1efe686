"""What is true: criteria packs, the extractor contract, phantoms and reference measures."""
