"""What staff do with a purchase among themselves: notes, tags, and who looks after it."""
