"""Measurements that a command prints: ratios side by side, each with its control."""
