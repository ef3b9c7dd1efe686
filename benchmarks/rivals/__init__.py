"""What an engineer would write in ten minutes for a criterion: opponents of the reference measures."""
