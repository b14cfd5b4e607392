"""What needs somebody: why, since when and until when, whose turn it is, and the pages that say so."""
