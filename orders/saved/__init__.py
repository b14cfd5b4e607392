"""Views of the list that staff keep under a name."""
