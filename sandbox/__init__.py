"""What may run: the two walls around generated code, and the probes."""
