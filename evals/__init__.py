"""What is good: images and labels stay here; only disclosed aggregates leave."""
