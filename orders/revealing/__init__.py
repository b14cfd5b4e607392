"""Showing somebody whose purchase it is, who may see that, once they ask."""
