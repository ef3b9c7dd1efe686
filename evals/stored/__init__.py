"""What a stranger's file holds, as plain numbers: read behind the wall, bounded, built from no word of it."""
