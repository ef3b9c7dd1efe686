"""What phantoms are painted with: optics of skin, shading, texture, outlines, cameras, scanners, nuisances.

Made from published constants and a seed. The phantoms import it, and so may those of plug-ins.
"""
