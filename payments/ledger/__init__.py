"""What Nimbbl has said of a payment, by whichever way, folded into one truth of it."""
