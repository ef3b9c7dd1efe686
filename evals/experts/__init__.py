"""Experts' scores of criteria: read from a manifest, and set beside what features say of the same images."""
