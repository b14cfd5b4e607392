"""A day as 1mg and the shop would make it: stories of purchases, and the player that posts them."""
