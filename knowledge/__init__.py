"""What is true: criteria packs, the extractor contract, phantoms and reference measures.

Made from the medical literature, cited, and from optics. Imports nothing of ScaFE; every layer may import it.
"""
