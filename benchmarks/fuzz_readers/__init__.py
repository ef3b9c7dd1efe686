"""Readers are given damaged files that were valid before: only DatasetError may come out."""
