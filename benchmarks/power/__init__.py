"""What the shipped measures reach on real images beside colour and texture: sets, draws, intervals, costs."""
