"""The page *Money*: what was captured, collected, due and paid back, summed by days."""
