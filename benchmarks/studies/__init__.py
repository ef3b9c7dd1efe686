"""What the method is worth, measured: the gate, null cohorts, real images, the search beside others."""
