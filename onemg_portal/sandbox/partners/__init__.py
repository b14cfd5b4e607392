"""1mg and Nimbbl as the portal calls them, and every way in which they may misbehave."""
