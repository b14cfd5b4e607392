"""The list of purchases: what it is filtered by, the addresses in it, and what happens while it is looked at."""
