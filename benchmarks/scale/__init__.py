"""Many images, many runs: memory, kills, a shared database."""
